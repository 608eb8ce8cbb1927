#include "storm.hpp"

#include "call_window.hpp"
#include "function_name.hpp"
#include "report.hpp"

#include <utility>

namespace bench {
namespace {

constexpr fsm::duration patience = std::chrono::seconds{60};

}  // namespace

std::string_view name_of(storm_tenant who) noexcept {
  return who == storm_tenant::loud ? "loud" : "quiet";
}

std::string storm_caller::created_name(storm_tenant who, std::uint64_t which) {
  return std::string{name_of(who)} + "-" + std::to_string(which);
}

std::string storm_caller::existing_name(storm_tenant who, std::uint64_t turn, bool asleep) const {
  const std::uint64_t groups = functions_ / functions_per_quiet / 2;
  const std::uint64_t first = asleep ? 0 : groups;
  // A step that shares no divisor with most numbers, so that neighbours are not called in a row.
  const std::uint64_t group = first + turn * 7919 % groups;
  const std::uint64_t member =
      who == storm_tenant::quiet ? 0 : 1 + turn / groups % (functions_per_quiet - 1);
  return std::string{function_name{group * functions_per_quiet + member, functions_}};
}

void storm_caller::call(storm_tenant who, std::uint64_t turn, time_point intended) {
  const auto kind = turn % 3;
  const auto round = turn / 3;
  if (kind == 0) {
    auto& created = sides_[static_cast<std::size_t>(who)].created;
    return create({who, created_name(who, created.fetch_add(1)), fsm::active, intended});
  }
  if (kind == 1) return update({who, existing_name(who, round, false), fsm::settled, intended});
  wake({who, existing_name(who, round, true), fsm::active, intended});
}

void storm_caller::create(one what) {
  fsm::create_request request;
  request.name = what.name;
  request.tenant = name_of(what.who);
  runtime_.create(std::move(request), [this, what = std::move(what)](const auto& view) mutable {
    if (!view) return refused(what, view.error());
    accepted(std::move(what));
  });
}

void storm_caller::update(one what) {
  fsm::update_request request;
  request.name = what.name;
  runtime_.update(std::move(request), [this, what = std::move(what)](const auto& view) mutable {
    if (!view) return refused(what, view.error());
    accepted(std::move(what));
  });
}

void storm_caller::wake(one what) {
  const std::string name = what.name;
  runtime_.admit_async(name, [this, what = std::move(what)](const auto& view) mutable {
    if (!view) return refused(what, view.error());
    if (view->state != fsm::state::active) return accepted(std::move(what));
    const std::lock_guard lock{sides_[static_cast<std::size_t>(what.who)].mutex};
    ++sides_[static_cast<std::size_t>(what.who)].figures.pointless;
  });
}

void storm_caller::accepted(one what) {
  under_way_.fetch_add(1);
  const std::string name = what.name;
  const fsm::condition goal = what.goal;
  runtime_
      .wait(name, goal, patience,
            [this, what = std::move(what)](const auto& view) {
              under_way_.fetch_sub(1);
              if (view) return note(what, true);
              refused(what, view.error());
            })
      .detach();
}

void storm_caller::refused(const one& what, const fsm::error& why) {
  if (why.code == fsm::errc::too_many_requests) return note(what, false);
  side& mine = sides_[static_cast<std::size_t>(what.who)];
  const std::lock_guard lock{mine.mutex};
  if (why.code == fsm::errc::update_in_progress) {
    ++mine.figures.pointless;
  } else if (mine.figures.failures++ == 0) {
    mine.figures.first_failure = to_text(why);
  }
}

void storm_caller::note(const one& what, bool is_done) {
  const auto took = clock::now() - what.intended;
  side& mine = sides_[static_cast<std::size_t>(what.who)];
  const std::lock_guard lock{mine.mutex};
  (is_done ? mine.figures.done : mine.figures.refused).add(took);
}

storm_figures storm_caller::take(storm_tenant who) {
  side& mine = sides_[static_cast<std::size_t>(who)];
  const std::lock_guard lock{mine.mutex};
  return std::exchange(mine.figures, {});
}

}  // namespace bench
