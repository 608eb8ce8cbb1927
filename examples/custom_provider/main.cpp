// A resource provider of one's own: a subnet with two addresses, managed by a controller that works
// in the background on its own thread. A third function fails: the addresses have really run out.
#include <fsm/runtime.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

using namespace std::chrono_literals;

class subnet_controller final : public fsm::resource_provider {
public:
  // Both return at once: the work is put into the queue, and `done` travels with it.
  void provision(const fsm::provision_request& request, fsm::completion done) override {
    enqueue([this, request, done] {
      if (request.document == "slow" && request.try_number == 1) {
        std::cout << "  controller: no time for " << request.name << " just now\n";
        return done.transient("the controller is busy");  // The runtime asks again.
      }
      const auto address = take(request.token);
      if (!address) {
        return done.failed(fsm::reason_code::subnet_out_of_ip_addresses, "none is left");
      }
      std::cout << "  controller: " << *address << " is for " << request.name << '\n';
      done.succeeded();
    });
  }

  void release(const fsm::attempt_token& token, fsm::completion done) override {
    enqueue([this, token, done] {
      if (const auto address = give_back(token)) {
        std::cout << "  controller: " << *address << " is free again\n";
      }
      done.succeeded();  // Also when nothing was made for it.
    });
  }

  void wait_for_free(std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this, count] { return free_.size() >= count; });
  }

  std::string address_of(const fsm::attempt_token& token) {
    const std::lock_guard lock{mutex_};
    return taken_.at(token);
  }

private:
  std::optional<std::string> take(const fsm::attempt_token& token) {
    const std::lock_guard lock{mutex_};
    // The same token may be asked for again: the answer is what it has got already.
    if (const auto held = taken_.find(token); held != taken_.end()) return held->second;
    if (free_.empty()) return std::nullopt;
    return taken_.emplace(token, free_.extract(free_.begin()).value()).first->second;
  }

  std::optional<std::string> give_back(const fsm::attempt_token& token) {
    const std::lock_guard lock{mutex_};
    const auto held = taken_.extract(token);
    if (!held) return std::nullopt;
    changed_.notify_all();
    return *free_.insert(held.mapped()).first;
  }

  void enqueue(std::function<void()> job) {
    const std::lock_guard lock{mutex_};
    jobs_.push_back(std::move(job));
    changed_.notify_all();
  }

  void work(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (changed_.wait(lock, stop, [this] { return !jobs_.empty(); })) {
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> jobs_;
  std::set<std::string> free_{"10.0.0.1", "10.0.0.2"};
  std::map<fsm::attempt_token, std::string> taken_;
  std::jthread thread_{[this](const std::stop_token& stop) { work(stop); }};  // Uses the others.
};

void create(fsm::runtime& runtime, const std::string& name, const std::string& document = {}) {
  static_cast<void>(runtime.create({.name = name, .document = document}));
  // Ends as soon as the function is Active or can no longer become it.
  const bool active = runtime.wait(name, fsm::active, 10s).has_value();
  const auto now = runtime.get(name).value();
  std::cout << name << ": " << wire_name(now.state);
  if (!active) std::cout << ", " << wire_name(now.state_reason_code) << ": " << now.state_reason;
  std::cout << '\n';
}

int main() {
  const auto subnet = std::make_shared<subnet_controller>();
  fsm::runtime runtime{{.provider = subnet, .provisioner = {.backoff_min = 5ms}}};
  create(runtime, "resize");
  create(runtime, "rotate", "slow");
  create(runtime, "crop");
  if (const auto admission = runtime.admit("resize")) {
    std::cout << "resize runs at " << subnet->address_of(admission->resource()) << '\n';
  }
  for (const char* name : {"resize", "crop"}) static_cast<void>(runtime.remove(name));
  subnet->wait_for_free(1);
  create(runtime, "crop");
}
