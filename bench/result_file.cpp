#include "result_file.hpp"

#include "report.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace bench {
namespace {

namespace json = boost::json;

constexpr std::size_t text_max = 1000;

/// `text` on one line, whatever was in it.
std::string on_one_line(std::string text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::replace_if(text.begin(), text.end(), is_control, '?');
  return text;
}

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw usage_error{on_one_line(where) + ": " + why};
}

/// Takes the members out of one object, and names the one that is not as it should be.
class member_reader {
public:
  member_reader(const json::value& from, std::string where)
      : from_{from.if_object()}, where_{std::move(where)} {
    if (from_ == nullptr) refuse(where_, "is not an object");
  }

  [[nodiscard]] bool has(const char* name) const { return from_->contains(name); }

  [[nodiscard]] const json::value& member(const char* name) const {
    const auto* const found = from_->if_contains(name);
    if (found == nullptr) refuse(where_, std::string{name} + " is missing");
    return *found;
  }
  [[nodiscard]] std::string text(const char* name) const {
    const auto* const found = member(name).if_string();
    if (found == nullptr) refuse(where_, std::string{name} + " is not a text");
    if (found->size() > text_max) {
      refuse(where_, std::string{name} + " is longer than " + std::to_string(text_max) + " bytes");
    }
    return on_one_line({found->begin(), found->end()});
  }
  [[nodiscard]] double number(const char* name) const {
    const auto& found = member(name);
    const double value = found.is_number() ? found.to_number<double>() : -1;
    if (!(value >= 0 && std::isfinite(value))) {
      refuse(where_, std::string{name} + " is not a number of at least 0");
    }
    return value;
  }
  [[nodiscard]] std::uint64_t count(const char* name) const {
    const auto& found = member(name);
    json::error_code wrong;
    const auto value = found.is_number() ? found.to_number<std::uint64_t>(wrong) : 0;
    if (!found.is_number() || wrong) {
      refuse(where_, std::string{name} + " is not a whole number of at least 0");
    }
    return value;
  }
  [[nodiscard]] member_reader object(const char* name) const {
    return {member(name), where_ + ": " + name};
  }
  [[nodiscard]] std::vector<std::string> texts(const char* name) const {
    const auto* const found = member(name).if_array();
    std::vector<std::string> values;
    if (found == nullptr) refuse(where_, std::string{name} + " is not an array");
    for (const auto& each : *found) {
      if (!each.is_string()) refuse(where_, std::string{name} + " has something that is no text");
      values.push_back(on_one_line({each.as_string().begin(), each.as_string().end()}));
    }
    return values;
  }

private:
  const json::object* from_;
  std::string where_;
};

latencies to_latencies(const member_reader& from) {
  return {from.number("p50"), from.number("p90"), from.number("p99"), from.number("p999"),
          from.number("max")};
}

file_row to_row(const member_reader& from) {
  file_row made;
  made.scenario = from.text("scenario");
  made.functions = from.count("functions");
  made.threads = from.count("threads");
  made.store = from.text("store");
  made.durability = from.text("durability");
  made.seconds = from.number("seconds");
  made.ops = from.count("ops");
  made.ops_per_second = from.number("ops_per_second");
  made.latency_us = to_latencies(from.object("latency_us"));
  made.bytes_per_function = from.number("bytes_per_function");
  made.rss_bytes = from.count("rss_bytes");
  made.commit = from.text("commit");
  made.machine = from.text("machine");
  if (from.has("build")) {
    const auto build = from.object("build");
    made.build = {build.text("type"), build.text("compiler"), build.texts("warnings")};
  }
  if (from.has("date")) made.date = from.text("date");
  if (from.has("rate")) made.rate = from.number("rate");
  if (from.has("in_flight")) made.in_flight = from.count("in_flight");
  if (from.has("seed")) made.seed = from.count("seed");
  if (from.has("hot")) made.hot = from.count("hot");
  if (from.has("batch")) made.batch = from.count("batch");
  return made;
}

file_ratio to_ratio(const member_reader& from) {
  file_ratio made;
  made.scenario = from.text("scenario");
  made.peer = from.text("peer");
  if (from.has("missing")) {
    made.missing = from.text("missing");
    return made;
  }
  made.median = from.number("ratio");
  made.lowest = from.number("lowest");
  made.highest = from.number("highest");
  made.rounds = from.count("rounds");
  if (from.has("target")) made.target = from.number("target");
  return made;
}

template <class Row>
std::vector<Row> to_rows(const std::string& path, const json::value& from, const std::string& name,
                         Row (*convert)(const member_reader&)) {
  const auto* const array = from.if_array();
  if (array == nullptr) refuse(path, name + " is not an array");
  if (array->size() > result_file_rows_max) {
    refuse(path, name + " has more than " + std::to_string(result_file_rows_max) + " rows");
  }
  std::vector<Row> rows;
  for (std::size_t i = 0; i < array->size(); ++i) {
    auto where = path;
    where.append(": ").append(name).append("[").append(std::to_string(i)).append("]");
    rows.push_back(convert({(*array)[i], std::move(where)}));
  }
  return rows;
}

/// Files may be edited by hand: the error says in which line.
json::value parse_json(const std::string& path, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) refuse(path, "is empty");
  json::stream_parser parser;
  json::error_code wrong;
  const auto read = parser.write(text.data(), text.size(), wrong);
  if (wrong) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(read), '\n');
    refuse(path, "is not JSON: " + wrong.message() + " in line " + std::to_string(line));
  }
  parser.finish(wrong);
  if (wrong) refuse(path, "is not JSON: it ends too early");
  return parser.release();
}

void require_version(const std::string& path, const member_reader& file) {
  const auto& version = file.member("version");
  if (version.is_number() && version.to_number<double>() == json_version) return;
  refuse(path, "is a result file of version " + json::serialize(version).substr(0, 20) +
                   "; this program reads version " + std::to_string(json_version));
}

}  // namespace

result_file parse_result_file(const std::string& path, std::string_view text) {
  const auto value = parse_json(path, text);
  const member_reader file{value, path};
  require_version(path, file);
  result_file made{
      on_one_line(path), to_rows<file_row>(path, file.member("results"), "results", to_row), {}};
  if (made.rows.empty()) refuse(path, "has no results");
  if (file.has("ratios")) {
    made.ratios = to_rows<file_ratio>(path, file.member("ratios"), "ratios", to_ratio);
  }
  return made;
}

result_file read_result_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) refuse(path, "is a directory");
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    refuse(path, std::filesystem::exists(path, ignored) ? "cannot be read" : "does not exist");
  }
  std::string text;
  std::string part(std::size_t{64} << 10, '\0');
  do {
    file.read(part.data(), static_cast<std::streamsize>(part.size()));
    text.append(part, 0, static_cast<std::size_t>(file.gcount()));
    if (text.size() > result_file_bytes_max) refuse(path, "is larger than 64 MiB");
  } while (file);
  if (!file.eof()) refuse(path, "cannot be read");
  return parse_result_file(path, text);
}

}  // namespace bench
