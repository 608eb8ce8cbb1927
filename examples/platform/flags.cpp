#include "flags.hpp"

#include "times.hpp"
#include <fsm/name.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>

namespace platform {

namespace {

constexpr std::size_t functions_max = 10'000'000;
constexpr std::size_t provisioning_max = 1'000'000;
constexpr std::size_t queued_max = 100'000'000;
constexpr std::size_t event_log_mib_max = std::size_t{1} << 20U;
constexpr std::size_t concurrency_max = 1'000'000'000;
constexpr std::size_t threads_max = 1024;
constexpr std::size_t environments_max = 100'000;
constexpr fsm::duration idle_after_max = std::chrono::days{3650};
// An attempt with all its tries has five minutes.
constexpr fsm::duration attempt_timeout_max = std::chrono::minutes{5};

constexpr std::string_view description =
    "A Lambda-compatible control plane on libfsm.\n"
    "DUR is an integer and a unit: 250ms 2s 5m 12h 14d.";

constexpr std::size_t secret_length_max = 256;

// The flags as they were typed; absent ones are empty.
struct typed {
  std::string listen, data, durability, idle_after, world, s3_dir, region, account,
      max_provisioning, max_queued, event_log, attempt_timeout, account_concurrency, seed_functions,
      executor, sandbox, function_network, control_groups, max_environments, environment_idle_after,
      threads, access_key, secret_key, admin_token, tls_cert, tls_key, log_format, log_level;
  std::vector<std::string> allowed_hosts;
  bool memory = false;
  bool virtual_clock = false;
};

void declare(CLI::App& app, typed& into) {
  const auto flag = [&](const char* name, std::string& value, const char* type, const char* text) {
    app.add_option(name, value, text)->type_name(type);
  };
  flag("--listen", into.listen, "HOST:PORT",
       "Where to serve; port 0 picks a free one [127.0.0.1:9001]");
  flag("--data", into.data, "DIR", "Where functions are kept; made if absent [./fsm-data]");
  app.add_flag("--memory", into.memory, "Keep nothing on disk");
  flag("--durability", into.durability, "synced|buffered",
       "What is answered survives a loss of power, or only the end of the process [synced]");
  flag("--idle-after", into.idle_after, "DUR",
       "An Active function not invoked for this long becomes Inactive [14d]");
  flag("--world", into.world, "FILE", "The simulated cloud, as JSON [none]");
  flag("--s3-dir", into.s3_dir, "DIR",
       "Code in S3 is looked for here: buckets are folders, keys are paths [none]");
  app.add_flag("--virtual-clock", into.virtual_clock, "Time moves only by POST /_fsm/clock");
  flag("--region", into.region, "REGION", "Used in ARNs [us-east-1]");
  flag("--account", into.account, "ACCOUNT", "Used in ARNs, 12 digits [000000000000]");
  flag("--max-provisioning", into.max_provisioning, "N",
       "Provisioning attempts in flight at once [256]");
  flag("--max-queued", into.max_queued, "N",
       "Provisioning attempts that may wait; beyond it calls are answered 429 [1000000]");
  flag("--event-log", into.event_log, "MIB",
       "How much of the last transitions is kept on disk for the event stream [1024]");
  flag("--attempt-timeout", into.attempt_timeout, "DUR",
       "A try at making resources not answered for this long is made again [100s]");
  flag("--account-concurrency", into.account_concurrency, "N",
       "Invocations that may run at once [1000]");
  flag("--seed-functions", into.seed_functions, "N",
       "Start with N Active functions seed-0000000, ... [0]");
  flag("--executor", into.executor, "echo|process",
       "Functions give back what they are given, or run as processes of this machine [echo]");
  flag("--sandbox", into.sandbox, "on|off",
       "Processes are kept apart from the machine and from each other; off is for functions you "
       "trust [on]");
  flag("--function-network", into.function_network, "none|host",
       "What of the network a process can reach: nothing, or all that the platform can, other "
       "functions' Runtime APIs, too: for functions you trust [none]");
  flag("--control-groups", into.control_groups, "auto|on|off",
       "The kernel bounds the memory and the processes of each, and ends all of it: where that is "
       "possible, or it does not start, or not at all [auto]");
  flag("--max-environments", into.max_environments, "N",
       "Processes that run functions at once; 0 = as many as there is memory for [0]");
  flag("--environment-idle-after", into.environment_idle_after, "DUR",
       "A process not used for this long is stopped [10m]");
  app.add_option("--allow-host", into.allowed_hosts, "One more accepted Host; may be repeated")
      ->type_name("HOST")
      ->allow_extra_args(false);
  flag("--access-key", into.access_key, "ID",
       "Lambda calls must be signed with this access key [none: they need no signature]");
  app.add_option("--secret-key", into.secret_key, "Its secret; in the environment nobody sees it")
      ->type_name("KEY")
      ->envname("FSM_SECRET_KEY");
  app.add_option("--admin-token", into.admin_token,
                 "What '/', '/metrics' and '/_fsm' but for its health ask for as a bearer token "
                 "[with an access key: one is made and printed; else none]")
      ->type_name("TOKEN")
      ->envname("FSM_ADMIN_TOKEN");
  flag("--tls-cert", into.tls_cert, "FILE",
       "Serve with TLS: the certificate and its chain, as PEM");
  flag("--tls-key", into.tls_key, "FILE", "The certificate's private key, as PEM");
  flag("--log-format", into.log_format, "text|json", "How lines of the log look, on stderr [text]");
  flag("--log-level", into.log_level, "LEVELS",
       "What is logged, as in info,http=debug,code=off; components are platform, runtime, store, "
       "http, api, invoke, code [info]");
  flag("--threads", into.threads, "N",
       "Threads that serve, and of the runtime; 0 = one per core [0]");
}

// Turns what was typed into values; the first broken rule is kept.
class checker {
public:
  void number(std::string_view name, const std::string& value, std::size_t min, std::size_t max,
              std::size_t& into) {
    if (value.empty()) return;
    std::size_t parsed = 0;
    const auto* end = value.data() + value.size();
    const auto [rest, problem] = std::from_chars(value.data(), end, parsed);
    const bool good = problem == std::errc{} && rest == end && parsed >= min && parsed <= max;
    if (good) return void(into = parsed);
    fail(name, value, "an integer from " + std::to_string(min) + " to " + std::to_string(max));
  }

