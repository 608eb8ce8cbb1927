#pragma once

#include "code/package.hpp"
#include <fsm/view.hpp>

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace platform::code {

/// Knows who uses which package: functions (each version is one to the runtime), the versions that
/// updates in progress bring up, and requests under way. It learns from durable transitions that
/// documents change, and is told the new ones by whoever has them at hand; a function whose
/// document nobody told is *unknown* until it has been looked up, and until then no package counts
/// as unused. The same holds for all functions of an earlier life until each has been looked at
/// once.
///
/// Any thread. Keeps some 30 bytes per function that has a package.
class code_ledger : public std::enable_shared_from_this<code_ledger> {
public:
  /// Keeps one package in use until the last copy is gone: the use of a request.
  using hold = std::shared_ptr<const package>;

  /// `wake` is called, under a lock, whenever there may be work: unused packages, or functions to
  /// look up. It must only leave a note.
  explicit code_ledger(std::function<void()> wake) : wake_{std::move(wake)} {}

  /// Never calls `wake` again.
  void silence();

  /// Takes a package into use for a request, before its bytes are kept. Null if it would bring the
  /// bytes of all code beyond `bytes_max`.
  [[nodiscard]] hold take(const package& which, std::uint64_t bytes_max);
  /// Whether `take` would do it.
  [[nodiscard]] bool has_room(const package& which, std::uint64_t bytes_max) const;

  /// A transition is durable. To be called for each one, in their order.
  void on_transition(const fsm::transition& what);
  /// The package in the document that `view` stands for: that of the update in progress, if there
  /// is one. Ignored when the function is known already, or has changed since.
  void note(const fsm::function_view& view, const std::optional<package>& shown);

  /// A function of an earlier life is about to be looked up. False if there is no need.
  [[nodiscard]] bool expect(const fsm::function_view& listed);
  /// An unknown function was looked up, and is gone.
  void forget(std::uint64_t uid);
  /// All functions of the earlier life have been expected. `kept` are the packages that the store
  /// has; those of them that nobody uses become unused ones. Returns the used ones it lacks.
  std::vector<digest> finish_scan(const std::vector<digest>& kept);

  struct unknown_function {
    std::uint64_t uid = 0;
    std::string name;
  };
  /// Unknown functions whose document can be looked up now, at most `limit`.
  [[nodiscard]] std::vector<unknown_function> unknown(std::size_t limit) const;

  /// At most `limit` packages that may be unused, each told once; none while anything is unknown.
  [[nodiscard]] std::vector<digest> take_unused(std::size_t limit);
  /// True if the package is unused and may be removed; then it is not in the ledger any more.
  [[nodiscard]] bool strike(const digest& name);

  /// The bytes of all code: the sum over all functions, by what they show.
  [[nodiscard]] std::uint64_t total_bytes() const;

private:
  struct entry {
    package what;
    std::size_t functions = 0;
    std::size_t requests = 0;
  };
  // What a function uses. Both may be null, but not at once.
  struct usage {
    entry* current = nullptr;
    entry* target = nullptr;

    [[nodiscard]] std::uint64_t shown_bytes() const noexcept {
      const auto* shown = target ? target : current;
      return shown ? shown->what.size : 0;
    }
  };
  struct unknown_state {
    std::string name;
    std::uint32_t revision = 0;  // Of its last transition.
    bool current_known = false;  // Only what the update brings is missing.
    bool waits_for_end = false;  // Its current document can be seen when the update has ended.
  };

  entry* enter(const std::optional<package>& what);
  void leave(entry* which);
  void set(std::uint64_t uid, entry* current, entry* target);
  [[nodiscard]] usage usage_of(std::uint64_t uid) const;
  void start_update(const fsm::transition& what);
  void end_update(const fsm::transition& what);
  void release(const digest& name);
  void wake_if_needed();
  [[nodiscard]] bool all_known() const noexcept { return scanned_ && unknown_.empty(); }

  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::unordered_map<digest, entry> packages_;
  absl::flat_hash_map<std::uint64_t, usage> functions_;
  std::unordered_map<std::uint64_t, unknown_state> unknown_;
  std::unordered_set<digest> unused_;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t requested_bytes_ = 0;
  bool scanned_ = false;
};

}  // namespace platform::code
