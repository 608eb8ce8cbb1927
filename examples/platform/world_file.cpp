#include "world_file.hpp"

#include "cut_text.hpp"
#include "times.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <utility>

namespace platform {

namespace json = boost::json;

namespace {

constexpr std::uint64_t addresses_max = 1U << 24U;
constexpr std::uint64_t enis_max = 1U << 30U;

std::string join(const std::string& path, std::string_view member) {
  return path.empty() ? std::string{member} : path + "." + std::string{member};
}

// Reads strictly and remembers the first thing that is wrong; after that it does nothing.
class reader {
public:
  using read_member = std::function<void(const json::value&, const std::string&)>;
  struct member {
    std::string_view name;
    read_member read;
  };

  void object(const json::value& value, const std::string& path,
              std::initializer_list<member> members) {
    if (!value.is_object()) return fail(path, value, "must be an object");
    for (const auto& [key, given] : value.get_object()) {
      const std::string_view name{key.data(), key.size()};
      const auto* known = std::find_if(members.begin(), members.end(),
                                       [&](const member& each) { return each.name == name; });
      if (known == members.end()) return unknown(join(path, name), given, members);
      known->read(given, join(path, name));
      if (!error_.empty()) return;
    }
  }

  template <class Element>
  void list(const json::value& value, const std::string& path, std::vector<Element>& into,
            const std::function<Element(const json::value&, const std::string&)>& read) {
    if (!value.is_array()) return fail(path, value, "must be a list");
    std::vector<Element> result;
    for (std::size_t i = 0; i < value.get_array().size() && error_.empty(); ++i) {
      result.push_back(read(value.get_array()[i], path + "[" + std::to_string(i) + "]"));
    }
    into = std::move(result);
  }

  std::string text(const json::value& value, const std::string& path) {
    if (value.is_string()) return json::value_to<std::string>(value);
    fail(path, value, "must be a string");
    return {};
  }

  std::uint64_t integer(const json::value& value, const std::string& path, std::uint64_t max) {
    const bool fits = (value.is_int64() && value.get_int64() >= 0 &&
                       static_cast<std::uint64_t>(value.get_int64()) <= max);
    if (fits) return static_cast<std::uint64_t>(value.get_int64());
    fail(path, value, "must be an integer from 0 to " + std::to_string(max));
    return 0;
  }

  double share(const json::value& value, const std::string& path) {
    const double number = value.is_number() ? value.to_number<double>() : -1;
    if (number >= 0 && number <= 1) return number;
    fail(path, value, "must be a number from 0 to 1");
    return 0;
  }

  fsm::duration duration(const json::value& value, const std::string& path) {
    if (value.is_string()) {
      const auto& given = value.get_string();
      if (const auto parsed = parse_duration({given.data(), given.size()})) return *parsed;
    }
    fail(path, value, "must be a duration: " + std::string{duration_rule});
    return {};
  }

  void fail(const std::string& path, const json::value& value, const std::string& rule) {
    if (!error_.empty()) return;
    auto shown = json::serialize(value);
    if (shown.size() > 60) shown = std::string{cut_text(shown, 57)} + "...";
    error_ = (path.empty() ? "the world" : path) + ": " + shown + " is not allowed; it " + rule;
  }

