#include "world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace platform {

namespace json = boost::json;

namespace {

using result = fsm::completion::result;

template <class Strings>
bool contains(const Strings& where, const std::string& what) {
  return std::find(where.begin(), where.end(), what) != where.end();
}

std::string text_of(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  return value && value->is_string() ? json::value_to<std::string>(*value) : std::string{};
}

std::vector<std::string> texts_of(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  return value && value->is_array() ? json::value_to<std::vector<std::string>>(*value)
                                    : std::vector<std::string>{};
}

}  // namespace

world::world(world_settings settings, std::shared_ptr<fsm::clock> clock, std::uint64_t seed)
    : clock_{std::move(clock)}, settings_{std::move(settings)}, random_{seed} {}

world::needs world::read_needs(const fsm::provision_request& request) {
  needs wanted;
  wanted.owner = request.token.uid;
  boost::system::error_code problem;
  const auto value = json::parse(request.document, problem);
  if (problem || !value.is_object()) return wanted;
  const auto& object = value.get_object();
  wanted.role = text_of(object, "Role");
  wanted.image = text_of(object, "ImageUri");
  const auto owner = text_of(object, "ResourcesOf");
  std::from_chars(owner.data(), owner.data() + owner.size(), wanted.owner);
  wanted.prepared = object.contains("Prepared") && request.kind == fsm::attempt_kind::create;
  if (const auto* vpc = object.if_contains("VpcConfig"); vpc && vpc->is_object()) {
    wanted.subnets = texts_of(vpc->get_object(), "SubnetIds");
    wanted.security_groups = texts_of(vpc->get_object(), "SecurityGroupIds");
  }
  return wanted;
}

void world::provision(const fsm::provision_request& request, fsm::completion done) {
  if (instant_) return done.succeeded();
  auto wanted = read_needs(request);
  std::unique_lock lock{mutex_};
  auto& mine = attempts_[request.token];
  mine.waiting = std::move(done);
  if (mine.serial != 0) return;
  const auto& span = request.kind == fsm::attempt_kind::create   ? settings_.provision_time
                     : request.kind == fsm::attempt_kind::update ? settings_.update_time
                                                                 : settings_.restore_time;
  mine.wanted = std::move(wanted);
  const auto serial = mine.serial = ++serial_;
  const bool at_once = mine.subnet || mine.wanted.prepared;
  const auto delay = at_once ? fsm::duration{} : draw(span);
  lock.unlock();
  // The clock keeps the task, and the world keeps the clock: so the task must not keep the world.
  after(delay, [weak = weak_from_this(), token = request.token, serial] {
    if (const auto self = weak.lock()) self->finish(token, serial);
  });
}

void world::finish(const fsm::attempt_token& token, std::uint64_t serial) {
  std::unique_lock lock{mutex_};
  const auto found = attempts_.find(token);
  // Released meanwhile: nobody listens, and nothing may be made.
  if (found == attempts_.end() || found->second.serial != serial) return;
  auto& mine = found->second;
  verdict what{result::transient, {}, "The simulated cloud had an internal error."};
  // What is prepared needs nothing of the cloud, so that nothing can go wrong on the way.
  const bool prepared = mine.wanted.prepared;
  if (prepared || !roll(settings_.chaos.internal_error)) what = try_to_make(mine);
  mine.serial = 0;
  const auto done = *std::exchange(mine.waiting, std::nullopt);
  if (!mine.subnet) attempts_.erase(found);
  lock.unlock();
  prepared ? give(done, what) : answer(done, what);
}

world::verdict world::try_to_make(attempt& which) {
  if (which.subnet) return {};
  const auto& subnets = which.wanted.subnets;
  if (auto found = obstacle(which.wanted)) return *std::move(found);
  if (subnets.empty()) return {};
  if (share_lease(which)) return {};
  if (auto found = no_interface()) return *std::move(found);
  const auto place = free_subnet(subnets);
  if (!place) {
    return {result::failed, fsm::reason_code::subnet_out_of_ip_addresses,
            "No subnet of the function has a free IP address: " + subnets.front() +
                (subnets.size() > 1 ? " and others are full." : " is full.")};
  }
  take(which, *place);
  return {};
}

