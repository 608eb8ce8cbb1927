#include <fsm/name.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace fsm {

namespace {

constexpr std::string_view latest = "$LATEST";
constexpr std::string_view latest_published = "$LATEST.PUBLISHED";

/// An ARN with a qualifier has eight parts; one more shows that there are too many.
constexpr std::size_t parts_max = 9;

// ASCII only, whatever the locale.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
constexpr bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; }
constexpr bool is_dotted_word(char c) { return is_word(c) || c == '.'; }
constexpr bool is_qualifier_char(char c) { return is_word(c) || c == '$'; }
constexpr bool is_partition_char(char c) { return is_letter(c) || c == '-'; }
constexpr bool is_role_char(char c) {
  return is_letter(c) || is_digit(c) ||
         std::string_view{"_+=,.@-/"}.find(c) != std::string_view::npos;
}

template <class Predicate>
bool all(std::string_view text, Predicate allowed) {
  return std::all_of(text.begin(), text.end(), allowed);
}

/// A character as an error message shows it: itself if it prints, else its number.
std::string shown(char c) {
  if (c >= ' ' && c <= '~') return std::string{"'"} + c + "'";
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return std::string{"0x"} + digits[byte >> 4U] + digits[byte & 15U];
}

/// A part of the text as an error message shows it: in quotes, unprintable characters as '?', and
/// cut where it grows long.
std::string shown(std::string_view text) {
  constexpr std::size_t length_max = 80;
  std::string result{"'"};
  for (const char c : text.substr(0, length_max)) result += c >= ' ' && c <= '~' ? c : '?';
  return result + (text.size() > length_max ? "…'" : "'");
}

tl::unexpected<error> invalid(std::string message) {
  return unexpected({.code = errc::invalid_argument, .message = std::move(message)});
}

/// What is wrong with `text` if not all its characters are allowed, else nullopt.
template <class Predicate>
std::optional<std::string> bad_character(std::string_view text, std::string_view what,
                                         Predicate allowed, std::string_view allowed_words) {
  const auto found = std::find_if_not(text.begin(), text.end(), allowed);
  if (found == text.end()) return std::nullopt;
  return "character " + shown(*found) + " at position " + std::to_string(found - text.begin() + 1) +
         " of " + std::string{what} + " is not allowed (" + std::string{allowed_words} + ")";
}

std::optional<std::string> too_long(std::string_view text, std::string_view what,
                                    std::size_t length_max) {
  if (text.size() <= length_max) return std::nullopt;
  return std::string{what} + " is " + std::to_string(text.size()) + " characters long, at most " +
         std::to_string(length_max) + " are allowed";
}

bool is_account(std::string_view text) { return text.size() == 12 && all(text, is_digit); }

bool is_partition(std::string_view text) {
  return text.empty() || (text.starts_with("aws") && all(text, is_partition_char));
}

/// Takes the text up to the next `separator`, and the separator, off the front of `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

/// Two letters, maybe "gov" or "iso" with or without a letter, a word, a digit; "eusc" may lead.
bool is_region(std::string_view text) {
  if (text.starts_with("eusc-")) text.remove_prefix(5);
  const auto is_country = [](std::string_view part) {
    return part.size() == 2 && all(part, is_lower);
  };
  const auto is_special = [](std::string_view part) {
    return part == "gov" || part == "iso" ||
           (part.size() == 4 && part.starts_with("iso") && is_lower(part.back()));
  };
  const auto is_end = [](std::string_view word, std::string_view number) {
    return !word.empty() && all(word, is_lower) && number.size() == 1 && is_digit(number[0]);
  };
  if (text.empty() || text.back() == '-') return false;  // take_until does not show an empty end.
  if (!is_country(take_until(text, '-'))) return false;
  const auto second = take_until(text, '-');
  const auto third = take_until(text, '-');
  if (text.empty()) return is_end(second, third);
  const auto fourth = take_until(text, '-');
  return text.empty() && is_special(second) && is_end(third, fourth);
}

bool is_latest(std::string_view text, name_rule rule) {
  return text == latest || (rule == name_rule::lookup && text == latest_published);
}

