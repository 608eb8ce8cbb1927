#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unistd.h>

namespace fsm::testing {

/// What a child process tells its parent.
class pipe_between {
public:
  pipe_between() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error{"no pipe"};
  }
  pipe_between(const pipe_between&) = delete;
  pipe_between& operator=(const pipe_between&) = delete;
  ~pipe_between() {
    ::close(ends_[0]);
    only_read();
  }

  /// The parent's side: it sees the end when the child has gone.
  void only_read() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  [[nodiscard]] int reading_end() const noexcept { return ends_[0]; }

  /// Plain values of up to some kilobytes arrive in one piece.
  template <class T>
  void send(const T& what) {
    static_assert(std::is_trivially_copyable_v<T>);
    send_bytes(&what, sizeof what);
  }
  void send_text(const std::string& what) {
    send(what.size());
    send_bytes(what.data(), what.size());
  }
  /// False when the child has gone.
  template <class T>
  [[nodiscard]] bool receive(T& what) {
    static_assert(std::is_trivially_copyable_v<T>);
    return receive_bytes(&what, sizeof what);
  }
  [[nodiscard]] bool receive_text(std::string& what) {
    std::size_t size = 0;
    if (!receive(size)) return false;
    what.resize(size);
    return receive_bytes(what.data(), size);
  }

private:
  void send_bytes(const void* what, std::size_t size) {
    const auto* at = static_cast<const std::byte*>(what);
    while (size > 0) {
      const ssize_t sent = ::write(ends_[1], at, size);
      if (sent <= 0) ::_exit(4);  // The parent has gone.
      at += sent;
      size -= static_cast<std::size_t>(sent);
    }
  }
  [[nodiscard]] bool receive_bytes(void* what, std::size_t size) {
    auto* at = static_cast<std::byte*>(what);
    while (size > 0) {
      const ssize_t got = ::read(ends_[0], at, size);
      if (got <= 0) return false;
      at += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

  std::array<int, 2> ends_{};
};

}  // namespace fsm::testing
