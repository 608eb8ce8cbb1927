#pragma once

#include "code/code_ledger.hpp"
#include <fsm/runtime.hpp>

#include <cstdint>
#include <string>

namespace platform::code {

/// Looks up documents for the ledger, a bounded number of them at a time. Blocks; one thread at a
/// time.
class code_scan {
public:
  /// Both must outlive it.
  code_scan(fsm::runtime& functions, code_ledger& ledger)
      : functions_{functions}, ledger_{ledger} {}

  /// Looks at the next page of all the functions there are; true when that was the last one. After
  /// an error the next call tries the same page again.
  [[nodiscard]] fsm::expected<bool> next_page();
  /// Looks up some functions that are unknown for another reason; true when any of them is known
  /// now.
  [[nodiscard]] bool look_up_unknown();

private:
  [[nodiscard]] bool look_up(std::uint64_t uid, const std::string& name);

  fsm::runtime& functions_;
  code_ledger& ledger_;
  std::uint64_t cursor_ = 0;
};

}  // namespace platform::code
