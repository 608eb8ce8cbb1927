#include "described_population.hpp"

#include "flags.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace bench {
namespace {

namespace json = boost::json;

template <class Number>
std::string shown(Number value) {
  std::ostringstream text;
  text.precision(12);
  text << value;
  return text.str();
}

std::string shown(const json::value& value) {
  constexpr std::size_t longest = 40;
  auto text = json::serialize(value);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return text;
}

[[noreturn]] void refuse(const std::string& member, const std::string& value,
                         const std::string& rule) {
  throw usage_error{member + ": " + value + " is not " + rule};
}

/// One JSON object, read strictly: what nobody asks for is refused in `finish`.
class object_reader {
public:
  object_reader(const json::value& value, std::string path) : path_{std::move(path)} {
    object_ = value.if_object();
    if (object_ == nullptr)
      refuse(path_.empty() ? "the population" : path_, shown(value), "an object");
  }

  void number(const char* name, double& into, double least, double most) {
    const auto* const value = find(name);
    if (value == nullptr) return;
    const double given = value->is_number() ? value->to_number<double>() : std::nan("");
    if (!(given >= least && given <= most))
      refuse(member(name), shown(*value), "a number from " + shown(least) + " to " + shown(most));
    into = given;
  }

  void whole(const char* name, std::uint64_t& into, std::uint64_t least, std::uint64_t most) {
    const auto* const value = find(name);
    if (value == nullptr) return;
    const auto* const given = value->if_int64();
    if (given == nullptr || *given < 0 || static_cast<std::uint64_t>(*given) < least ||
        static_cast<std::uint64_t>(*given) > most) {
      refuse(member(name), shown(*value),
             "a whole number from " + shown(least) + " to " + shown(most));
    }
    into = static_cast<std::uint64_t>(*given);
  }

  /// Null when it is not there.
  const json::value* find(const char* name) {
    known_.emplace_back(name);
    return object_->if_contains(name);
  }

  void finish() const {
    for (const auto& each : *object_) {
      const std::string_view key{each.key().data(), each.key().size()};
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      std::string names;
      for (const auto& name : known_) names.append(names.empty() ? "" : " ").append(name);
      refuse(member(std::string{key}), shown(each.value()),
             "a known member (known: " + names + ")");
    }
  }

  [[nodiscard]] std::string member(const std::string& name) const {
    return path_.empty() ? name : path_ + "." + name;
  }

private:
  std::string path_;
  const json::object* object_ = nullptr;
  std::vector<std::string> known_;
};

void read_operations(const json::value& from, operation_shares& into) {
  object_reader in{from, "operations"};
  double sum = 0;
  const std::array<std::pair<const char*, double*>, 6> members{{{"invoke", &into.invoke},
                                                                {"get", &into.get},
                                                                {"update", &into.update},
                                                                {"list", &into.list},
                                                                {"create", &into.create},
                                                                {"delete", &into.remove}}};
  for (const auto& [name, share] : members) {
    in.number(name, *share, 0, 1e6);
    sum += *share;
  }
  in.finish();
  if (sum <= 0) refuse("operations", shown(from), "at least one share above 0");
}

idle_distribution distribution_named(const json::value& value) {
  if (value == "log_normal") return idle_distribution::log_normal;
  if (value == "pareto") return idle_distribution::pareto;
  refuse("idle_time.distribution", shown(value), "\"log_normal\" or \"pareto\"");
}

void read_idle_time(const json::value& from, idle_time_shape& into) {
  constexpr double least = 0.1;
  constexpr double most = 365.0 * 86'400;
  object_reader in{from, "idle_time"};
  if (const auto* const name = in.find("distribution"))
    into.distribution = distribution_named(*name);
  if (into.distribution == idle_distribution::log_normal) {
    in.number("median_seconds", into.median_seconds, least, most);
    in.number("sigma", into.sigma, 0, 10);
  } else {
    in.number("alpha", into.alpha, 0.1, 10);
  }
  in.number("min_seconds", into.min_seconds, least, most);
  in.number("max_seconds", into.max_seconds, least, most);
  in.finish();
}

surge read_surge(const json::value& from, const char* name, surge into) {
  object_reader in{from, name};
  in.whole("every_operations", into.every_operations, 0, 1'000'000'000);
  in.whole("functions", into.functions, 1, 1'000'000);
  in.finish();
  return into;
}

void read_wild_tenant(const json::value& from, described_population& into) {
  object_reader in{from, "wild_tenant"};
  in.number("share", into.wild_share, 0, 0.9);
  in.number("update_share", into.wild_update_share, 0, 1);
  in.finish();
}

void check_together(const described_population& what) {
  const auto& idle = what.idle_time;
  if (idle.min_seconds > idle.max_seconds) {
    refuse("idle_time.min_seconds", shown(idle.min_seconds),
           "at most idle_time.max_seconds (" + shown(idle.max_seconds) + ")");
  }
  // The cheap clock that restarts idle times lags a few milliseconds, times the factor.
  constexpr double shortest = 0.02;
  if (idle.min_seconds < shortest * what.time_factor) {
    refuse("idle_time.min_seconds", shown(idle.min_seconds),
           "at least 0.02 times time_factor (" + shown(shortest * what.time_factor) + ")");
  }
}

}  // namespace

described_population parse_population(std::string_view text, described_population base) {
  boost::system::error_code wrong;
  const auto value = json::parse({text.data(), text.size()}, wrong);
  if (wrong) throw usage_error{"the text is not JSON (" + wrong.message() + ")"};
  object_reader in{value, ""};
  if (const auto* const each = in.find("operations")) read_operations(*each, base.operations);
  if (const auto* const each = in.find("popularity")) {
    object_reader popularity{*each, "popularity"};
    popularity.number("zipf_exponent", base.zipf_exponent, 0, 4);
    popularity.number("zipf_offset", base.zipf_offset, 0, 1);
    popularity.finish();
  }
  if (const auto* const each = in.find("idle_time")) read_idle_time(*each, base.idle_time);
  in.whole("tenants", base.tenants, 1, 65'534);
  if (const auto* const each = in.find("wild_tenant")) read_wild_tenant(*each, base);
  if (const auto* const each = in.find("deploy_burst"))
    base.deploy_burst = read_surge(*each, "deploy_burst", base.deploy_burst);
  if (const auto* const each = in.find("wake_storm"))
    base.wake_storm = read_surge(*each, "wake_storm", base.wake_storm);
  in.number("time_factor", base.time_factor, 1, 1000);
  in.finish();
  check_together(base);
  return base;
}

described_population read_population_file(const std::string& path) {
  constexpr std::size_t longest = 1U << 20;
  const std::string where = "--population: " + path;
  std::ifstream file{path, std::ios::binary};
  std::string text(longest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof()) {
    const bool is_too_long = file.gcount() > static_cast<std::streamsize>(longest);
    throw usage_error{where +
                      (is_too_long ? " is larger than 1 MiB" : " is not a file that can be read")};
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  try {
    return parse_population(text);
  } catch (const usage_error& wrong) {
    throw usage_error{where + ": " + wrong.what()};
  }
}

}  // namespace bench