/// The parts of a text between its colons, at most `parts_max` of them.
class colon_parts {
public:
  explicit colon_parts(std::string_view text) {
    for (std::size_t start = 0; size_ < parts_max;) {
      const auto end = std::min(text.find(':', start), text.size());
      parts_[size_++] = text.substr(start, end - start);
      if (end == text.size()) return;
      start = end + 1;
    }
  }

  [[nodiscard]] std::span<const std::string_view> all() const { return {parts_.data(), size_}; }

private:
  std::array<std::string_view, parts_max> parts_{};
  std::size_t size_ = 0;
};

using parts = std::span<const std::string_view>;

/// Reads partition, service, region and account off the front of an ARN's parts.
std::optional<std::string> read_arn_head(parts& rest, function_ref& ref) {
  if (rest.size() < 6) return "the ARN ends before the function name";
  if (!is_partition(rest[1])) {
    return "the partition " + shown(rest[1]) + " of the ARN is not 'aws' or one of its kind";
  }
  if (rest[2] != "lambda") {
    return "the ARN is of the service " + shown(rest[2]) + ", not of 'lambda'";
  }
  if (!is_region(rest[3])) {
    return "the region " + shown(rest[3]) + " of the ARN is not of the form 'eu-central-1'";
  }
  if (!is_account(rest[4])) {
    return "the account " + shown(rest[4]) + " of the ARN is not made of 12 digits";
  }
  ref.partition = rest[1];
  ref.region = rest[3];
  ref.account = rest[4];
  rest = rest.subspan(5);
  return std::nullopt;
}

/// Reads what may stand before a bare name, each part once and in this order, off the front. Takes
/// nothing that must be the name itself: the last part, or the one before a final `$LATEST`.
void read_prefixes(parts& rest, function_ref& ref, name_rule rule, bool in_arn) {
  const auto more = [&] {
    return rest.size() > 1 && !(rest.size() == 2 && is_latest(rest[1], rule));
  };
  const auto take = [&] {
    const auto part = rest.front();
    rest = rest.subspan(1);
    return part;
  };
  if (!in_arn && more() && is_region(rest.front())) ref.region = take();
  if (!in_arn && more() && is_account(rest.front())) ref.account = take();
  if (more() && rest.front() == "function") take();
}

std::optional<std::string> check_name(std::string_view name, name_rule rule) {
  if (name.empty()) return "the function name is empty";
  constexpr std::string_view what = "the function name";
  return rule == name_rule::create
             ? bad_character(name, what, is_word, "letters, digits, '-' and '_'")
             : bad_character(name, what, is_dotted_word, "letters, digits, '-', '_' and '.'");
}

std::optional<std::string> check_attached_qualifier(std::string_view text, name_rule rule) {
  if (text.empty()) return "the qualifier after the function name is empty";
  if (is_latest(text, rule)) return std::nullopt;
  return bad_character(text, "the qualifier", is_word,
                       rule == name_rule::create
                           ? "letters, digits, '-' and '_', or the whole is $LATEST"
                           : "letters, digits, '-' and '_', or the whole is $LATEST or "
                             "$LATEST.PUBLISHED");
}

/// Fills `ref` from `text`, lengths aside. Returns what is wrong, or nullopt.
std::optional<std::string> read(std::string_view text, name_rule rule, function_ref& ref) {
  const colon_parts split{text};
  auto rest = split.all();
  const bool in_arn = rest.size() > 1 && rest.front() == "arn";
  // "arn:q" by itself is a function called arn, as in the service's own pattern.
  const bool is_short = rest.size() == 2;
  if (in_arn && !is_short) {
    if (auto wrong = read_arn_head(rest, ref)) return wrong;
  }
  read_prefixes(rest, ref, rule, in_arn);
  if (auto wrong = check_name(rest[0], rule)) return wrong;
  if (rest.size() > 2) {
    return "nothing may follow the name " + shown(rest[0]) + " but one qualifier, found " +
           shown(rest[1]) + " and " + shown(rest[2]);
  }
  ref.name = rest[0];
  if (rest.size() == 1) return std::nullopt;
  if (auto wrong = check_attached_qualifier(rest[1], rule)) return wrong;
  ref.qualifier = rest[1];
  return std::nullopt;
}

