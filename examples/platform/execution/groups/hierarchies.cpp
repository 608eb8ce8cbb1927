#include "execution/groups/hierarchies.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace platform::execution {

namespace {

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> result;
  while (true) {
    const auto first = text.find_first_not_of(separators);
    if (first == std::string_view::npos) return result;
    text.remove_prefix(first);
    const auto end = std::min(text.find_first_of(separators), text.size());
    result.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

// Blanks and some others are written as a backslash and three octal digits.
std::string unescaped(const std::string& text) {
  std::string result;
  const auto is_octal = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 3 < text.size() && is_octal(i + 1) &&
                         is_octal(i + 2) && is_octal(i + 3);
    if (escaped) {
      result.push_back(static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8)));
      i += 3;
    } else {
      result.push_back(text[i]);
    }
  }
  return result;
}

struct mount {
  bool unified;
  std::string root;  // The group that is at its top.
  std::string place;
  std::vector<std::string> options;  // Of the hierarchy: its controllers are among them.
};

// "35 31 0:32 /a /sys/fs/cgroup/memory rw,relatime shared:1 - cgroup cgroup rw,memory": there may
// be any number of words before the dash.
std::optional<mount> read_mount(const std::string& line) {
  const auto words = split(line, " ");
  const auto dash = std::find(words.begin(), words.end(), "-");
  if (dash - words.begin() < 6 || words.end() - dash < 4) return std::nullopt;
  const auto& kind = dash[1];
  if (kind != "cgroup" && kind != "cgroup2") return std::nullopt;
  return mount{kind == "cgroup2", unescaped(words[3]), unescaped(words[4]), split(dash[3], ",")};
}

// "4:memory:/a/b"; of the unified one "0::/a/b".
struct membership {
  std::vector<std::string> controllers;
  bool unified;
  std::string path;
};

std::optional<membership> read_membership(const std::string& line) {
  const auto first = line.find(':');
  const auto second = first == std::string::npos ? first : line.find(':', first + 1);
  if (second == std::string::npos) return std::nullopt;
  const auto names = line.substr(first + 1, second - first - 1);
  return membership{split(names, ","), line.starts_with("0::"), line.substr(second + 1)};
}

bool belongs(const membership& what, const mount& where) {
  if (what.unified || where.unified) return what.unified && where.unified;
  return !what.controllers.empty() &&
         std::all_of(what.controllers.begin(), what.controllers.end(),
                     [&](const auto& each) { return has(where.options, each); });
}

// Nothing if the group is not below what is mounted: it is another container's, say.
std::optional<std::filesystem::path> place_in(const mount& where, const std::string& path) {
  if (path.starts_with("/..")) return std::nullopt;
  const auto root = where.root == "/" ? std::string{} : where.root;
  if (!path.starts_with(root)) return std::nullopt;
  auto rest = path.substr(root.size());
  if (!rest.empty() && rest.front() != '/') return std::nullopt;
  while (rest.ends_with('/')) rest.pop_back();
  return where.place + rest;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) { return split(text, " \t\n"); }

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> lines_of(std::string_view text) { return split(text, "\n"); }

std::vector<hierarchy> find_hierarchies(std::string_view mounts, std::string_view memberships) {
  std::vector<membership> member_of;
  for (const auto& line : lines_of(memberships)) {
    if (auto found = read_membership(line)) member_of.push_back(*std::move(found));
  }
  std::vector<hierarchy> result;
  for (const auto& line : lines_of(mounts)) {
    const auto where = read_mount(line);
    if (!where) continue;
    for (const auto& each : member_of) {
      auto own = belongs(each, *where) ? place_in(*where, each.path) : std::nullopt;
      if (own) result.push_back({each.unified, each.controllers, *std::move(own)});
    }
  }
  return result;
}

}  // namespace platform::execution
