#pragma once

#include "http/message.hpp"
#include "wire/errors.hpp"
#include "wire/site.hpp"
#include "wire/target.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace platform::wire {

/// One request on its way through the platform: what was asked, and the way to answer. Operations
/// keep it alive for as long as they work on it.
class call {
public:
  call(const site& where, http::request request, wire::target target, std::string request_id,
       http::responder answer);

  [[nodiscard]] const site& where() const noexcept { return site_; }
  [[nodiscard]] const http::request& request() const noexcept { return request_; }
  [[nodiscard]] const std::string& body() const noexcept { return request_.body(); }
  [[nodiscard]] const wire::target& target() const noexcept { return target_; }
  /// The part of the path that names a function; "" when there is none.
  [[nodiscard]] const std::string& function_text() const noexcept { return function_text_; }
  /// The part of the path that names something of the function's; "" when there is none.
  [[nodiscard]] const std::string& item_text() const noexcept { return item_text_; }
  [[nodiscard]] const std::string& request_id() const noexcept { return request_id_; }
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// The host and port that the client asked: those of its target, if that names any, else of its
  /// Host field.
  [[nodiscard]] std::string host() const;

  void set_path_texts(std::string function, std::string item) {
    function_text_ = std::move(function);
    item_text_ = std::move(item);
  }
  /// The transition the answer reports, for clients that wait for a later one; 0 = it reports none.
  void set_sequence(std::uint64_t sequence) noexcept { sequence_ = sequence; }
  /// What the client's hanging up stops.
  void set_abandon(http::abandon how) { abandon_ = std::move(how); }
  [[nodiscard]] http::abandon take_abandon() { return std::move(abandon_); }

  /// Answers. One of these is called once; later calls do nothing.
  void answer(unsigned status, const boost::json::object& body) const;
  void answer(unsigned status) const;
  void answer(http::response what) const;
  /// With a body that comes piece by piece.
  void answer(http::response head, std::shared_ptr<http::stream_source> rest) const;
  void refuse(const failure& why) const;

  /// An answer with the fields that all have.
  [[nodiscard]] http::response blank(unsigned status) const;

private:
  const site& site_;
  const http::request request_;
  const wire::target target_;
  const std::string request_id_;
  const http::responder answer_;
  std::string function_text_;
  std::string item_text_;
  std::uint64_t sequence_ = 0;
  http::abandon abandon_;
};

using call_ptr = std::shared_ptr<call>;

}  // namespace platform::wire
