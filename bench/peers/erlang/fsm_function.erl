%% One serverless function as a gen_statem that owns its lifecycle state: what fsm-bench compares a
%% function of libfsm with. State is the state of the machine, LastUpdateStatus a member of its data.
%% Completions carry the number of their attempt; one of an older attempt is dropped.
-module(fsm_function).
-behaviour(gen_statem).

-export([start/3, enter/3]).
-export([init/1, callback_mode/0, pending/3, active/3, inactive/3, failed/3]).

-record(function, {name, creator, update_status = none, reason = creating, revision = 1,
                   attempt = 1, version = 1, held = 0, invoked = 0, used = 0}).

%% A new function: Pending, Creating. Sends {active, Note} to Creator when it is Active.
%% Not gen_statem:start, which makes the caller wait until the new process has run: nothing here can
%% fail. No link and no supervisor, as the functions of libfsm have none.
start(Name, Creator, Note) ->
    proc_lib:spawn(?MODULE, enter, [Name, Creator, Note]).

enter(Name, Creator, Note) ->
    gen_statem:enter_loop(?MODULE, [], pending, #function{name = Name, creator = {Creator, Note}}).

init(_) -> ignore.  %% Never called: it enters the loop by itself.

callback_mode() -> state_functions.

pending(cast, {provisioned, A}, #function{attempt = A, update_status = none} = F) ->
    {Creator, Note} = F#function.creator,
    Creator ! {active, Note},
    {next_state, active, changed(F#function{creator = none, update_status = successful,
                                            reason = none, held = A})};
pending(cast, {provisioned, A}, #function{attempt = A} = F) ->  %% Restored.
    {next_state, active, changed(F#function{reason = none, held = A})};
pending(cast, {provision_failed, A, Why}, #function{attempt = A, update_status = none} = F) ->
    {next_state, failed, changed(F#function{reason = Why})};
pending(cast, {provision_failed, A, Why}, #function{attempt = A} = F) ->
    {next_state, inactive, changed(F#function{reason = Why})};
pending({call, From}, invoke, #function{update_status = none}) ->
    {keep_state_and_data, {reply, From, {error, pending}}};
pending({call, From}, invoke, _) ->
    {keep_state_and_data, {reply, From, {error, initializing}}};
pending({call, From}, update, _) ->
    {keep_state_and_data, {reply, From, {error, state_conflict}}};
pending(Kind, What, F) ->
    in_any_state(Kind, What, F).

%% Admitted and, as the answer is all there is to run, completed; the idle clock starts anew.
active({call, From}, invoke, F) ->
    {keep_state, F#function{invoked = F#function.invoked + 1, used = erlang:monotonic_time()},
     {reply, From, ok}};
active({call, From}, update, #function{update_status = in_progress}) ->
    {keep_state_and_data, {reply, From, {error, update_in_progress}}};
active({call, From}, update, F) ->
    {keep_state, updating(F), {reply, From, ok}};
active(cast, {updated, A}, #function{attempt = A, update_status = in_progress} = F) ->
    {keep_state, updated(F)};
active(cast, {update_failed, A, Why}, #function{attempt = A, update_status = in_progress} = F) ->
    {keep_state, changed(F#function{update_status = failed, reason = Why})};
active(cast, idle, #function{update_status = Status} = F) when Status =/= in_progress ->
    {next_state, inactive, changed(F#function{reason = idle, held = 0})};
active(Kind, What, F) ->
    in_any_state(Kind, What, F).

inactive({call, From}, invoke, #function{update_status = in_progress}) ->
    {keep_state_and_data, {reply, From, {error, initializing}}};
inactive({call, From}, invoke, F) ->
    {next_state, pending, changed(F#function{reason = restoring, attempt = F#function.attempt + 1}),
     {reply, From, {error, initializing}}};
inactive({call, From}, update, #function{update_status = in_progress}) ->
    {keep_state_and_data, {reply, From, {error, update_in_progress}}};
inactive({call, From}, update, F) ->
    {keep_state, updating(F), {reply, From, ok}};
inactive(cast, {updated, A}, #function{attempt = A, update_status = in_progress} = F) ->
    {next_state, active, updated(F)};
inactive(cast, {update_failed, A, Why}, #function{attempt = A, update_status = in_progress} = F) ->
    {keep_state, changed(F#function{update_status = failed, reason = Why})};
inactive(Kind, What, F) ->
    in_any_state(Kind, What, F).

failed({call, From}, invoke, #function{reason = Why}) ->
    {keep_state_and_data, {reply, From, {error, {failed, Why}}}};
failed({call, From}, update, _) ->
    {keep_state_and_data, {reply, From, {error, state_conflict}}};
failed(Kind, What, F) ->
    in_any_state(Kind, What, F).

in_any_state(cast, {ping, Asker, N}, _) ->
    Asker ! {ping, N + 1},
    keep_state_and_data;
in_any_state({call, From}, remove, _) ->
    {stop_and_reply, normal, {reply, From, ok}};
in_any_state({call, From}, _, _) ->
    {keep_state_and_data, {reply, From, {error, unexpected}}};
in_any_state(_, _, _) ->  %% What came too late, or for somebody else.
    keep_state_and_data.

changed(F) -> F#function{revision = F#function.revision + 1}.

updating(F) ->
    changed(F#function{update_status = in_progress, attempt = F#function.attempt + 1}).

updated(#function{attempt = A} = F) ->
    changed(F#function{update_status = successful, reason = none, held = A, version = A}).
