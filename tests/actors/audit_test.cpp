#include "support/deterministic_runtime.hpp"

using namespace fsm::testing;
using fsm::attempt_token;
using fsm::errc;

namespace {

/// A provider that lists what it holds, and some things more.
class listing_provider final : public fsm::resource_provider {
public:
  explicit listing_provider(std::shared_ptr<scripted_provider> inner) : inner_{std::move(inner)} {}

  void provision(const fsm::provision_request& request, fsm::completion done) override {
    inner_->provision(request, std::move(done));
  }
  void release(const attempt_token& token, fsm::completion done) override {
    orphans.erase(token);
    inner_->release(token, std::move(done));
  }
  void held(attempt_token after, std::size_t limit, held_tokens done) override {
    std::set<attempt_token> all = inner_->held();
    all.insert(orphans.begin(), orphans.end());
    std::vector<attempt_token> page;
    for (auto at = all.upper_bound(after); at != all.end() && page.size() < limit; ++at)
      page.push_back(*at);
    done(std::move(page));
  }

  std::set<attempt_token> orphans;

private:
  std::shared_ptr<scripted_provider> inner_;
};

class audited : public deterministic_runtime {
public:
  const std::shared_ptr<listing_provider> lister = std::make_shared<listing_provider>(provider);
  audited() { how.provider = lister; }
};

}  // namespace

TEST_CASE_METHOD(audited, "an audit releases what nobody owns, and nothing else", "[audit]") {
  create_active("f");
  CHECK(update("f", "two") == errc::none);  // It holds its second attempt now.
  create_active("g");
  lister->orphans = {{1, 1}, {77, 3}};
  advance(how.provisioner.audit_interval + 1s);
  CHECK(lister->orphans.empty());
  CHECK(provider->held() == std::set<attempt_token>{{1, 2}, {2, 1}});
}

TEST_CASE_METHOD(audited, "an audit leaves alone what invocations of an old version run on",
                 "[audit]") {
  create_active("f");
  {
    const auto running = admit("f");
    CHECK(update("f", "two") == errc::none);
    advance(how.provisioner.audit_interval + 1s);
    CHECK(provider->held().contains(running.resource()));
  }
  settle();
  CHECK(provider->held() == std::set<attempt_token>{{1, 2}});
}

TEST_CASE_METHOD(audited, "an audit leaves an attempt under way alone", "[audit]") {
  provider->provisions(replies::later);
  CHECK(create("f") == errc::none);
  lister->orphans = {{1, 1}};  // Made already, but not yet answered.
  how.provisioner.audit_interval = 10min;
  advance(1min);
  CHECK(lister->orphans == std::set<attempt_token>{{1, 1}});
  lister->orphans.clear();
  provider->answer(0);
  settle();
}

TEST_CASE_METHOD(audited, "an audit releases what a failed attempt has made after all", "[audit]") {
  provider->provisions(replies::fails(fsm::reason_code::internal_error));
  CHECK(create("f") == errc::none);
  CHECK(pair_of("f") == pairs::broken);
  lister->orphans = {{1, 1}};  // It was behind its own release, and its answer is lost.
  advance(how.provisioner.audit_interval + 1s);
  CHECK(lister->orphans.empty());
}

