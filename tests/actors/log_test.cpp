#include "support/deterministic_runtime.hpp"

#include <catch2/matchers/catch_matchers_string.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>
#include <stdexcept>

// What somebody who runs a runtime reads in its log.

using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::attempt_token;
using fsm::errc;

namespace {

/// Outlives the runtime that writes into it.
struct log_text {
  std::ostringstream text_;
};

class logged : private log_text, public deterministic_runtime {
public:
  logged() {
    how.log = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
    how.log->set_pattern("%l %v");
  }
  [[nodiscard]] std::string text() const { return text_.str(); }
  [[nodiscard]] std::size_t count(std::string_view line) const {
    const std::string all = text();
    std::size_t found = 0;
    for (auto at = all.find(line); at != std::string::npos; at = all.find(line, at + 1)) ++found;
    return found;
  }
};

/// Cannot say what it holds, in one way or another.
class forgetful_provider final : public fsm::resource_provider {
public:
  void provision(const fsm::provision_request& /*request*/, fsm::completion done) override {
    done.succeeded();
  }
  void release(const attempt_token& /*token*/, fsm::completion done) override { done.succeeded(); }
  void held(attempt_token /*after*/, std::size_t /*limit*/, held_tokens done) override {
    ++asked;
    if (throws) throw std::runtime_error{"no network"};
    if (!found.empty()) return done(found);
    done(fsm::unexpected({errc::internal, "the list is\nlost"}));
  }
  std::vector<attempt_token> found;
  bool throws = false;
  int asked = 0;
};

}  // namespace

TEST_CASE_METHOD(logged, "the log says when a runtime started, on what, and that it stopped",
                 "[log]") {
  create_active("f");
  CHECK(text() == "info runtime started epoch=1 threads=1 functions=0\n");
  rt().stop();
  CHECK_THAT(text(), ContainsSubstring("info runtime stopped\n"));
  rt().stop();
  CHECK(count("runtime stopped") == 1);
}

TEST_CASE_METHOD(logged, "tries that are lost are logged; of a release the 1st, 2nd, 4th and so on",
                 "[log]") {
  create_active("f");
  provider->releases(replies::later);
  CHECK(remove("f") == errc::none);
  advance(how.provisioner.attempt_timeout + 1s);
  CHECK(count("warning try lost kind=release uid=1 attempt=1 tries=1\n") == 1);
  advance(24h);
  CHECK(count("tries=2\n") == 1);
  CHECK(count("tries=3\n") == 0);
  CHECK(count("tries=16\n") == 1);
  provider->next_provisions({replies::later});
  CHECK(create("g") == errc::none);
  advance(how.provisioner.attempt_timeout + 1s);
  CHECK(count("warning try lost kind=provision uid=2 attempt=1 tries=1\n") == 1);
}

TEST_CASE_METHOD(logged, "an observer that throws is logged, and the others are told all the same",
                 "[log]") {
  struct throwing final : fsm::observer {
    void on_transition(const fsm::transition& /*what*/) override { throw 1; }
  };
  how.observers.insert(how.observers.begin(), std::make_shared<throwing>());
  create_active("f");
  CHECK(count("error an observer threw an exception\n") == 2);
  CHECK(seen->transitions().size() == 2);
}

TEST_CASE_METHOD(logged, "a store that fails is logged with its reason", "[log]") {
  create_active("f");
  store->hold();
  caught_view got;
  rt().create({.name = "g"}, got.callback());
  settle_before_commit();
  expect_broken();
  store->fail();
  settle();
  CHECK(code(got.last()) == errc::outcome_unknown);
  CHECK(count("error the store failed; nothing more is written reason=\"the disk is gone\"\n") ==
        1);
}

TEST_CASE_METHOD(logged, "a store that does not answer before the stop is logged", "[log]") {
  create_active("f");
  store->hold();
  caught_view got;
  rt().create({.name = "g"}, got.callback());
  settle_before_commit();
  expect_broken();
  rt().stop(1ms);
  CHECK(code(got.last()) == errc::outcome_unknown);
  CHECK(count("error the store did not answer before the stop\n") == 1);
  store->let_through();  // Too late: nobody waits for it any more.
  CHECK(got.count() == 1);
}

TEST_CASE_METHOD(logged, "an audit that cannot be made is logged, and tried again", "[log]") {
  const auto forgetful = std::make_shared<forgetful_provider>();
  how.provider = forgetful;
  settle();
  CHECK(count("warning audit given up reason=\"the list is\\nlost\"\n") == 1);
  forgetful->throws = true;
  advance(how.provisioner.audit_interval);
  CHECK(count("reason=\"the resource provider threw an exception\"\n") == 1);
  CHECK(forgetful->asked == 2);
}

TEST_CASE_METHOD(logged, "an audit that releases something is logged, one that does not is not",
                 "[log]") {
  const auto forgetful = std::make_shared<forgetful_provider>();
  how.provider = forgetful;
  create_active("f");
  forgetful->found = {{1, 1}};
  advance(how.provisioner.audit_interval);
  CHECK(count("audit released") == 0);
  forgetful->found = {{1, 1}, {77, 3}, {78, 1}};
  advance(how.provisioner.audit_interval);
  CHECK(count("warning audit released what nobody owns held=3 orphans=2\n") == 1);
  expect_broken();  // It says the same for ever.
}
