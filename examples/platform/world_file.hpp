#pragma once

#include <fsm/expected.hpp>
#include <fsm/time.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// The simulated cloud as data: what a world file says.

namespace platform {

/// How long something takes: any time from `min` to `max`, each as likely.
struct time_span {
  fsm::duration min{};
  fsm::duration max{};
};

/// Addresses that functions can have.
struct subnet {
  std::string id;
  std::string vpc = "vpc-00000000";
  /// As many as a /24 network has to give.
  std::uint32_t addresses = 251;
};

/// The networks of the account.
struct vpc_settings {
  std::vector<subnet> subnets;
  std::vector<std::string> security_groups;
  /// Network interfaces that may exist at once.
  std::uint64_t eni_quota = 250;
};

/// How unreliable the cloud is. The shares are between 0 and 1.
struct chaos_settings {
  /// Of the answers: never given.
  double lost_completion = 0;
  /// Of the answers: given twice.
  double duplicate_completion = 0;
  /// Of the attempts: answered as transient.
  double internal_error = 0;
  /// Attempts take up to this much longer.
  fsm::duration extra_delay_max{};
};

/// What a world file says.
struct world_settings {
  time_span provision_time{std::chrono::milliseconds{100}, std::chrono::milliseconds{100}};
  time_span update_time{std::chrono::milliseconds{50}, std::chrono::milliseconds{50}};
  time_span restore_time{std::chrono::milliseconds{100}, std::chrono::milliseconds{100}};
  /// Absent: every well-formed subnet and security group exists and never runs out.
  std::optional<vpc_settings> vpc;
  std::vector<std::string> roles_without_eni_permission;
  std::vector<std::string> images_deleted;
  std::vector<std::string> images_denied;
  chaos_settings chaos;
};

/// `base` with the members that the JSON text names replaced; inside `vpc`, `images` and `chaos`
/// too, member by member, while lists are replaced as a whole. `"vpc": null` removes the networks.
/// The members that only answers have (`in_use`, `enis_in_use`) are allowed and mean nothing.
///
/// Errors: `errc::invalid_argument`; the message names the member's path, its value and the rule.
[[nodiscard]] fsm::expected<world_settings> apply_world(world_settings base, std::string_view text);

/// Reads a world file. Errors as `apply_world`, and for a file that cannot be read.
[[nodiscard]] fsm::expected<world_settings> read_world_file(const std::string& path);

/// The settings in the shape of a world file.
[[nodiscard]] boost::json::object to_json(const world_settings& settings);

/// Whether the text looks like the id of a subnet: "subnet-", then digits and lower-case letters.
[[nodiscard]] bool is_subnet_id(std::string_view text) noexcept;
/// Whether the text looks like the id of a security group: "sg-", then digits and letters.
[[nodiscard]] bool is_security_group_id(std::string_view text) noexcept;

}  // namespace platform