bool world::share_lease(attempt& which) {
  for (const auto& id : which.wanted.subnets) {
    if (const auto found = leases_.find({which.wanted.owner, id}); found != leases_.end()) {
      which.subnet = id;
      ++found->second;
      return true;
    }
  }
  return false;
}

std::optional<std::string> world::free_subnet(const std::vector<std::string>& ids) const {
  for (const auto& id : ids) {
    if (!settings_.vpc) return id;
    const auto* known = find_subnet(id);
    if (known && in_use(id) < known->addresses) return id;
  }
  return std::nullopt;
}

void world::take(attempt& which, const std::string& subnet_id) {
  which.subnet = subnet_id;
  leases_.emplace(lease{which.wanted.owner, subnet_id}, 1);
  ++in_use_[subnet_id];
}

std::optional<world::verdict> world::obstacle(const needs& wanted) const {
  using fsm::reason_code;
  const auto failed = [](reason_code why, std::string text) {
    return verdict{result::failed, why, std::move(text)};
  };
  if (contains(settings_.images_deleted, wanted.image)) {
    return failed(reason_code::image_deleted, "The function is trying to use a deleted image.");
  }
  if (contains(settings_.images_denied, wanted.image)) {
    return failed(reason_code::image_access_denied,
                  "Access to the function's image is denied: " + wanted.image);
  }
  if (wanted.subnets.empty()) return std::nullopt;
  if (contains(settings_.roles_without_eni_permission, wanted.role)) {
    return failed(
        reason_code::insufficient_role_permissions,
        "The function's execution role doesn't have permission to perform this operation.");
  }
  if (!settings_.vpc) return std::nullopt;
  for (const auto& id : wanted.security_groups) {
    if (!contains(settings_.vpc->security_groups, id)) {
      return failed(reason_code::invalid_security_group,
                    "The security group " + id + " does not exist.");
    }
  }
  for (const auto& id : wanted.subnets) {
    if (!find_subnet(id)) {
      return failed(reason_code::invalid_subnet, "The subnet " + id + " does not exist.");
    }
  }
  return std::nullopt;
}

std::optional<world::verdict> world::no_interface() const {
  if (!settings_.vpc || leases_.size() < settings_.vpc->eni_quota) return std::nullopt;
  return verdict{result::failed, fsm::reason_code::eni_limit_exceeded,
                 "The quota of " + std::to_string(settings_.vpc->eni_quota) +
                     " network interfaces is used up."};
}

void world::give_back(const lease& which) {
  const auto found = leases_.find(which);
  if (--found->second != 0) return;
  leases_.erase(found);
  if (--in_use_[which.subnet] == 0) in_use_.erase(which.subnet);
}

void world::release(const fsm::attempt_token& token, fsm::completion done) {
  {
    const std::lock_guard lock{mutex_};
    // A lost release is lost on its way there: what it names stays in use until it is asked for
    // again.
    if (roll(settings_.chaos.lost_completion)) return;
    if (const auto found = attempts_.find(token); found != attempts_.end()) {
      const auto& known = found->second;
      if (known.subnet) give_back({known.wanted.owner, *known.subnet});
      attempts_.erase(found);
    }
  }
  done.succeeded();
}

void world::recovered(const fsm::provision_request& held) {
  auto wanted = read_needs(held);
  if (wanted.subnets.empty()) return;
  const std::lock_guard lock{mutex_};
  auto& mine = attempts_[held.token];
  mine.wanted = std::move(wanted);
  const auto& subnets = mine.wanted.subnets;
  if (share_lease(mine)) return;
  take(mine, free_subnet(subnets).value_or(subnets.front()));
}

