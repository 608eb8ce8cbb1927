#pragma once

#include "logs.hpp"
#include <fsm/time.hpp>

#include <tl/expected.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace platform {

/// Where the machine allows them; or they are needed; or not used.
enum class control_group_use : std::uint8_t { automatic, on, off };

/// What `fsm-platform` was told on its command line. Every value has passed its rule.
struct flags {
  std::string host = "127.0.0.1";
  /// 0 = any free one.
  std::uint16_t port = 9001;
  /// The directory in which functions are kept. None = nothing is kept on disk.
  std::optional<std::string> data = "./fsm-data";
  /// A transition counts as kept when the operating system has it, not only when the disk has.
  bool buffered = false;
  /// An Active function not invoked for this long becomes Inactive.
  fsm::duration idle_after = std::chrono::days{14};
  std::optional<std::string> world_file;
  /// The directory whose folders are S3 buckets. None = there are no buckets.
  std::optional<std::string> s3_dir;
  bool virtual_clock = false;
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::size_t max_provisioning = 256;
  /// Attempts that may wait for their turn; beyond it calls are refused.
  std::size_t max_queued = 1'000'000;
  /// Transitions are kept for readers of the event stream until they take so much of the disk.
  std::size_t event_log_mib = 1024;
  /// A try to make or release resources that is not answered for this long is made again.
  fsm::duration attempt_timeout = std::chrono::seconds{100};
  /// Invocations that may run at once.
  std::size_t account_concurrency = 1000;
  std::size_t seed_functions = 0;
  /// Functions run as processes of this machine, instead of giving back what they are given.
  bool runs_processes = false;
  /// These are kept apart from the machine and from each other.
  bool sandbox = true;
  /// They have the machine's network.
  bool function_network = false;
  /// Control groups bound them.
  control_group_use control_groups = control_group_use::automatic;
  /// How many there may be at once; 0 = as many as there is memory for.
  std::size_t max_environments = 0;
  /// One that has not been used for this long is stopped.
  fsm::duration environment_idle_after = std::chrono::minutes{10};
  std::vector<std::string> allowed_hosts;
  /// Who may call: both, or neither, which lets everybody.
  std::string access_key;
  std::string secret_key;
  /// Guards what is not of the Lambda API. "" = none was given.
  std::string admin_token;
  /// Files in PEM form: both, or neither, which serves without TLS.
  std::string tls_cert;
  std::string tls_key;
  log_settings log;
  /// Of the HTTP server and of the runtime, each. 0 = one per core.
  std::size_t threads = 0;
};

/// Why there are no flags to go on with: what to print, and how to end.
struct flags_exit {
  int code = 2;
  std::string text;
};

/// Reads a command line, and from the environment the secrets it leaves out (`FSM_SECRET_KEY`,
/// `FSM_ADMIN_TOKEN`). A bad flag ends with code 2 and one line that names the flag, the value
/// (but for secrets) and the rule; `--help` with code 0 and its text.
[[nodiscard]] tl::expected<flags, flags_exit> parse_flags(int argc, const char* const* argv);

/// The text with a blank for each line break and other control character.
[[nodiscard]] std::string one_line(std::string text);

}  // namespace platform