namespace {

/// Holds very much.
class crowded_provider final : public fsm::resource_provider {
public:
  explicit crowded_provider(std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; ++n) all.insert(all.end(), {1'000 + n, 1});
  }
  void provision(const fsm::provision_request& /*request*/, fsm::completion done) override {
    done.succeeded();
  }
  void release(const attempt_token& token, fsm::completion done) override {
    all.erase(token);
    done.succeeded();
  }
  void held(attempt_token after, std::size_t limit, held_tokens done) override {
    ++asked;
    std::vector<attempt_token> page;
    for (auto at = all.upper_bound(after); at != all.end() && page.size() < limit; ++at)
      page.push_back(*at);
    done(std::move(page));
  }
  std::set<attempt_token> all;
  int asked = 0;
};

class listener final : public fsm::observer {
public:
  void on_audit(const fsm::audit_result& what) override { audits.push_back(what); }
  std::vector<fsm::audit_result> audits;
};

}  // namespace

TEST_CASE_METHOD(deterministic_runtime,
                 "an audit of more than one page ends, and says what it found", "[audit]") {
  const auto crowded = std::make_shared<crowded_provider>(20'000);
  const auto heard = std::make_shared<listener>();
  how.provider = crowded;
  how.observers.push_back(heard);
  settle();
  CHECK(crowded->asked == 2);
  CHECK(crowded->all.empty());
  REQUIRE(heard->audits.size() == 1);
  CHECK(heard->audits[0].held == 20'000);
  CHECK(heard->audits[0].orphans == 20'000);
  advance(how.provisioner.audit_interval);
  REQUIRE(heard->audits.size() == 2);
  CHECK(heard->audits[1].held == 0);
}

namespace {

/// Answers when a test says so, or says the same page again and again.
class odd_provider final : public fsm::resource_provider {
public:
  void provision(const fsm::provision_request& /*request*/, fsm::completion done) override {
    done.succeeded();
  }
  void release(const attempt_token& /*token*/, fsm::completion done) override {
    ++released;
    done.succeeded();
  }
  void held(attempt_token /*after*/, std::size_t limit, held_tokens done) override {
    asked.push_back(std::move(done));
    if (!answers.empty()) asked.back()(answers);
    CHECK(limit > 1);
  }
  std::vector<attempt_token> answers;
  std::vector<held_tokens> asked;
  int released = 0;
};

struct oddly_audited : deterministic_runtime {
  const std::shared_ptr<odd_provider> odd = std::make_shared<odd_provider>();
  const std::shared_ptr<listener> heard = std::make_shared<listener>();
  oddly_audited() {
    how.provider = odd;
    how.observers.push_back(heard);
  }
};

}  // namespace

TEST_CASE_METHOD(oddly_audited, "an audit of a provider that gets nowhere ends all the same",
                 "[audit]") {
  for (std::uint64_t n = 0; n < 16'384; ++n) odd->answers.push_back({1'000 + n, 1});
  settle();
  CHECK(odd->asked.size() == 2);
  REQUIRE(heard->audits.size() == 1);
  CHECK(heard->audits[0].held == 2 * 16'384);
  expect_broken();  // It holds what it says for ever.
}

TEST_CASE_METHOD(oddly_audited, "a provider that cannot list what it holds is not asked again",
                 "[audit]") {
  settle();
  REQUIRE(odd->asked.size() == 1);
  odd->asked[0](fsm::unexpected({errc::invalid_argument, "no list"}));
  advance(3 * how.provisioner.audit_interval);
  CHECK(odd->asked.size() == 1);
  CHECK(heard->audits.empty());
  expect_broken();
}

TEST_CASE_METHOD(oddly_audited, "what a provider answers late is for the audit that asked",
                 "[audit]") {
  settle();
  REQUIRE(odd->asked.size() == 1);
  const auto first = odd->asked[0];
  first(std::vector<attempt_token>{});
  settle();
  CHECK(heard->audits.size() == 1);
  advance(how.provisioner.audit_interval);
  REQUIRE(odd->asked.size() == 2);
  first(std::vector<attempt_token>{{77, 1}});
  settle();
  CHECK(odd->released == 0);
  CHECK(heard->audits.size() == 1);
  expect_broken();
  rt().stop();
  odd->asked[1](std::vector<attempt_token>{{77, 1}});
  settle();
  CHECK(odd->released == 0);
  CHECK(heard->audits.size() == 1);
}

TEST_CASE("what a provider answers after its runtime is gone harms nobody", "[audit]") {
  const auto odd = std::make_shared<odd_provider>();
  {
    fsm::runtime runtime{
        {.provider = odd, .clock = std::make_shared<fsm::manual_clock>(), .functions_max = 16}};
    runtime.settle();
  }
  REQUIRE(odd->asked.size() == 1);
  odd->asked[0](std::vector<attempt_token>{{77, 1}});
  CHECK(odd->released == 0);
}

TEST_CASE("there is no audit when nobody wants one", "[audit]") {
  const auto odd = std::make_shared<odd_provider>();
  const auto clock = std::make_shared<fsm::manual_clock>();
  fsm::options how{.provider = odd, .clock = clock, .functions_max = 16, .threads = 1};
  how.provisioner.audit_interval = {};
  fsm::runtime runtime{how};
  clock->advance(std::chrono::days{30});
  runtime.settle();
  CHECK(odd->asked.empty());
}
