#pragma once

#include "wire/call.hpp"

/// \file
/// What the platform offers beside the Lambda API, under /_fsm. As there, nothing blocks.

namespace platform::wire {

/// Whether it serves and can write, and how many functions there are.
void show_health(const call_ptr& request);
/// Makes a copy of the data directory in it, and answers with its name.
void make_checkpoint(const call_ptr& request);
/// How many events wait, and what has become of the others.
void show_event_invokes(const call_ptr& request);
/// The time, by the runtime's clock.
void show_clock(const call_ptr& request);
/// Moves a virtual clock; answers when everything due by then has run.
void advance_clock(const call_ptr& request);
/// The simulated cloud, and how much of it is in use.
void show_world(const call_ptr& request);
/// Replaces parts of the simulated cloud.
void change_world(const call_ptr& request);
/// The last transitions of a function, oldest first.
void show_history(const call_ptr& request);
/// A page of the functions that a filter lets through, in the order of creation but for those that
/// have taken the place of a deleted one.
void query_functions(const call_ptr& request);
/// Why a function is in its state, and what would move it.
void show_explanation(const call_ptr& request);
/// The lifecycle's situations, and the arrows between them.
void show_lifecycle(const call_ptr& request);
/// What Prometheus reads.
void show_metrics(const call_ptr& request);
/// How many functions are in which state, what happens, what fails and why.
void show_overview(const call_ptr& request);
/// The transitions as they come, and the overview, as Server-Sent Events.
void stream_events(const call_ptr& request);
/// Answers when a function is in the situation named by `for`.
void wait_for(const call_ptr& request);

}  // namespace platform::wire