  void duration(std::string_view name, const std::string& value, fsm::duration max,
                fsm::duration& into) {
    if (value.empty()) return;
    const auto parsed = parse_duration(value);
    if (!parsed) return fail(name, value, std::string{duration_rule});
    const bool good = parsed->count() >= 1 && *parsed <= max;
    if (!good) return fail(name, value, "a duration from 1ms to " + duration_text(max));
    into = *parsed;
  }

  // One of two words; true for the second.
  void choice(std::string_view name, const std::string& value, const std::string& first,
              const std::string& second, bool& into) {
    if (value.empty()) return;
    if (value != first && value != second) return fail(name, value, first + " or " + second);
    into = value == second;
  }

  void control_groups(const std::string& value, control_group_use& into) {
    if (value == "on") into = control_group_use::on;
    if (value == "off") into = control_group_use::off;
    if (!value.empty() && value != "auto" && value != "on" && value != "off")
      fail("--control-groups", value, "auto, on or off");
  }

  void execution(const typed& given, flags& into) {
    choice("--executor", given.executor, "echo", "process", into.runs_processes);
    choice("--sandbox", given.sandbox, "off", "on", into.sandbox);
    choice("--function-network", given.function_network, "none", "host", into.function_network);
    control_groups(given.control_groups, into.control_groups);
    number("--max-environments", given.max_environments, 0, environments_max,
           into.max_environments);
    duration("--environment-idle-after", given.environment_idle_after, idle_after_max,
             into.environment_idle_after);
    if (into.runs_processes) return;
    for (const auto& [name, value] :
         {std::pair{"--sandbox", &given.sandbox},
          std::pair{"--function-network", &given.function_network},
          std::pair{"--control-groups", &given.control_groups},
          std::pair{"--max-environments", &given.max_environments},
          std::pair{"--environment-idle-after", &given.environment_idle_after}}) {
      if (!value->empty()) fail(name, *value, "left out without --executor process");
    }
  }

  void storage(const typed& given, flags& into) {
    if (!given.durability.empty() && given.durability != "synced" &&
        given.durability != "buffered") {
      return fail("--durability", given.durability, "synced or buffered");
    }
    into.buffered = given.durability == "buffered";
    if (!given.data.empty()) into.data = given.data;
    if (!given.memory) return;
    into.data.reset();
    for (const auto& [name, value] :
         {std::pair{"--data", &given.data}, std::pair{"--durability", &given.durability}}) {
      if (!value->empty())
        fail(name, *value, "left out with --memory, which keeps nothing on disk");
    }
  }

  void address(std::string_view name, const std::string& value, flags& into) {
    if (value.empty()) return;
    const auto colon = value.rfind(':');
    const bool split = colon != std::string::npos && colon > 0 && colon + 1 < value.size();
    const auto* end = value.data() + value.size();
    const auto* begin = split ? value.data() + colon + 1 : end;
    std::uint16_t port = 0;
    const auto [rest, problem] = std::from_chars(begin, end, port);
    if (problem != std::errc{} || rest != end) {
      return fail(name, value, "HOST:PORT with a port from 0 to 65535");
    }
    auto host = value.substr(0, colon);
    if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    into.host = std::move(host);
    into.port = port;
  }

