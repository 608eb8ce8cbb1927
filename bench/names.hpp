#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// The names of a population, as `function_name` forms them. Made before anything is measured, and
/// kept in one piece.
class name_list {
public:
  explicit name_list(std::uint64_t count);

  [[nodiscard]] std::uint64_t size() const noexcept { return count_; }
  [[nodiscard]] std::string_view operator[](std::uint64_t index) const noexcept {
    return {text_.data() + index * width_, width_};
  }

private:
  std::uint64_t count_;
  std::size_t width_;
  std::string text_;
};

/// The functions that are drawn from: all, or a few hot ones that lie spread evenly over the
/// population.
class drawn_set {
public:
  /// `hot` = 0: all.
  drawn_set(std::uint64_t functions, std::uint64_t hot) noexcept
      : functions_{functions}, size_{hot == 0 ? functions : hot} {}
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t operator[](std::uint64_t which) const noexcept {
    return which * functions_ / size_;
  }

private:
  std::uint64_t functions_;
  std::uint64_t size_;
};

/// Whose turn it is: names drawn uniformly at random, as a sequence made beforehand and read in
/// order. So drawing costs next to nothing, and what a lookup costs is the lookup's. Immutable;
/// threads read it from different places.
class name_stream {
public:
  /// With `hot` above 0, of so many functions only; the same for every seed.
  name_stream(const name_list& names, std::uint64_t seed, std::uint64_t hot = 0);

  [[nodiscard]] std::uint64_t size() const noexcept { return drawn_.size() / width_; }
  [[nodiscard]] std::string_view operator[](std::uint64_t turn) const noexcept {
    return {drawn_.data() + (turn & mask_) * width_, width_};
  }
  /// The turn at which thread `index` of `threads` begins.
  [[nodiscard]] std::uint64_t first_turn(std::size_t index, std::size_t threads) const noexcept {
    return size() / threads * index;
  }

private:
  std::size_t width_;
  std::uint64_t mask_;
  std::string drawn_;
};

}  // namespace bench
