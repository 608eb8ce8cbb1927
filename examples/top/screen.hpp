#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace top {

/// What happened in a second, between two overviews.
struct rates {
  double transitions = 0;
  double admitted = 0;
  double refused = 0;
};
[[nodiscard]] rates rates_between(const boost::json::object& before,
                                  const boost::json::object& after);

struct screen_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// An overview as lines of text, none longer than the screen is wide and no more than it is high.
/// `status` says how the connection is; without `lately` there are no rates, with an empty overview
/// nothing else.
[[nodiscard]] std::vector<std::string> render(const boost::json::object& overview,
                                              const std::optional<rates>& lately,
                                              const std::string& status, screen_size size);

}  // namespace top
