#include "support/deterministic_runtime.hpp"

#include <functional>
#include <string>

// What a store cannot give is told to who asked for it, and to nobody else.

using namespace fsm::testing;
using fsm::errc;
using fsm::reason_code;

namespace {

/// A store of which something cannot be read.
class unreadable_store final : public forwarding_store {
public:
  using forwarding_store::forwarding_store;

  errc document = errc::none;
  bool metadata = false;
  bool reasons = false;
  bool history_fails = false;

  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(fsm::expected<std::string>)> done) override {
    if (document != errc::none) return done(fsm::unexpected({document, "no document"}));
    forwarding_store::read_document(uid, version, std::move(done));
  }
  void read_metadata(std::uint64_t uid,
                     std::function<void(fsm::expected<std::string>)> done) override {
    if (metadata) return done(fsm::unexpected({errc::internal, "no metadata"}));
    forwarding_store::read_metadata(uid, std::move(done));
  }
  void read_reasons(std::uint64_t uid,
                    std::function<void(fsm::expected<fsm::reason_texts>)> done) override {
    if (reasons) return done(fsm::unexpected({errc::internal, "no reasons"}));
    forwarding_store::read_reasons(uid, std::move(done));
  }
  void read_history(
      std::uint64_t uid,
      std::function<void(fsm::expected<std::vector<fsm::transition>>)> done) override {
    if (history_fails) return done(fsm::unexpected({errc::internal, "no history"}));
    forwarding_store::read_history(uid, std::move(done));
  }
};

struct unreadable : deterministic_runtime {
  const std::shared_ptr<unreadable_store> reads = std::make_shared<unreadable_store>(store);
  unreadable() { how.store = reads; }

  template <class T>
  static std::string problem(const fsm::expected<T>& what) {
    return what ? "none" : what.error().message;
  }
  /// What a call gives its caller, and a callback.
  void check_get(const std::string& name, const std::string& expected) {
    CHECK(problem(rt().get(name)) == expected);
    const caught_view then;
    rt().get(name, then.callback());
    settle();
    CHECK(then.count() == 1);
    CHECK(problem(then.last()) == expected);
  }
};

}  // namespace

TEST_CASE_METHOD(unreadable, "a document or metadata that cannot be read is told", "[store]") {
  create_active("f");
  reads->document = errc::internal;
  check_get("f", "no document");
  reads->document = errc::none;
  reads->metadata = true;
  check_get("f", "no metadata");
  // They are not asked for here.
  CHECK(rt().list({.with_details = true})->functions.size() == 1);
  CHECK(rt().explain("f").has_value());
  reads->metadata = false;
  check_get("f", "none");
}

TEST_CASE_METHOD(unreadable, "a reason that cannot be read is told, where there may be one",
                 "[store]") {
  create_active("calm");
  provider->next_provisions({replies::fails(reason_code::invalid_image, "mine")});
  CHECK(create("failed") == errc::none);
  create_active("update");
  provider->next_provisions({replies::fails(reason_code::invalid_subnet, "mine, too")});
  CHECK(update("update") == errc::none);
  CHECK(view("failed").state_reason == "mine");
  CHECK(view("update").update_reason == "mine, too");
  reads->reasons = true;
  check_get("calm", "none");
  check_get("failed", "no reasons");
  check_get("update", "no reasons");
  CHECK(problem(rt().explain("failed")) == "no reasons");
  CHECK(problem(rt().list({.with_details = true})) == "no reasons");
  const caught_view waited;
  rt().wait("failed", fsm::failed, 1h, waited.callback()).detach();
  settle();
  CHECK(problem(waited.last()) == "no reasons");
  CHECK(problem(rt().wait("failed", fsm::failed, 1h)) == "no reasons");
}

TEST_CASE_METHOD(unreadable, "a history that cannot be read is told", "[store]") {
  create_active("f");
  reads->history_fails = true;
  CHECK(problem(rt().history("f")) == "no history");
  CHECK(problem(rt().explain("f")) == "no history");
}

TEST_CASE_METHOD(unreadable, "a version that is always gone when it is read is given up",
                 "[store]") {
  create_active("f");
  reads->document = errc::not_found;
  const auto got = rt().get("f");
  CHECK(code(got) == errc::too_many_requests);
  CHECK(problem(got) == "function f changes too fast to be asked");
  const caught_view then;
  rt().get("f", then.callback());
  settle();
  CHECK(then.count() == 1);
  CHECK(problem(then.last()) == problem(got));
}

TEST_CASE_METHOD(unreadable, "an update by a function ends with the function's own error",
                 "[store]") {
  create_active("f");
  const auto refuses = [](const auto&) -> fsm::expected<std::string> {
    return fsm::unexpected({errc::invalid_argument, "not like this"});
  };
  CHECK(problem(rt().update("f", refuses)) == "not like this");
  // Somebody is always quicker.
  int others = 0;
  const auto slow = [&](const fsm::function_view& seen) {
    CHECK(update("f", "other " + std::to_string(++others)) == errc::none);
    return seen.document;
  };
  CHECK(problem(rt().update("f", slow)) == "function f changes too fast to be updated");
  CHECK(others == 16);
  const auto revision = view("f").revision;
  CHECK(code(rt().update("f", slow, revision)) == errc::revision_mismatch);
  CHECK(others == 17);
}
