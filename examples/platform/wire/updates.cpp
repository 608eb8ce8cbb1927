#include "times.hpp"
#include "wire/code.hpp"
#include "wire/configuration.hpp"
#include "wire/coverage.hpp"
#include "wire/members.hpp"
#include "wire/names.hpp"
#include "wire/operations.hpp"
#include "wire/settings.hpp"
#include "wire/steps.hpp"
#include "wire/versions.hpp"

#include <boost/json/serialize.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr int tries_max = 16;

// Takes what a request says into the document of the function as it is now.
using change = std::function<void(const members& given, json::object& document)>;

// Reports a request whose members have the wrong types or shapes.
using check = std::function<void(const members& given)>;

// What the operations of this kind differ in.
struct update_kind {
  check shape;
  change how;
  bool of_code = false;  // It may be a dry run, and can be told to publish.
};

// What is asked of an update beside its change.
struct update_wanted {
  std::optional<std::string> revision;
  bool dry_run = false;
  bool publish = false;
};

update_wanted read_wanted(const members& given, bool of_code) {
  update_wanted result{.revision = given.text("RevisionId")};
  if (of_code) {
    result.dry_run = given.flag("DryRun").value_or(false);
    result.publish = given.flag("Publish").value_or(false);
  }
  refuse_if(given.found().verdict());
  return result;
}

// One update. The caller holds the function's lock.
class update {
public:
  update(const call_ptr& request, function_target target, const json::object& body,
         update_kind kind)
      : request_{request},
        where_{request->where()},
        target_{std::move(target)},
        body_{body},
        kind_{std::move(kind)} {}

  // Reads the function, makes the new document from its present one, and asks for the update on the
  // condition that nothing has changed meanwhile; if something has, once more from the start. A
  // client that named the revision it means is told instead.
  void run() {
    problems found;
    wanted_ = read_wanted({body_, "", found}, kind_.of_code);
    for (int tries = 1;; ++tries) {
      auto now = look_up(where_, target_.name, target_.unqualified());
      require_revision(wanted_.revision, now.view.revision_id());
      merge(parse_document(now.view.document));
      auto view = ask(now);
      const bool overtaken = !view && view.error().code == fsm::errc::revision_mismatch;
      if (overtaken && tries < tries_max) continue;
      settle(view);
      if (view) return answer(*view, now.what.last_version);
      if (!overtaken) throw refusal{explain(view.error(), target_.unqualified())};
      throw refusal{{fault::resource_conflict,
                     "The function could not be updated due to a concurrent update operation.",
                     {}}};
    }
  }

private:
  using result = fsm::expected<fsm::function_view>;

  void merge(json::object document) {
    document_ = std::move(document);
    problems found;
    const members given{body_, "", found};
    kind_.how(given, document_);
    code_source source;
    if (kind_.of_code) source = read_code_source(given, text_or(document_, "PackageType", "Zip"));
    check_complete(document_, found);
    refuse_if(found.verdict());
    if (kind_.of_code && !code_) code_ = need(obtain_code(where_, source, !wanted_.dry_run));
    if (code_) code_->put_into(document_);
    if (wanted_.dry_run) return;
    document_["LastModified"] = last_modified_text(where_.functions.clock().now());
  }

  result ask(whole_function& now) {
    const bool publishes = wanted_.publish && !wanted_.dry_run;
    if (publishes) ++now.what.last_version;
    return where_.functions.update(
        {.name = target_.name,
         .document = json::serialize(document_),
         .expected_revision = now.view.revision,
         .dry_run = wanted_.dry_run,
         .metadata = publishes ? std::optional{to_metadata(now.what)} : std::nullopt});
  }

  // Also an update of the settings changes the document, and keeps the package.
  void settle(const result& view) {
    code::code_keeper::hold none;
    if (!wanted_.dry_run) settle_code(where_, view, document_, code_ ? code_->package : none);
  }

  void answer(fsm::function_view view, std::uint32_t number) {
    request_->set_sequence(view.sequence);
    if (wanted_.publish && !wanted_.dry_run) {
      new_version made{.of = target_,
                       .function_uid = view.uid,
                       .number = number,
                       .document = document_,
                       .published_from = fingerprint(document_)};
      view = make_version(where_, made);
      target_.qualifier = std::to_string(number);
    }
    request_->answer(200, configuration(where_, target_, view, document_));
  }

  const call_ptr& request_;
  const site& where_;
  function_target target_;
  const json::object& body_;
  const update_kind kind_;
  update_wanted wanted_;
  json::object document_;
  std::optional<obtained_code> code_;  // Once it has been obtained.
};

void run_update(const call_ptr& request, update_kind kind) {
  auto target = need(find_target(*request, fsm::name_rule::create));
  const auto body = need(parse_body(request->body()));
  problems found;
  kind.shape(members{body, "", found});
  refuse_if(found.shape_verdict());
  if (!target.latest()) throw refusal{only_functions()};
  target.qualifier.clear();
  const auto lock = request->where().locks.take(target.name);
  update{request, std::move(target), body, std::move(kind)}.run();
}

}  // namespace

void update_function_code(const call_ptr& request) {
  const auto check_shape = [](const members& given) {
    json::object ignored;
    read_architectures(given, ignored);
    static_cast<void>(read_code_source(given, "Zip"));
  };
  const auto read = [](const members& given, json::object& document) {
    read_architectures(given, document);
    refuse_members(given, "UpdateFunctionCodeRequest");
  };
  run_update(request, {.shape = check_shape, .how = read, .of_code = true});
}

void update_function_configuration(const call_ptr& request) {
  const auto read = [request](const members& given, json::object& document) {
    read_settings(given, request->where().cloud, document);
    refuse_members(given, "UpdateFunctionConfigurationRequest");
  };
  const auto check_shape = [read](const members& given) {
    json::object ignored;
    read(given, ignored);
  };
  run_update(request, {.shape = check_shape, .how = read});
}

}  // namespace platform::wire
