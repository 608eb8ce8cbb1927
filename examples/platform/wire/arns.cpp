#include "wire/arns.hpp"

#include <fsm/name.hpp>

#include <algorithm>
#include <array>

namespace platform::wire {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

constexpr std::size_t head_parts = 5;

bool is_region(std::string_view text) {
  const auto in_use = fsm::arn("aws", text, "000000000000", "f");
  return fsm::parse_function_ref(in_use, fsm::name_rule::create).has_value();
}

// What is before the resource: "arn", partition, service, region and account.
std::array<std::string_view, head_parts> head_of(std::string_view text) {
  std::array<std::string_view, head_parts> result;
  for (auto& part : result) {
    const auto end = text.find(':');
    if (end == std::string_view::npos) return {};
    part = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  return result;
}

}  // namespace

bool is_arn(std::string_view text) {
  const auto [arn, partition, service, region, account] = head_of(text);
  const auto all_words = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), is_word);
  };
  const bool one_line = text.find('\n') == std::string_view::npos;
  return arn == "arn" && partition.starts_with("aws") && all_words(partition) && one_line &&
         !service.empty() && all_words(service) && (region.empty() || is_region(region)) &&
         (account.empty() || is_account(account));
}

std::string_view service_of(std::string_view arn) noexcept { return head_of(arn)[2]; }

std::string_view account_of(std::string_view arn) noexcept { return head_of(arn)[4]; }

bool is_account(std::string_view text) noexcept {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace platform::wire
