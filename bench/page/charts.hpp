#pragma once

#include "page/scale.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// \file
/// Charts as inline SVG. Horizontal places are shares of the width and vertical ones pixels, so
/// that a chart fits any page while its type keeps its size. Colours come from the page's style.

namespace bench {

enum class shape { disc, ring, diamond, tick, bar };

struct mark {
  double value = 0;
  shape form = shape::disc;
};

/// A row of a chart: a name, something on the axis, and the figures in words.
struct chart_row {
  std::string name;
  std::vector<std::string> details;
  std::vector<mark> marks;
  /// A line from one value to another, behind the marks.
  std::optional<std::pair<double, double>> span;
  /// What stands at the end of the row; the first is what the eye is to find.
  std::vector<std::string> values;
};

/// Named rows over one axis of values.
struct row_chart {
  std::string id;           ///< Unique on the page.
  std::string description;  ///< For those who do not see it.
  scale axis;
  std::string (*tick_text)(double value) = nullptr;
  /// A value worth a stronger line.
  std::optional<double> reference;
  std::vector<chart_row> rows;
};
[[nodiscard]] std::string draw(const row_chart& chart);

/// A mark alone, for the key of a chart.
[[nodiscard]] std::string draw_key(shape form);

using curve = std::vector<std::pair<double, double>>;

/// One of many small charts over the same axes: its own curve stands out, those of the others are
/// behind it.
struct panel {
  std::string title;
  std::vector<std::string> details;
  std::string description;
  curve points;  ///< At least two.
  std::string first_text;
  std::string last_text;
};

struct panel_chart {
  scale x;
  scale y;
  std::string (*x_text)(double value) = nullptr;
  std::string (*y_text)(double value) = nullptr;
  std::optional<double> reference;
  std::vector<panel> panels;
};
[[nodiscard]] std::string draw(const panel_chart& chart);

/// `text` in lines of at most `width` characters, broken after spaces, underscores and slashes
/// where there are any; the last of at most `lines` ends with an ellipsis if there was more.
[[nodiscard]] std::vector<std::string> broken(const std::string& text, std::size_t width,
                                              std::size_t lines);

}  // namespace bench
