#include "disk_model.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace fsm::testing {

namespace fs = std::filesystem;

namespace {

void copy_bytes(const disk_node& file, const fs::path& to, unsynced what, std::mt19937_64& random) {
  std::uint64_t kept = what == unsynced::kept ? file.size : file.synced;
  const bool torn = what == unsynced::torn || what == unsynced::zeroed;
  if (torn && file.size > file.synced) {
    kept = std::uniform_int_distribution<std::uint64_t>{file.synced, file.size}(random);
  }
  fs::copy_file(file.bytes, to);
  fs::resize_file(to, kept);
  if (what == unsynced::zeroed) fs::resize_file(to, std::max(file.size, kept));
}

disk_node::entries entries_of(const disk_node& directory, unsynced what, std::mt19937_64& random) {
  if (what == unsynced::kept) return directory.now;
  disk_node::entries some = directory.durable;
  if (what == unsynced::lost) return some;
  std::size_t count = std::uniform_int_distribution<std::size_t>{0, directory.steps.size()}(random);
  for (const auto& step : directory.steps) {
    if (count-- == 0) break;
    for (const auto& [name, node] : step) some[name] = node;
  }
  return some;
}

void copy_directory(const disk_node& directory, const fs::path& to, unsynced what,
                    std::mt19937_64& random) {
  fs::create_directory(to);
  for (const auto& [name, node] : entries_of(directory, what, random)) {
    if (node == nullptr) continue;
    if (node->is_directory) {
      copy_directory(*node, to / name, what, random);
    } else {
      copy_bytes(*node, to / name, what, random);
    }
  }
}

}  // namespace

disk_model::disk_model(fs::path root) : root_{std::move(root)}, shadow_{root_} {
  shadow_ += ".shadow";
  fs::create_directory(shadow_);
  top_->is_directory = true;
  adopt_children(*top_, root_);
}

disk_model::~disk_model() {
  std::error_code ignored;
  fs::remove_all(shadow_, ignored);
}

bool disk_model::covers(const fs::path& path) const {
  const auto [root_end, at] = std::mismatch(root_.begin(), root_.end(), path.begin(), path.end());
  return root_end == root_.end();
}

std::string disk_model::name_of(const fs::path& path) const {
  return covers(path) ? path.lexically_relative(root_).string() : path.string();
}

std::shared_ptr<disk_node> disk_model::created_file(const fs::path& path) {
  auto file = std::make_shared<disk_node>();
  file->bytes = shadow_ / std::to_string(++files_);
  fs::create_hard_link(path, file->bytes);
  enter(path, file);
  return file;
}

std::shared_ptr<disk_node> disk_model::existing_file(const fs::path& path) {
  if (auto known = find(path)) return known;
  return adopt(path);
}

void disk_model::created_directory(const fs::path& path) {
  auto made = std::make_shared<disk_node>();
  made->is_directory = true;
  enter(path, std::move(made));
}

void disk_model::removed(const fs::path& path) {
  if (find(path) != nullptr) enter(path, nullptr);
}

void disk_model::renamed(const fs::path& from, const fs::path& to) {
  auto node = find(from);
  if (node == nullptr) {
    removed(to);
    return;
  }
  if (from.parent_path() == to.parent_path()) {
    disk_node& parent = directory(from.parent_path());
    parent.now.erase(from.filename());
    parent.now[to.filename()] = node;
    parent.steps.push_back({{from.filename(), nullptr}, {to.filename(), node}});
    return;
  }
  enter(to, node);
  enter(from, nullptr);
}

void disk_model::linked(const fs::path& from, const fs::path& to) {
  enter(to, existing_file(from));
}

void disk_model::grew(disk_node& file, std::uint64_t size) {
  file.size = std::max(file.size, size);
}

void disk_model::truncated(disk_node& file, std::uint64_t size) {
  file.size = size;
  file.synced = std::min(file.synced, size);
}

void disk_model::synced(disk_node& file) { file.synced = file.size; }

void disk_model::synced_directory(const fs::path& path) {
  disk_node& which = directory(path);
  which.durable = which.now;
  which.steps.clear();
}

void disk_model::copy(const fs::path& to, unsynced what, std::uint64_t seed) const {
  std::mt19937_64 random{seed};
  copy_directory(*top_, to, what, random);
}

std::shared_ptr<disk_node> disk_model::find(const fs::path& path) const {
  std::shared_ptr<disk_node> at = top_;
  for (const fs::path& part : path.lexically_relative(root_)) {
    if (part == ".") continue;
    const auto found = at->now.find(part);
    if (found == at->now.end()) return nullptr;
    at = found->second;
  }
  return at;
}

disk_node& disk_model::directory(const fs::path& path) {
  auto found = find(path);
  if (found == nullptr) found = adopt(path);
  if (!found->is_directory) throw std::logic_error{path.string() + " is no directory"};
  return *found;
}

std::shared_ptr<disk_node> disk_model::adopt(const fs::path& path) {
  auto node = std::make_shared<disk_node>();
  disk_node& parent = directory(path.parent_path());
  parent.now[path.filename()] = node;
  parent.durable[path.filename()] = node;
  if (fs::is_directory(path)) {
    node->is_directory = true;
    adopt_children(*node, path);
  } else {
    node->bytes = shadow_ / std::to_string(++files_);
    fs::create_hard_link(path, node->bytes);
    node->size = node->synced = fs::file_size(path);
  }
  return node;
}

void disk_model::adopt_children(disk_node& into, const fs::path& path) {
  for (const auto& entry : fs::directory_iterator{path}) {
    if (entry.is_regular_file() || entry.is_directory()) {
      if (!into.now.contains(entry.path().filename())) {
        static_cast<void>(adopt(entry.path()));
      }
    }
  }
}

void disk_model::enter(const fs::path& path, std::shared_ptr<disk_node> node) {
  const bool adopted = find(path.parent_path()) == nullptr;
  disk_node& parent = directory(path.parent_path());
  if (adopted) parent.durable.erase(path.filename());  // It was not there before this.
  if (node == nullptr) {
    parent.now.erase(path.filename());
  } else {
    parent.now[path.filename()] = node;
  }
  parent.steps.push_back({{path.filename(), std::move(node)}});
}

}  // namespace fsm::testing
