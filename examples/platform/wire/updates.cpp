#include "times.hpp"
#include "wire/code.hpp"
#include "wire/configuration.hpp"
#include "wire/coverage.hpp"
#include "wire/members.hpp"
#include "wire/names.hpp"
#include "wire/operations.hpp"
#include "wire/settings.hpp"

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
  bool can_dry_run = false;  // And can be told to publish.
};

// One update: reads the function, makes the new document from its present one, and asks for the
// update on the condition that nothing has changed meanwhile; if something has, once more from the
// start. A client that named the revision it means is told instead.
class update : public std::enable_shared_from_this<update> {
public:
  update(call_ptr request, function_target target, json::object body, update_kind kind)
      : request_{std::move(request)},
        target_{std::move(target)},
        body_{std::move(body)},
        kind_{std::move(kind)} {}

  void start() {
    problems found;
    const members given{body_, "", found};
    revision_ = given.text("RevisionId");
    if (kind_.can_dry_run) {
      dry_run_ = given.flag("DryRun").value_or(false);
      if (given.flag("Publish").value_or(false)) {
        found.refuse(fault::invalid_parameter_value,
                     "Versions cannot be published yet: leave out Publish.");
      }
    }
    if (auto wrong = found.verdict()) return request_->refuse(*wrong);
    read();
  }

private:
  using result = fsm::expected<fsm::function_view>;

  void read() {
    request_->where().functions.get(target_.name, [self = shared_from_this()](const result& view) {
      if (!view) return self->refuse(view.error());
      self->merge(*view);
    });
  }

  void merge(const fsm::function_view& view) {
    if (revision_ && *revision_ != view.revision_id()) {
      return refuse({.code = fsm::errc::revision_mismatch, .message = {}});
    }
    document_ = parse_document(view.document);
    problems found;
    kind_.how(members{body_, "", found}, document_);
    check_complete(document_, found);
    if (auto wrong = found.verdict()) return request_->refuse(*wrong);
    if (!dry_run_) {
      document_["LastModified"] = last_modified_text(request_->where().functions.clock().now());
    }
    fsm::update_request what{.name = target_.name,
                             .document = json::serialize(document_),
                             .expected_revision = view.revision,
                             .dry_run = dry_run_};
    request_->where().functions.update(
        std::move(what), [self = shared_from_this()](const result& view) { self->finish(view); });
  }

  void finish(const result& view) {
    if (view) {
      request_->set_sequence(view->sequence);
      return request_->answer(200, configuration(request_->where(), target_, *view, document_));
    }
    const bool overtaken = view.error().code == fsm::errc::revision_mismatch && !revision_;
    if (!overtaken) return refuse(view.error());
    if (++tries_ < tries_max) return read();
    request_->refuse({fault::resource_conflict,
                      "The function could not be updated due to a concurrent update operation.",
                      {}});
  }

  void refuse(const fsm::error& why) { request_->refuse(explain(why, target_.unqualified())); }

  const call_ptr request_;
  const function_target target_;
  const json::object body_;
  const update_kind kind_;
  std::optional<std::string> revision_;
  bool dry_run_ = false;
  json::object document_;
  int tries_ = 0;
};

void start_update(const call_ptr& request, update_kind kind) {
  auto target = find_target(*request, fsm::name_rule::create);
  if (!target) return request->refuse(target.error());
  auto body = parse_body(request->body());
  if (!body) return request->refuse(body.error());
  problems found;
  kind.shape(members{*body, "", found});
  if (auto wrong = found.shape_verdict()) return request->refuse(*wrong);
  if (!target->latest()) return request->refuse(only_functions());
  target->qualifier.clear();
  std::make_shared<update>(request, *std::move(target), *std::move(body), std::move(kind))->start();
}

}  // namespace

void update_function_code(const call_ptr& request) {
  const auto check_shape = [](const members& given) {
    json::object ignored;
    read_architectures(given, ignored);
  };
  const auto read = [](const members& given, json::object& document) {
    read_architectures(given, document);
    read_code(given, text_or(document, "PackageType", "Zip"), document);
    refuse_members(given, "UpdateFunctionCodeRequest");
  };
  start_update(request, {.shape = check_shape, .how = read, .can_dry_run = true});
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
  start_update(request, {.shape = check_shape, .how = read});
}

}  // namespace platform::wire
