// The event stream: every transition as it comes, and the overview, as Server-Sent Events.
#include "feed.hpp"
#include "times.hpp"
#include "wire/control.hpp"
#include "wire/control_bodies.hpp"
#include "wire/overview_body.hpp"
#include "wire/steps.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

using std::chrono::steady_clock;

// Transitions in one piece.
constexpr std::size_t page_max = 500;
// Pages that are read before others have their turn: a filter may want few of many transitions.
constexpr std::size_t pages_in_a_row = 2;
// A stream that has nothing to say says that it is alive, and where it is.
constexpr std::chrono::seconds silence_max{15};
constexpr fsm::duration overview_min = std::chrono::milliseconds{100};
constexpr fsm::duration overview_max = std::chrono::hours{1};

// What a stream was asked for.
struct stream_request {
  std::uint64_t after = 0;
  std::string function;
  bool transitions = true;
  std::optional<fsm::duration> overview;
};

std::string event_text(std::string_view kind, const json::object& data) {
  return "event: " + std::string{kind} + "\ndata: " + json::serialize(data) + "\n\n";
}

// Before an event: where a client that comes back goes on.
std::string id_line(std::uint64_t sequence) { return "id: " + std::to_string(sequence) + "\n"; }

// One client's stream. Its pieces are made on the workers, when there is something to tell; what
// wakes it is a transition, or a timer.
class event_source final : public http::stream_source,
                           public std::enable_shared_from_this<event_source> {
public:
  event_source(const site& where, stream_request what, std::unique_ptr<feed::place> place)
      : site_{where},
        what_{std::move(what)},
        place_{std::move(place)},
        timer_{where.workers},
        position_{what_.after} {}

  void next(taker give) override {
    const std::lock_guard lock{mutex_};
    give_ = std::move(give);
    if (abandoned_) return finish();
    if (!std::exchange(opened_, true)) return hand_over(opening());
    look();
  }

  void abandon() override {
    const std::lock_guard lock{mutex_};
    abandoned_ = true;
    finish();
  }

private:
  // -- with the lock held -------------------------------------------------------------------------
  std::string opening() {
    // A function's stream begins where all others do: what came before is in its history.
    return "retry: 1000\n\n" + (what_.transitions ? id_line(position_) : std::string{}) +
           event_text("start", {{"sequence", position_}});
  }

  // Looks for something to tell, on a worker.
  void look() {
    if (std::exchange(looking_, true)) return;
    boost::asio::post(site_.workers, [self = shared_from_this()] { self->make_piece(); });
  }

  void hand_over(std::string piece) {
    if (!give_) return;
    last_told_ = steady_clock::now();
    std::exchange(give_, nullptr)(std::move(piece));
  }

  void finish() {
    stop_waiting();
    if (give_) std::exchange(give_, nullptr)(std::nullopt);
  }

  void stop_waiting() {
    timer_.cancel();
    if (const auto ticket = std::exchange(ticket_, 0)) site_.events.forget(ticket);
  }

  // -- without it ---------------------------------------------------------------------------------
  void make_piece() {
    std::string piece;
    const auto found = what_.transitions ? add_transitions(piece) : reading::up_to_date;
    if (what_.overview && steady_clock::now() >= next_overview_) add_overview(piece);
    const std::lock_guard lock{mutex_};
    looking_ = false;
    if (abandoned_ || found == reading::lost) return finish();
    const bool silent = steady_clock::now() - last_told_ >= silence_max;
    if (piece.empty() && silent) piece = mark();
    if (!piece.empty()) return hand_over(std::move(piece));
    if (found == reading::behind) return look();
    wait();
  }

  // Where the stream is, so that who resumes need not begin far back.
  std::string mark() {
    if (!what_.transitions) return ":\n\n";
    return "id: " + std::to_string(position_) + "\nevent: mark\ndata: {}\n\n";
  }

  enum class reading : std::uint8_t {
    up_to_date,
    behind,  // There is more to read.
    lost,    // Some are no longer kept: the client has to begin anew.
  };

  reading add_transitions(std::string& piece) {
    for (std::size_t pages = 0; pages < pages_in_a_row; ++pages) {
      const auto page = site_.functions.events(position_, page_max);
      if (!page || page->oldest > position_ + 1) return reading::lost;
      for (const auto& each : page->events) {
        position_ = each.sequence;
        if (!what_.function.empty() && each.name != what_.function) continue;
        auto data = transition_body(each);
        data["uid"] = each.uid;
        piece += id_line(each.sequence) + event_text("transition", data);
      }
      if (page->events.size() < page_max) return reading::up_to_date;
      if (!piece.empty()) break;
    }
    return reading::behind;
  }

  void add_overview(std::string& piece) {
    auto body = overview_body(site_);
    auto unchanging = json::serialize(without_time(body));
    const auto now = steady_clock::now();
    next_overview_ = now + *what_.overview;
    if (unchanging == last_overview_ && now - overview_told_ < silence_max) return;
    last_overview_ = std::move(unchanging);
    overview_told_ = now;
    piece += event_text("overview", body);
  }

  // With the lock held: until there is something to look for.
  void wait() {
    auto until = last_told_ + silence_max;
    if (what_.overview) until = std::min(until, next_overview_);
    timer_.expires_at(until);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
      if (const auto self = weak.lock(); self && !cancelled) self->wake();
    });
    if (!what_.transitions) return;
    // The lock must not be held when the feed calls back inside of the call.
    boost::asio::post(site_.workers,
                      [self = shared_from_this(), after = position_] { self->listen(after); });
  }

  void listen(std::uint64_t after) {
    const auto ticket = site_.events.wake_after(after, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->wake();
    });
    const std::lock_guard lock{mutex_};
    if (ticket == 0) return;
    if (abandoned_ || looking_ || !give_ || ticket_ != 0) return site_.events.forget(ticket);
    ticket_ = ticket;
  }

  void wake() {
    const std::lock_guard lock{mutex_};
    if (!give_ || abandoned_) return;
    stop_waiting();
    look();
  }

  const site& site_;
  const stream_request what_;
  const std::unique_ptr<feed::place> place_;
  boost::asio::steady_timer timer_;
  // Only while a piece is made, which happens one at a time.
  std::uint64_t position_;
  std::string last_overview_;
  steady_clock::time_point next_overview_{};
  steady_clock::time_point overview_told_{};

  std::mutex mutex_;  // Guards the rest.
  taker give_;
  bool opened_ = false;
  bool looking_ = false;
  bool abandoned_ = false;
  std::uint64_t ticket_ = 0;
  steady_clock::time_point last_told_ = steady_clock::now();
};

