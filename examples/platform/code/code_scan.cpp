#include "code/code_scan.hpp"

namespace platform::code {

namespace {

constexpr std::size_t page = 100;

}  // namespace

fsm::expected<bool> code_scan::next_page() {
  const auto listed =
      functions_.list({.pairs = {}, .prefix = {}, .limit = page, .cursor = cursor_});
  if (!listed) return fsm::unexpected(listed.error());
  for (const auto& each : listed->functions) {
    if (ledger_.expect(each)) static_cast<void>(look_up(each.uid, each.name));
  }
  cursor_ = listed->cursor;
  return cursor_ == 0;
}

bool code_scan::look_up_unknown() {
  bool any = false;
  for (const auto& each : ledger_.unknown(page)) any = look_up(each.uid, each.name) || any;
  return any;
}

// Who cannot be looked up now stays unknown, and is looked up again.
bool code_scan::look_up(std::uint64_t uid, const std::string& name) {
  const auto found = functions_.get(name);
  const bool gone = found ? found->uid != uid : found.error().code == fsm::errc::not_found;
  if (gone) ledger_.forget(uid);
  if (found && !gone) ledger_.note(*found, package_of(found->document));
  return gone || found;
}

}  // namespace platform::code