  void place(const std::string& region, const std::string& account, flags& into) {
    if (!region.empty()) into.region = region;
    if (!account.empty()) into.account = account;
    const auto works = [](const std::string& in_region, const std::string& of) {
      const auto parsed =
          fsm::parse_function_ref(fsm::arn("aws", in_region, of, "f"), fsm::name_rule::create);
      return parsed && parsed->region == in_region && parsed->account == of;
    };
    if (!works(into.region, "000000000000")) {
      return fail("--region", into.region, "a region such as eu-central-1");
    }
    if (!works(into.region, into.account)) fail("--account", into.account, "12 digits");
  }

  // Keys and tokens travel in header fields. Their values are not repeated.
  void secret(std::string_view name, const std::string& value, std::string& into) {
    const bool good =
        value.size() <= secret_length_max &&
        std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (good) return void(into = value);
    refuse(std::string{name} + ": what was given is not allowed; it must be at most " +
           std::to_string(secret_length_max) + " characters of ASCII, without blanks");
  }

  void access_key(const std::string& value, std::string& into) {
    const bool good = value.size() <= secret_length_max &&
                      std::all_of(value.begin(), value.end(), [](unsigned char c) {
                        return std::isalnum(c) != 0 || c == '_' || c == '-';
                      });
    if (good) return void(into = value);
    fail("--access-key", value, "letters, digits, '_' and '-', at most 256 of them");
  }

  // Two flags of which none makes sense alone.
  void both(std::string_view name, const std::string& value, std::string_view other,
            const std::string& other_value) {
    if (value.empty() == other_value.empty()) return;
    const auto given = value.empty() ? other : name;
    const auto missing = value.empty() ? name : other;
    refuse(std::string{given} + ": it needs " + std::string{missing} + " too");
  }

  void log(const std::string& format, const std::string& levels, log_settings& into) {
    if (!format.empty() && format != "text" && format != "json")
      fail("--log-format", format, "text or json");
    into.json = format == "json";
    if (levels.empty()) return;
    const auto parsed = parse_log_levels(levels);
    if (!parsed) return fail("--log-level", levels, std::string{log_level_rule});
    into.levels = *parsed;
  }

  void fail(std::string_view name, const std::string& value, const std::string& rule) {
    refuse(std::string{name} + ": '" + value + "' is not allowed; it must be " + rule);
  }

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
  void refuse(const std::string& why) {
    if (problem_.empty()) problem_ = one_line("fsm-platform: " + why);
  }

  std::string problem_;
};

tl::expected<flags, flags_exit> check(const CLI::App& app, const typed& given) {
  flags result;
  checker check;
  for (const auto* option : app.get_options()) {
    const bool empty =
        !option->empty() && option->get_type_size() == 1 && option->as<std::string>().empty();
    if (empty) check.fail(option->get_name(), "", "a value");
  }
  check.address("--listen", given.listen, result);
  check.storage(given, result);
  check.duration("--idle-after", given.idle_after, idle_after_max, result.idle_after);
  check.place(given.region, given.account, result);
  check.number("--max-provisioning", given.max_provisioning, 1, provisioning_max,
               result.max_provisioning);
  check.number("--max-queued", given.max_queued, 1, queued_max, result.max_queued);
  check.number("--event-log", given.event_log, 1, event_log_mib_max, result.event_log_mib);
  check.duration("--attempt-timeout", given.attempt_timeout, attempt_timeout_max,
                 result.attempt_timeout);
  check.number("--account-concurrency", given.account_concurrency, 1, concurrency_max,
               result.account_concurrency);
  check.number("--seed-functions", given.seed_functions, 0, functions_max, result.seed_functions);
  check.execution(given, result);
  check.number("--threads", given.threads, 0, threads_max, result.threads);
  check.access_key(given.access_key, result.access_key);
  check.secret("--secret-key", given.secret_key, result.secret_key);
  check.secret("--admin-token", given.admin_token, result.admin_token);
  check.log(given.log_format, given.log_level, result.log);
  check.both("--access-key", given.access_key, "--secret-key", given.secret_key);
  check.both("--tls-cert", given.tls_cert, "--tls-key", given.tls_key);
  if (!check.problem().empty()) return tl::make_unexpected(flags_exit{2, check.problem()});
  if (!given.world.empty()) result.world_file = given.world;
  result.tls_cert = given.tls_cert;
  result.tls_key = given.tls_key;
  if (!given.s3_dir.empty()) result.s3_dir = given.s3_dir;
  result.virtual_clock = given.virtual_clock;
  result.allowed_hosts = given.allowed_hosts;
  return result;
}

}  // namespace

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return text;
}

tl::expected<flags, flags_exit> parse_flags(int argc, const char* const* argv) {
  CLI::App app{std::string{description}, "fsm-platform"};
  typed given;
  declare(app, given);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return tl::make_unexpected(flags_exit{0, app.help()});
  } catch (const CLI::ParseError& problem) {
    return tl::make_unexpected(
        flags_exit{2, "fsm-platform: " + one_line(problem.what()) + " (--help lists the flags)"});
  }
  return check(app, given);
}

}  // namespace platform