  [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
  void unknown(const std::string& path, const json::value& value,
               std::initializer_list<member> members) {
    std::string names;
    for (const auto& each : members) names.append(names.empty() ? "" : ", ").append(each.name);
    fail(path, value, "is not a member of a world; known here: " + names);
  }

  std::string error_;
};

void read_span(reader& in, const json::value& value, const std::string& path, time_span& into) {
  if (!value.is_object()) {
    const auto both = in.duration(value, path);
    into = {both, both};
    return;
  }
  time_span result = into;
  in.object(value, path,
            {{"min", [&](const auto& v, const auto& p) { result.min = in.duration(v, p); }},
             {"max", [&](const auto& v, const auto& p) { result.max = in.duration(v, p); }}});
  if (result.min > result.max) in.fail(path, value, "must have a min that is not above its max");
  into = result;
}

void read_texts(reader& in, const json::value& value, const std::string& path,
                std::vector<std::string>& into) {
  in.list<std::string>(value, path, into,
                       [&](const auto& v, const auto& p) { return in.text(v, p); });
}

subnet read_subnet(reader& in, const json::value& value, const std::string& path) {
  subnet result;
  const auto nothing = [](const auto&, const auto&) {};
  in.object(value, path,
            {{"id", [&](const auto& v, const auto& p) { result.id = in.text(v, p); }},
             {"vpc", [&](const auto& v, const auto& p) { result.vpc = in.text(v, p); }},
             {"addresses",
              [&](const auto& v, const auto& p) {
                result.addresses = static_cast<std::uint32_t>(in.integer(v, p, addresses_max));
              }},
             {"in_use", nothing}});
  if (!is_subnet_id(result.id)) {
    in.fail(join(path, "id"), json::string{result.id}, "must look like subnet-0a1b2c3d");
  }
  return result;
}

template <class Element, class Id>
void check_unique(reader& in, const std::vector<Element>& elements, const std::string& path,
                  Id id) {
  std::vector<std::string_view> ids;
  ids.reserve(elements.size());
  for (const auto& each : elements) ids.push_back(id(each));
  std::sort(ids.begin(), ids.end());
  const auto twice = std::adjacent_find(ids.begin(), ids.end());
  if (twice != ids.end()) in.fail(path, json::string{*twice}, "must be there only once");
}

void read_vpc(reader& in, const json::value& value, const std::string& path,
              std::optional<vpc_settings>& into) {
  if (value.is_null()) return into.reset();
  auto result = into.value_or(vpc_settings{});
  const auto nothing = [](const auto&, const auto&) {};
  in.object(value, path,
            {{"subnets",
              [&](const auto& v, const auto& p) {
                in.list<subnet>(v, p, result.subnets, [&](const auto& each, const auto& at) {
                  return read_subnet(in, each, at);
                });
                check_unique(in, result.subnets, p,
                             [](const subnet& s) -> std::string_view { return s.id; });
              }},
             {"security_groups",
              [&](const auto& v, const auto& p) {
                read_texts(in, v, p, result.security_groups);
                for (const auto& id : result.security_groups) {
                  if (!is_security_group_id(id)) {
                    in.fail(p, json::string{id}, "must look like sg-0a1b2c3d");
                  }
                }
              }},
             {"eni_quota",
              [&](const auto& v, const auto& p) { result.eni_quota = in.integer(v, p, enis_max); }},
             {"enis_in_use", nothing}});
  into = std::move(result);
}

void read_chaos(reader& in, const json::value& value, const std::string& path,
                chaos_settings& into) {
  in.object(value, path,
            {{"lost_completion",
              [&](const auto& v, const auto& p) { into.lost_completion = in.share(v, p); }},
             {"duplicate_completion",
              [&](const auto& v, const auto& p) { into.duplicate_completion = in.share(v, p); }},
             {"internal_error",
              [&](const auto& v, const auto& p) { into.internal_error = in.share(v, p); }},
             {"extra_delay_max",
              [&](const auto& v, const auto& p) { into.extra_delay_max = in.duration(v, p); }}});
}

void read_world(reader& in, const json::value& value, world_settings& into) {
  const auto span = [&](time_span& which) {
    return [&](const auto& v, const auto& p) { read_span(in, v, p, which); };
  };
  const auto texts = [&](std::vector<std::string>& which) {
    return [&](const auto& v, const auto& p) { read_texts(in, v, p, which); };
  };
  in.object(value, "",
            {{"provision_time", span(into.provision_time)},
             {"update_time", span(into.update_time)},
             {"restore_time", span(into.restore_time)},
             {"vpc", [&](const auto& v, const auto& p) { read_vpc(in, v, p, into.vpc); }},
             {"roles_without_eni_permission", texts(into.roles_without_eni_permission)},
             {"images",
              [&](const auto& v, const auto& p) {
                in.object(v, p,
                          {{"deleted", texts(into.images_deleted)},
                           {"denied", texts(into.images_denied)}});
              }},
             {"chaos", [&](const auto& v, const auto& p) { read_chaos(in, v, p, into.chaos); }},
             {"enis_in_use", [](const auto&, const auto&) {}}});
}

json::value to_json(const time_span& span) {
  if (span.min == span.max) return json::string{duration_text(span.min)};
  return json::object{{"min", duration_text(span.min)}, {"max", duration_text(span.max)}};
}

// Whole numbers without an exponent.
json::value share_to_json(double share) {
  if (share == 0 || share == 1) return static_cast<int>(share);
  return share;
}

json::array to_json(const std::vector<std::string>& texts) {
  json::array result;
  for (const auto& each : texts) result.emplace_back(each);
  return result;
}

json::object to_json(const vpc_settings& vpc) {
  json::array subnets;
  for (const auto& each : vpc.subnets) {
    subnets.push_back(
        json::object{{"id", each.id}, {"vpc", each.vpc}, {"addresses", each.addresses}});
  }
  return {{"subnets", std::move(subnets)},
          {"security_groups", to_json(vpc.security_groups)},
          {"eni_quota", vpc.eni_quota}};
}

template <class Allowed>
bool is_id(std::string_view text, std::string_view prefix, Allowed allowed) {
  return text.starts_with(prefix) && text.size() <= 1024 &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(prefix.size()), text.end(),
                     allowed);
}

fsm::error invalid(std::string message) {
  return {.code = fsm::errc::invalid_argument, .message = std::move(message)};
}

}  // namespace

fsm::expected<world_settings> apply_world(world_settings base, std::string_view text) {
  boost::system::error_code problem;
  const auto value = json::parse(text, problem);
  if (problem) {
    return fsm::unexpected(invalid("the world: the text is not JSON (" + problem.message() + ")"));
  }
  reader in;
  read_world(in, value, base);
  if (!in.error().empty()) return fsm::unexpected(invalid(in.error()));
  return base;
}

fsm::expected<world_settings> read_world_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text;
  std::array<char, 4096> part{};
  while (file.read(part.data(), part.size()) || file.gcount() > 0) {
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof()) return fsm::unexpected(invalid("the file cannot be read"));
  return apply_world({}, text);
}

json::object to_json(const world_settings& settings) {
  json::object result{{"provision_time", to_json(settings.provision_time)},
                      {"update_time", to_json(settings.update_time)},
                      {"restore_time", to_json(settings.restore_time)}};
  if (settings.vpc) result["vpc"] = to_json(*settings.vpc);
  result["roles_without_eni_permission"] = to_json(settings.roles_without_eni_permission);
  result["images"] = json::object{{"deleted", to_json(settings.images_deleted)},
                                  {"denied", to_json(settings.images_denied)}};
  result["chaos"] =
      json::object{{"lost_completion", share_to_json(settings.chaos.lost_completion)},
                   {"duplicate_completion", share_to_json(settings.chaos.duplicate_completion)},
                   {"internal_error", share_to_json(settings.chaos.internal_error)},
                   {"extra_delay_max", duration_text(settings.chaos.extra_delay_max)}};
  return result;
}

bool is_subnet_id(std::string_view text) noexcept {
  return is_id(text, "subnet-",
               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
}

bool is_security_group_id(std::string_view text) noexcept {
  return is_id(text, "sg-", [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace platform
