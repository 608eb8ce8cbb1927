#include "support/forwarding_store.hpp"
#include <fsm/runtime.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

namespace {

struct mistake {
  std::string field;
  std::function<void(fsm::options&)> make;
};

const std::vector<mistake>& mistakes() {
  static const std::vector<mistake> all{
      {"idle_after", [](auto& o) { o.idle_after = 0ms; }},
      {"idle_after", [](auto& o) { o.idle_after = std::chrono::days{3650} + 1ms; }},
      {"admission_timeout", [](auto& o) { o.admission_timeout = 0ms; }},
      {"provisioner.in_flight_max", [](auto& o) { o.provisioner.in_flight_max = 0; }},
      {"provisioner.queued_max", [](auto& o) { o.provisioner.queued_max = 0; }},
      {"provisioner.attempts_max", [](auto& o) { o.provisioner.attempts_max = 0; }},
      {"provisioner.attempts_max", [](auto& o) { o.provisioner.attempts_max = 101; }},
      {"provisioner.attempt_timeout", [](auto& o) { o.provisioner.attempt_timeout = 0ms; }},
      {"provisioner.provision_deadline", [](auto& o) { o.provisioner.provision_deadline = 99s; }},
      {"provisioner.provision_deadline", [](auto& o) { o.provisioner.provision_deadline = 6min; }},
      {"provisioner.backoff_min", [](auto& o) { o.provisioner.backoff_min = 0ms; }},
      {"provisioner.backoff_max", [](auto& o) { o.provisioner.backoff_max = 199ms; }},
      {"functions_max", [](auto& o) { o.functions_max = 0; }},
      {"functions_max", [](auto& o) { o.functions_max = (std::size_t{1} << 26U) + 1; }},
      {"journal_max", [](auto& o) { o.journal_max = 15; }},
      {"calls_max", [](auto& o) { o.calls_max = 0; }},
      {"waiters_max", [](auto& o) { o.waiters_max = 0; }},
      {"tenant_share", [](auto& o) { o.tenant_share = 1001; }},
      {"threads", [](auto& o) { o.threads = 1025; }},
      {"hold_max", [](auto& o) { o.hold_max = 0ms; }},
      {"observers[1]",
       [](auto& o) {
         o.observers = {std::make_shared<fsm::observer>(), nullptr};
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("the default options are valid", "[options]") { CHECK(fsm::validate({}).has_value()); }

TEST_CASE("the limits of every option are valid themselves", "[options]") {
  fsm::options low;
  low.idle_after = 1ms;
  low.admission_timeout = 1ms;
  low.provisioner = {.in_flight_max = 1,
                     .queued_max = 1,
                     .attempts_max = 1,
                     .attempt_timeout = 1ms,
                     .provision_deadline = 1ms,
                     .backoff_min = 1ms,
                     .backoff_max = 1ms};
  low.functions_max = 1;
  low.journal_max = 16;
  low.calls_max = 1;
  low.waiters_max = 1;
  low.tenant_share = 0;
  low.threads = 0;
  low.hold_max = 1ms;
  CHECK(fsm::validate(low).has_value());

  fsm::options high;
  high.idle_after = std::chrono::days{3650};
  high.provisioner.attempts_max = 100;
  high.provisioner.provision_deadline = 6min - 1ms;
  high.functions_max = std::size_t{1} << 26U;
  high.tenant_share = 1000;
  high.threads = 1024;
  CHECK(fsm::validate(high).has_value());
}

TEST_CASE("an option that breaks its rule is refused by name", "[options]") {
  for (const mistake& wrong : mistakes()) {
    fsm::options how;
    wrong.make(how);
    const auto result = fsm::validate(how);
    INFO(wrong.field);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == fsm::errc::invalid_argument);
    CHECK_THAT(result.error().message, StartsWith(wrong.field + " is "));
  }
}

TEST_CASE("of several broken options the first one is reported", "[options]") {
  fsm::options how;
  how.hold_max = 0ms;
  how.idle_after = 0ms;
  CHECK_THAT(fsm::validate(how).error().message, StartsWith("idle_after is 0 ms"));
}

TEST_CASE("a runtime does not start with a broken option", "[options]") {
  for (const mistake& wrong : mistakes()) {
    fsm::options how;
    wrong.make(how);
    INFO(wrong.field);
    const auto started = fsm::runtime::start(how);
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().code == fsm::errc::invalid_argument);
    CHECK_THROWS_AS(fsm::runtime{how}, std::invalid_argument);
  }
}

namespace {

/// A store that cannot be opened.
class closed_store final : public fsm::testing::forwarding_store {
public:
  fsm::expected<opened> open() override {
    return fsm::unexpected({fsm::errc::internal, "no such directory"});
  }
};

}  // namespace

TEST_CASE("a runtime does not start when its store cannot be opened", "[options]") {
  fsm::options how;
  how.store = std::make_shared<closed_store>();
  how.functions_max = 16;
  const auto started = fsm::runtime::start(how);
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().message == "no such directory");
  CHECK_THROWS_AS(fsm::runtime{how}, std::runtime_error);
}
