#pragma once

#include "world_file.hpp"
#include <fsm/clock.hpp>
#include <fsm/provider.hpp>

#include <boost/json/object.hpp>

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace platform {

/// A simulated cloud in which addresses, network interfaces, permissions and images really run out.
///
/// It reads `VpcConfig`, `Role` and `ImageUri` from a function's document, and of a version's
/// `ResourcesOf` (the uid of its function, whose leases it shares) and `Prepared` (it takes no
/// time). An attempt of a function
/// in a network leases one address and one network interface when its time is over. The lease is
/// the function's: a later attempt shares it when its document still names the subnet, and takes
/// one of its own in another subnet otherwise. What is leased is in use until the release of the
/// last attempt that has it is confirmed. A try that is asked for again joins the one still at
/// work, and is answered with what was made before if there is something.
///
/// The world ends with the process. At a start it is told what functions hold and leases that anew:
/// what is held is held, whatever a subnet or the quota has to say. What it does not know has been
/// released already.
///
/// All calls are thread-safe. Answers are given on the clock's thread, or inside `provision` and
/// `release` when they take no time.
class world final : public fsm::resource_provider, public std::enable_shared_from_this<world> {
public:
  /// The same seed gives the same delays and accidents for the same calls.
  world(world_settings settings, std::shared_ptr<fsm::clock> clock, std::uint64_t seed = 1);

  void provision(const fsm::provision_request& request, fsm::completion done) override;
  void release(const fsm::attempt_token& token, fsm::completion done) override;
  [[nodiscard]] bool wants_recovered() const override { return true; }
  void recovered(const fsm::provision_request& held) override;
  /// Lists the attempts that have a share of a lease.
  void held(fsm::attempt_token after, std::size_t limit, held_tokens done) override;

  /// While on, every attempt succeeds at once and takes nothing: for functions that are simply
  /// there.
  void set_instant(bool on) noexcept { instant_ = on; }

  /// How long it takes this time to make something ready to run.
  [[nodiscard]] fsm::duration draw_provision_time();

  /// The shape of a world file, and how much of it is in use.
  [[nodiscard]] boost::json::object describe() const;

  /// Replaces what `text` names (see `apply_world`, also for errors). Attempts at work meet the new
  /// world.
  [[nodiscard]] fsm::expected<void> replace(std::string_view text);

  /// The first of the ids that does not exist, if any.
  [[nodiscard]] std::optional<std::string> missing_subnet(
      const std::vector<std::string>& ids) const;
  [[nodiscard]] std::optional<std::string> missing_security_group(
      const std::vector<std::string>& ids) const;
  /// The network a subnet belongs to; a made-up one when there is no such subnet.
  [[nodiscard]] std::string vpc_of(const std::string& subnet_id) const;

private:
  // What a function needs of the world.
  struct needs {
    std::uint64_t owner = 0;  // Whose leases it shares: its own, or those of the function it is a
                              // version of.
    bool prepared = false;    // All of it is there already.
    std::vector<std::string> subnets;
    std::vector<std::string> security_groups;
    std::string role;
    std::string image;
  };
  struct attempt {
    needs wanted;
    std::uint64_t serial = 0;                // Of the work under way, 0 = none.
    std::optional<fsm::completion> waiting;  // Who is told when it is done: the latest who asked.
    std::optional<std::string> subnet;       // Where it has a share of a lease, once it has one.
  };
  // One address and one network interface of the function `uid` and its versions.
  struct lease {
    std::uint64_t uid = 0;
    std::string subnet;

    friend auto operator<=>(const lease&, const lease&) = default;
  };
  struct verdict {
    fsm::completion::result result = fsm::completion::result::succeeded;
    fsm::reason_code why = fsm::reason_code::none;
    std::string text;
  };

  static needs read_needs(const fsm::provision_request& request);
  static void give(const fsm::completion& done, const verdict& what);
  void after(fsm::duration delay, std::function<void()> task);
  void finish(const fsm::attempt_token& token, std::uint64_t serial);
  void answer(const fsm::completion& done, const verdict& what);

  // With the lock held.
  verdict try_to_make(attempt& which);
  [[nodiscard]] std::optional<verdict> obstacle(const needs& wanted) const;
  [[nodiscard]] std::optional<verdict> no_interface() const;
  // The first of the subnets in which the function has a lease already; then `which` shares it.
  [[nodiscard]] bool share_lease(attempt& which);
  // The first of the subnets with a free address, if any.
  [[nodiscard]] std::optional<std::string> free_subnet(const std::vector<std::string>& ids) const;
  void take(attempt& which, const std::string& subnet_id);
  void give_back(const lease& which);
  [[nodiscard]] const subnet* find_subnet(const std::string& id) const;
  [[nodiscard]] std::uint64_t in_use(const std::string& subnet_id) const;
  fsm::duration draw(const time_span& span);
  bool roll(double share);

  const std::shared_ptr<fsm::clock> clock_;
  std::atomic<bool> instant_ = false;

  mutable std::mutex mutex_;
  world_settings settings_;
  std::mt19937_64 random_;
  std::uint64_t serial_ = 0;
  std::map<fsm::attempt_token, attempt> attempts_;  // At work, or sharing a lease.
  std::map<lease, std::uint64_t> leases_;           // With the number of attempts that share it.
  std::map<std::string, std::uint64_t> in_use_;     // Leases per subnet.
};

}  // namespace platform
