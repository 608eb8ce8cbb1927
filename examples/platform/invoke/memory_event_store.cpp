#include "invoke/event_store.hpp"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace platform::invoke {

namespace {

class memory_event_store final : public event_store {
public:
  fsm::expected<std::vector<event>> load() override { return std::vector<event>{}; }

  void add(const event& what, std::string payload, kept done) override {
    {
      const std::lock_guard lock{mutex_};
      payloads_.emplace(what.id, std::move(payload));
    }
    done({});
  }

  void change(const event& /*what*/) override {}

  void remove(std::uint64_t id, kept done) override {
    {
      const std::lock_guard lock{mutex_};
      payloads_.erase(id);
    }
    done({});
  }

  fsm::expected<std::string> payload(std::uint64_t id) override {
    const std::lock_guard lock{mutex_};
    return payloads_.at(id);
  }

  fsm::expected<void> checkpoint(const std::string& /*name*/) override { return {}; }

private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::string> payloads_;
};

}  // namespace

std::unique_ptr<event_store> make_memory_event_store() {
  return std::make_unique<memory_event_store>();
}

}  // namespace platform::invoke