stream_request read_request(const call& request) {
  stream_request what;
  what.after = request.where().events.last();
  const auto read_position = [&what](std::string_view name, std::string_view text) {
    const auto sequence = parse_number(text);
    if (!sequence) refuse_parameter(name, text, "the sequence of a transition");
    what.after = *sequence;
  };
  const auto& target = request.target();
  if (const auto* after = target.parameter("after")) read_position("after", *after);
  // What a browser says when it comes back.
  if (const auto last = request.header("Last-Event-ID"); !last.empty())
    read_position("Last-Event-ID", last);
  if (const auto* function = target.parameter("function")) what.function = *function;
  if (const auto* transitions = target.parameter("transitions")) {
    if (*transitions != "on" && *transitions != "off")
      refuse_parameter("transitions", *transitions, "on or off");
    what.transitions = *transitions == "on";
  }
  if (const auto* overview = target.parameter("overview")) {
    what.overview = parse_duration(*overview);
    if (!what.overview || *what.overview < overview_min || *what.overview > overview_max)
      refuse_parameter("overview", *overview, "a duration from 100ms to 1h");
  }
  if (!what.transitions && !what.overview)
    refuse_parameter("transitions", "off", "on, unless there is an overview");
  return what;
}

// The stream cannot go on from there: the client has to begin anew.
void refuse_position(const call& request, std::string_view why, json::object where) {
  auto response = request.blank(410);
  response.set(http::proto::field::content_type, "application/json");
  where["message"] = std::string{why} + ": begin anew without a position.";
  response.body() = json::serialize(where);
  request.answer(std::move(response));
}

// False, and answered, when what comes after `position` is no longer kept, or when the position is
// one of an earlier life whose transitions nobody has kept.
bool has_position(const call& request, std::uint64_t position) {
  auto& functions = request.where().functions;
  const auto newest = request.where().events.last();
  const auto is_there = [&] {  // A stream may have told of it before the feed.
    const auto page = functions.events(position - 1, 1);
    return page && !page->events.empty();
  };
  if (position > newest && !is_there()) {
    refuse_position(request, "There is no transition " + std::to_string(position) + " yet",
                    {{"newest", newest}});
    return false;
  }
  const auto page = functions.events(position, 1);
  if (!page) throw refusal{explain(page.error(), {})};
  if (page->oldest <= position + 1) return true;
  refuse_position(request,
                  "Transitions before " + std::to_string(page->oldest) + " are no longer kept",
                  {{"oldest", page->oldest}});
  return false;
}

}  // namespace

void show_overview(const call_ptr& request) {
  request->answer(200, overview_body(request->where()));
}

void stream_events(const call_ptr& request) {
  auto what = read_request(*request);
  if (what.transitions && !has_position(*request, what.after)) return;
  auto place = request->where().events.take_place();
  if (!place) {
    throw refusal{{fault::service_unavailable,
                   "There are " + std::to_string(feed::readers_max) + " event streams already.",
                   {}}};
  }
  auto head = request->blank(200);
  head.set(http::proto::field::content_type, "text/event-stream; charset=utf-8");
  head.set(http::proto::field::cache_control, "no-store");
  request->answer(std::move(head), std::make_shared<event_source>(request->where(), std::move(what),
                                                                  std::move(place)));
}

}  // namespace platform::wire
