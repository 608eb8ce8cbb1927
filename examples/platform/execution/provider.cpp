#include "execution/provider.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace platform::execution {

namespace {

using result = fsm::completion::result;

// What goes on with `next` when the first half has succeeded.
fsm::completion first_half(const fsm::completion& done, std::function<void()> next) {
  return fsm::completion{
      [done, next = std::move(next)](result what, fsm::reason_code why, std::string text) {
        switch (what) {
          case result::succeeded: return next();
          case result::failed: return done.failed(why, std::move(text));
          case result::transient: return done.transient(std::move(text));
        }
      }};
}

// Whether it is a published version, which takes over what its function runs on.
bool takes_over(const fsm::provision_request& request) {
  if (request.kind != fsm::attempt_kind::create) return false;
  boost::json::error_code problem;
  const auto document = boost::json::parse(request.document, problem);
  return !problem && document.is_object() && document.get_object().contains("Prepared");
}

}  // namespace

provider::provider(std::shared_ptr<world> cloud, std::shared_ptr<executor> runs)
    : cloud_{std::move(cloud)}, executor_{std::move(runs)} {}

void provider::provision(const fsm::provision_request& request, fsm::completion done) {
  if (takes_over(request)) return cloud_->provision(request, std::move(done));
  version what{request.token, request.name, std::make_shared<const std::string>(request.document)};
  cloud_->provision(request, first_half(done, [executor = executor_, what = std::move(what), done] {
                      executor->start(what, done);
                    }));
}

void provider::release(const fsm::attempt_token& token, fsm::completion done) {
  executor_->stop(token,
                  first_half(done, [cloud = cloud_, token, done] { cloud->release(token, done); }));
}

void provider::held(fsm::attempt_token after, std::size_t limit, held_tokens done) {
  auto running = executor_->held(after, limit);
  cloud_->held(after, limit,
               [running = std::move(running), limit,
                done](const fsm::expected<std::vector<fsm::attempt_token>>& leased) {
                 if (!leased) return done(leased);
                 std::vector<fsm::attempt_token> all;
                 std::set_union(running.begin(), running.end(), leased->begin(), leased->end(),
                                std::back_inserter(all));
                 if (all.size() > limit) all.resize(limit);
                 done(std::move(all));
               });
}

}  // namespace platform::execution
