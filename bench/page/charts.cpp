#include "page/charts.hpp"

#include "page/markup.hpp"

#include <algorithm>

namespace bench {
namespace {

// Where the columns of a row chart are.
constexpr double plot_begin = 0.34;
constexpr double plot_end = 0.78;
constexpr std::size_t label_width = 17;
constexpr std::size_t name_lines_max = 3;
constexpr std::size_t label_lines = 8;

constexpr double first_line = 18;
constexpr double next_line = 15;
constexpr double row_gap = 11;
constexpr double axis_height = 24;

std::string text_at(double x, double y, const char* style, const char* anchor,
                    const std::string& text) {
  return element("text",
                 {{"x", percent(x)}, {"y", pixels(y)}, {"class", style}, {"text-anchor", anchor}},
                 escaped(text));
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
  return leaf("line", {{"x1", percent(x1)},
                       {"y1", pixels(y1)},
                       {"x2", percent(x2)},
                       {"y2", pixels(y2)},
                       {"class", style}});
}

std::string disc(double x, double y, double radius, const char* style) {
  return leaf("circle",
              {{"cx", percent(x)}, {"cy", pixels(y)}, {"r", pixels(radius)}, {"class", style}});
}

std::string draw_mark(double x, double y, shape form) {
  switch (form) {
    case shape::disc: return disc(x, y, 5, "mark");
    case shape::ring: return disc(x, y, 4, "ring");
    case shape::tick: return line(x, y - 5, x, y + 5, "tick");
    case shape::bar: return line(0, y, x, y, "bar");
    case shape::diamond:
      return element("svg", {{"x", percent(x)}, {"y", pixels(y)}, {"overflow", "visible"}},
                     leaf("path", {{"d", "M0-5.5L5.5 0L0 5.5L-5.5 0Z"}, {"class", "mark"}}));
  }
  return {};
}

/// A row in words: what stands at its left and right, and how high that is.
struct row_texts {
  std::vector<std::string> left;
  double height;
};

row_texts texts_of(const chart_row& row) {
  auto left = broken(row.name, label_width, name_lines_max);
  for (const auto& each : row.details) {
    for (auto& part : broken(each, label_width + 2, 2)) left.push_back(std::move(part));
  }
  if (left.size() > label_lines) left.resize(label_lines);
  const auto lines = std::max({left.size(), row.values.size(), std::size_t{1}});
  return {std::move(left), first_line + next_line * static_cast<double>(lines - 1) + row_gap};
}

std::string draw_texts(const chart_row& row, const std::vector<std::string>& left, double top) {
  std::string out;
  const auto name_lines = broken(row.name, label_width, name_lines_max).size();
  double y = top + first_line - 4;
  for (std::size_t i = 0; i < left.size(); ++i, y += next_line) {
    out += text_at(0, y, i < name_lines ? "name" : "detail", "start", left[i]);
  }
  y = top + first_line - 4;
  for (std::size_t i = 0; i < row.values.size(); ++i, y += next_line) {
    out += text_at(1, y, i == 0 ? "value" : "detail", "end", row.values[i]);
  }
  return out;
}

std::string draw_marks(const row_chart& chart, const chart_row& row, double top) {
  const double y = top + first_line - 9;
  std::string out;
  if (row.span)
    out += line(chart.axis.at(row.span->first), y, chart.axis.at(row.span->second), y, "span");
  for (const auto& each : row.marks) out += draw_mark(chart.axis.at(each.value), y, each.form);
  return out;
}

std::string draw_axis(const row_chart& chart, double bottom) {
  std::string out;
  for (const double tick : chart.axis.ticks()) {
    const double x = chart.axis.at(tick);
    out += line(x, 0, x, bottom, "grid");
    out += text_at(x, bottom + 16, "axis", "middle", chart.tick_text(tick));
  }
  if (chart.reference) {
    const double x = chart.axis.at(*chart.reference);
    out += line(x, 0, x, bottom, "reference");
  }
  return out;
}

}  // namespace

std::vector<std::string> broken(const std::string& text, std::size_t width, std::size_t lines) {
  const auto is_lead = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  std::vector<std::string> found{{}};
  std::size_t used = 0;         // Characters of the last line.
  std::size_t break_after = 0;  // Bytes of it up to where it may be broken.
  for (const char c : text) {
    if (is_lead(c) && used == width) {
      if (found.size() == lines) {
        found.back() += "…";
        return found;
      }
      auto rest = break_after > 0 ? found.back().substr(break_after) : std::string{};
      if (break_after > 0) found.back().resize(break_after);
      used = static_cast<std::size_t>(std::count_if(rest.begin(), rest.end(), is_lead));
      break_after = 0;
      found.push_back(std::move(rest));
    }
    found.back() += c;
    used += is_lead(c) ? 1 : 0;
    if (c == ' ' || c == '_' || c == '/') break_after = found.back().size();
  }
  return found;
}

std::string draw(const row_chart& chart) {
  std::string words;
  std::string plot;
  double top = 4;
  for (const auto& row : chart.rows) {
    const auto [left, height] = texts_of(row);
    words += draw_texts(row, left, top);
    plot += draw_marks(chart, row, top);
    top += height;
  }
  const auto id = chart.id + "-chart";
  const auto title = element("title", {{"id", id}}, escaped(chart.description));
  const auto inner = element("svg",
                             {{"x", percent(plot_begin)},
                              {"width", percent(plot_end - plot_begin)},
                              {"height", pixels(top + axis_height)},
                              {"overflow", "visible"}},
                             draw_axis(chart, top) + plot);
  return element("svg",
                 {{"class", "rows"},
                  {"role", "img"},
                  {"aria-labelledby", id},
                  {"width", "100%"},
                  {"height", pixels(top + axis_height)}},
                 title + inner + words);
}

std::string draw_key(shape form) {
  return element("svg",
                 {{"class", "key"}, {"aria-hidden", "true"}, {"width", "14"}, {"height", "12"}},
                 draw_mark(0.5, 6, form));
}

namespace {

// Where things are in a panel.
constexpr double panel_left = 0.16;
constexpr double panel_right = 0.97;
constexpr double panel_top = 22;
constexpr double panel_bottom = 122;
constexpr double panel_height = 146;

/// A point's place: a share of the width, and pixels.
std::pair<double, double> place(const panel_chart& chart, const std::pair<double, double>& point) {
  return {panel_left + (panel_right - panel_left) * chart.x.at(point.first),
          panel_bottom - (panel_bottom - panel_top) * chart.y.at(point.second)};
}

std::string draw_curve(const panel_chart& chart, const curve& points, const char* style) {
  std::string out;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto from = place(chart, points[i - 1]);
    const auto to = place(chart, points[i]);
    out += line(from.first, from.second, to.first, to.second, style);
  }
  return out;
}

std::string draw_axes(const panel_chart& chart) {
  std::string out;
  for (const double tick : chart.y.ticks()) {
    const double y = panel_bottom - (panel_bottom - panel_top) * chart.y.at(tick);
    out += line(panel_left, y, panel_right, y, "grid");
    out += text_at(panel_left - 0.02, y + 4, "axis", "end", chart.y_text(tick));
  }
  for (const double tick : chart.x.ticks()) {
    const double x = panel_left + (panel_right - panel_left) * chart.x.at(tick);
    out += line(x, panel_bottom, x, panel_bottom + 4, "axis-tick");
    out += text_at(x, panel_bottom + 18, "axis", tick == chart.x.ticks().back() ? "end" : "middle",
                   chart.x_text(tick));
  }
  if (chart.reference) {
    const double y = panel_bottom - (panel_bottom - panel_top) * chart.y.at(*chart.reference);
    out += line(panel_left, y, panel_right, y, "reference");
  }
  return out;
}

/// The first and the last value, where neither hides the other nor the curve.
std::string draw_ends(const panel_chart& chart, const panel& which) {
  constexpr double above = -8;
  constexpr double below = 17;
  const auto first = place(chart, which.points.front());
  const auto last = place(chart, which.points.back());
  const auto before = place(chart, which.points[which.points.size() - 2]);
  const auto has_room = [](double y) { return y + below < panel_bottom - 2; };
  const bool falls = last.second > before.second + 1;
  const bool close = last.first - first.first < 0.5;
  const double last_y = last.second + (falls && has_room(last.second) ? below : above);
  const bool first_below = close && last_y < last.second && has_room(first.second);
  return text_at(first.first, first.second + (first_below ? below : above), "detail", "start",
                 which.first_text) +
         text_at(last.first, last_y, "value", "end", which.last_text);
}

std::string draw_panel(const panel_chart& chart, const std::string& context, const panel& which) {
  auto caption = element("strong", {}, escaped(which.title));
  for (const auto& each : which.details) caption += ' ' + element("span", {}, escaped(each));
  std::string points;
  for (const auto& each : which.points) {
    const auto [x, y] = place(chart, each);
    points += disc(x, y, 3, "mark");
  }
  const auto drawn = element("svg",
                             {{"role", "img"},
                              {"aria-label", which.description},
                              {"width", "100%"},
                              {"height", pixels(panel_height)}},
                             draw_axes(chart) + context + draw_curve(chart, which.points, "curve") +
                                 points + draw_ends(chart, which));
  return element("figure", {{"class", "panel"}}, element("figcaption", {}, caption) + drawn);
}

}  // namespace

std::string draw(const panel_chart& chart) {
  // Of too many, none can be told from the others, and the page would grow with their square.
  constexpr std::size_t context_max = 24;
  std::string context;
  if (chart.panels.size() <= context_max) {
    for (const auto& each : chart.panels) context += draw_curve(chart, each.points, "context");
  }
  std::string out;
  for (const auto& each : chart.panels) out += draw_panel(chart, context, each);
  return element("div", {{"class", "panels"}}, out);
}

}  // namespace bench
