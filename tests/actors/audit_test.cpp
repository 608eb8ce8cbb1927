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