std::optional<std::string> check_qualifier(std::string_view text) {
  if (text.empty()) return "the qualifier is empty";
  if (text == latest_published) return std::nullopt;
  return bad_character(text, "the qualifier", is_qualifier_char,
                       "letters, digits, '-', '_' and '$', or the whole is $LATEST.PUBLISHED");
}

}  // namespace

bool is_function_name(std::string_view text) noexcept {
  static constexpr auto allowed = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 128; ++c) table[c] = is_word(static_cast<char>(c));
    return table;
  }();
  if (text.empty() || text.size() > function_name_length_max) return false;
  bool good = true;
  for (const char c : text) good = good && allowed[static_cast<unsigned char>(c)];
  return good;
}

std::string versioned_name(std::string_view function, std::uint32_t version) {
  std::string result{function};
  result.append(":").append(std::to_string(version));
  return result;
}

std::optional<versioned_name_parts> split_versioned_name(std::string_view text) noexcept {
  const auto colon = text.find(':');
  const std::string_view function = text.substr(0, colon);
  if (!is_function_name(function)) return std::nullopt;
  if (colon == std::string_view::npos) return versioned_name_parts{function, 0};
  const std::string_view digits = text.substr(colon + 1);
  std::uint32_t version = 0;
  const auto [rest, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), version);
  const bool whole = problem == std::errc{} && rest == digits.data() + digits.size();
  if (!whole || version == 0 || digits.front() == '0') return std::nullopt;
  return versioned_name_parts{function, version};
}

expected<function_ref> parse_function_ref(std::string_view text, name_rule rule) {
  const bool create = rule == name_rule::create;
  if (auto wrong = too_long(text, "the text that names the function",
                            create ? create_text_length_max : lookup_text_length_max)) {
    return invalid(*std::move(wrong));
  }
  function_ref ref;
  if (auto wrong = read(text, rule, ref)) return invalid(*std::move(wrong));
  if (create) {
    if (auto wrong = too_long(ref.name, "the function name", function_name_length_max)) {
      return invalid(*std::move(wrong));
    }
  }
  return ref;
}

bool matches_name_pattern(std::string_view text, name_rule rule) {
  function_ref ref;
  return !read(text, rule, ref).has_value();
}

expected<std::string> parse_qualifier(std::string_view text) {
  if (auto wrong = too_long(text, "the qualifier", qualifier_length_max)) {
    return invalid(*std::move(wrong));
  }
  if (auto wrong = check_qualifier(text)) return invalid(*std::move(wrong));
  return std::string{text};
}

bool matches_qualifier_pattern(std::string_view text) { return !check_qualifier(text).has_value(); }

expected<function_ref> resolve(function_ref ref, std::string_view explicit_qualifier) {
  if (explicit_qualifier.empty() || ref.qualifier == explicit_qualifier) return ref;
  if (!ref.qualifier.empty()) {
    return invalid(
        "The derived qualifier from the function name does not match the specified qualifier.");
  }
  ref.qualifier = explicit_qualifier;
  return ref;
}

std::string arn(std::string_view partition, std::string_view region, std::string_view account,
                std::string_view name, std::string_view qualifier) {
  std::string result{"arn:"};
  result.append(partition.empty() ? "aws" : partition).append(":lambda:").append(region);
  result.append(":").append(account).append(":function:").append(name);
  if (!qualifier.empty()) result.append(":").append(qualifier);
  return result;
}

std::string arn(const function_ref& ref) {
  return arn(ref.partition, ref.region, ref.account, ref.name, ref.qualifier);
}

bool valid_role_arn(std::string_view text) {
  if (text.size() > role_arn_length_max || !text.starts_with("arn:")) return false;
  text.remove_prefix(4);
  if (!is_partition(take_until(text, ':')) || take_until(text, ':') != "iam") return false;
  if (!take_until(text, ':').empty() || !is_account(take_until(text, ':'))) return false;
  if (!text.starts_with("role")) return false;
  text.remove_prefix(4);
  return !text.empty() && all(text, is_role_char);
}

}  // namespace fsm