void world::held(fsm::attempt_token after, std::size_t limit, held_tokens done) {
  std::vector<fsm::attempt_token> tokens;
  {
    const std::lock_guard lock{mutex_};
    for (auto at = attempts_.upper_bound(after); at != attempts_.end() && tokens.size() < limit;
         ++at) {
      if (at->second.subnet) tokens.push_back(at->first);
    }
  }
  done(std::move(tokens));
}

void world::answer(const fsm::completion& done, const verdict& what) {
  bool lost = false;
  bool twice = false;
  {
    const std::lock_guard lock{mutex_};
    lost = roll(settings_.chaos.lost_completion);
    twice = roll(settings_.chaos.duplicate_completion);
  }
  if (lost) return;
  give(done, what);
  if (twice) give(done, what);
}

void world::give(const fsm::completion& done, const verdict& what) {
  switch (what.result) {
    case result::succeeded: return done.succeeded();
    case result::failed: return done.failed(what.why, what.text);
    case result::transient: return done.transient(what.text);
  }
}

void world::after(fsm::duration delay, std::function<void()> task) {
  if (delay == fsm::duration{}) return task();
  clock_->call_at(clock_->now() + delay, std::move(task));
}

const subnet* world::find_subnet(const std::string& id) const {
  if (!settings_.vpc) return nullptr;
  const auto& all = settings_.vpc->subnets;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const subnet& each) { return each.id == id; });
  return found == all.end() ? nullptr : &*found;
}

std::uint64_t world::in_use(const std::string& subnet_id) const {
  const auto found = in_use_.find(subnet_id);
  return found == in_use_.end() ? 0 : found->second;
}

fsm::duration world::draw_provision_time() {
  const std::lock_guard lock{mutex_};
  return draw(settings_.provision_time);
}

fsm::duration world::draw(const time_span& span) {
  const auto between = [&](fsm::duration min, fsm::duration max) {
    if (min == max) return min;
    return fsm::duration{
        std::uniform_int_distribution<std::int64_t>{min.count(), max.count()}(random_)};
  };
  return between(span.min, span.max) + between({}, settings_.chaos.extra_delay_max);
}

bool world::roll(double share) {
  return share > 0 && std::uniform_real_distribution<>{0, 1}(random_) < share;
}

json::object world::describe() const {
  const std::lock_guard lock{mutex_};
  auto result = to_json(settings_);
  if (auto* vpc = result.if_contains("vpc")) {
    for (auto& each : vpc->get_object()["subnets"].get_array()) {
      auto& one = each.get_object();
      one["in_use"] = in_use(text_of(one, "id"));
    }
    vpc->get_object()["enis_in_use"] = leases_.size();
  }
  result["enis_in_use"] = leases_.size();
  return result;
}

fsm::expected<void> world::replace(std::string_view text) {
  const std::lock_guard lock{mutex_};
  auto changed = apply_world(settings_, text);
  if (!changed) return fsm::unexpected(changed.error());
  settings_ = *std::move(changed);
  return {};
}

std::optional<std::string> world::missing_subnet(const std::vector<std::string>& ids) const {
  const std::lock_guard lock{mutex_};
  if (!settings_.vpc) return std::nullopt;
  for (const auto& id : ids) {
    if (!find_subnet(id)) return id;
  }
  return std::nullopt;
}

std::optional<std::string> world::missing_security_group(
    const std::vector<std::string>& ids) const {
  const std::lock_guard lock{mutex_};
  if (!settings_.vpc) return std::nullopt;
  for (const auto& id : ids) {
    if (!contains(settings_.vpc->security_groups, id)) return id;
  }
  return std::nullopt;
}

std::string world::vpc_of(const std::string& subnet_id) const {
  const std::lock_guard lock{mutex_};
  const auto* found = find_subnet(subnet_id);
  return found ? found->vpc : subnet{}.vpc;
}

}  // namespace platform
