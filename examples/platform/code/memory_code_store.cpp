#include "code/code_store.hpp"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace platform::code {

namespace {

class memory_code_store final : public code_store {
public:
  fsm::expected<void> put(const digest& name, std::string bytes) override {
    auto made = std::make_shared<const std::string>(std::move(bytes));
    const std::lock_guard lock{mutex_};
    packages_.try_emplace(name, std::move(made));
    return {};
  }

  fsm::expected<std::string> get(const digest& name) const override {
    const auto found = find(name);
    if (found) return *found;
    return fsm::unexpected({.code = fsm::errc::not_found, .message = "there is no such package"});
  }

  bool contains(const digest& name) const override { return find(name) != nullptr; }

  fsm::expected<void> remove(const digest& name) override {
    const std::lock_guard lock{mutex_};
    packages_.erase(name);
    return {};
  }

  fsm::expected<std::vector<digest>> list() const override {
    const std::lock_guard lock{mutex_};
    std::vector<digest> result;
    for (const auto& [name, bytes] : packages_) result.push_back(name);
    return result;
  }

  fsm::expected<void> copy_to(const std::string& /*checkpoint*/) const override { return {}; }

private:
  [[nodiscard]] std::shared_ptr<const std::string> find(const digest& name) const {
    const std::lock_guard lock{mutex_};
    const auto found = packages_.find(name);
    return found == packages_.end() ? nullptr : found->second;
  }

  mutable std::mutex mutex_;
  std::unordered_map<digest, std::shared_ptr<const std::string>> packages_;
};

}  // namespace

std::unique_ptr<code_store> make_memory_code_store() {
  return std::make_unique<memory_code_store>();
}

}  // namespace platform::code
