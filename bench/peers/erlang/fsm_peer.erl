%% Erlang's side of fsm-bench: keeps a population of functions (fsm_function) and measures when told.
%%
%%   erl ... -s fsm_peer main -extra SCENARIO FUNCTIONS THREADS IN_FLIGHT SEED
%%
%% It speaks lines on stdin and stdout. When it is ready it says
%%   functions N rss_bytes R
%% For each line "round SCENARIO SECONDS" it measures and answers
%%   ops N seconds S samples K bytes_per_function B rss_bytes R
%% followed by K lines "latency_ns L". It ends when stdin does.
-module(fsm_peer).

-export([main/0]).

-define(sample_interval, 64).
-define(samples_max, 100000).  %% Per driver and round.

%% Callers per scheduler in `invoke`: one was the fastest of 1, 2, 4 and 16.
-define(callers, 1).
%% Creates on their way per process when that is not what is measured.
-define(fill_window, 256).

main() ->
    [Scenario | Numbers] = init:get_plain_arguments(),
    [Functions, Threads, InFlight, Seed] = [list_to_integer(N) || N <- Numbers],
    %% Callers read the table all the time, creators write it all the time.
    ets:new(functions, [named_table, public, set, {read_concurrency, true},
                        {write_concurrency, true}]),
    in_own_process(fun() -> persistent_term:put(names, names(Functions)) end),
    How = #{threads => Threads, in_flight => InFlight, seed => Seed},
    Before = erlang:memory(total),
    case Scenario of
        "create" -> warm_up(min(Functions, 10000), Threads);
        _ -> create_all(Functions, Threads, ?fill_window)
    end,
    Bytes = (erlang:memory(total) - Before) / Functions,
    Scenario =:= "message" andalso
        in_own_process(fun() -> persistent_term:put(handles, handles(Functions)) end),
    say("functions ~b rss_bytes ~b~n", [Functions, rss_bytes()]),
    serve(How#{bytes => Bytes}).

serve(How) ->
    case io:get_line("") of
        Line when is_list(Line) ->
            ["round", Scenario, Seconds] = string:lexemes(Line, " \n"),
            {Result, Bytes} = round(Scenario, list_to_float(Seconds), How),
            {Ops, Nanoseconds, Samples} = Result,
            say("ops ~b seconds ~.6f samples ~b bytes_per_function ~.1f rss_bytes ~b~n",
                [Ops, Nanoseconds / 1.0e9, length(Samples), Bytes, rss_bytes()]),
            io:put_chars([["latency_ns ", integer_to_list(S), $\n] || S <- Samples]),
            serve(How);
        _ ->
            halt(0)
    end.

say(Format, Values) -> io:put_chars(io_lib:format(Format, Values)).

now_ns() -> erlang:monotonic_time(nanosecond).

%% Memory of this process that is resident, as the operating system counts it.
rss_bytes() ->
    case file:open("/proc/self/statm", [read, raw]) of
        {ok, File} ->
            {ok, Line} = file:read(File, 100),
            file:close(File),
            list_to_integer(lists:nth(2, string:lexemes(Line, " "))) * 4096;
        _ ->
            0
    end.

%% What it leaves behind is gone with the process.
in_own_process(Work) ->
    {_, Monitor} = spawn_monitor(Work),
    receive {'DOWN', Monitor, process, _, normal} -> ok end.

%% ---- the population -----------------------------------------------------------------------------

names(Count) ->
    Digits = max(7, length(integer_to_list(Count - 1))),
    list_to_tuple([iolist_to_binary(["function-", string:pad(integer_to_list(I), Digits, leading, $0)])
                   || I <- lists:seq(0, Count - 1)]).

handles(Count) ->
    Names = persistent_term:get(names),
    list_to_tuple([ets:lookup_element(functions, element(I, Names), 2) || I <- lists:seq(1, Count)]).

remove_all() ->
    in_own_process(fun() ->
        Pids = ets:foldl(fun({_, Pid}, Pids) -> [Pid | Pids] end, [], functions),
        ets:delete_all_objects(functions),
        lists:foreach(fun(Pid) -> exit(Pid, kill) end, Pids),
        lists:foreach(fun(Pid) ->
            Monitor = monitor(process, Pid),
            receive {'DOWN', Monitor, process, _, _} -> ok end
        end, Pids)
    end).

warm_up(Count, Threads) ->
    create_all(Count, Threads, ?fill_window),
    remove_all().

%% Creates the first Count functions, each to Active.
create_all(Count, Threads, Window) ->
    drive([fun(_) -> create(Count * I div Threads + 1, Count * (I + 1) div Threads, Window) end
           || I <- lists:seq(0, Threads - 1)], 0).

create(First, Last, Window) ->
    create(First, Last, Window, persistent_term:get(names), 0, 0, []).

create(Next, Last, Free, Names, Waiting, Ops, Samples) when Free > 0, Next =< Last ->
    Note = case Next rem ?sample_interval of
               0 -> now_ns();
               _ -> none
           end,
    Name = element(Next, Names),
    Pid = fsm_function:start(Name, self(), Note),
    true = ets:insert_new(functions, {Name, Pid}),
    %% A provider that answers at once.
    gen_statem:cast(Pid, {provisioned, 1}),
    create(Next + 1, Last, Free - 1, Names, Waiting + 1, Ops, Samples);
create(_, _, _, _, 0, Ops, Samples) ->
    {Ops, Samples};
create(Next, Last, Free, Names, Waiting, Ops, Samples) ->
    receive
        {active, none} ->
            create(Next, Last, Free + 1, Names, Waiting - 1, Ops + 1, Samples);
        {active, Started} ->
            create(Next, Last, Free + 1, Names, Waiting - 1, Ops + 1,
                   [now_ns() - Started | Samples])
    end.

%% ---- the scenarios ------------------------------------------------------------------------------

round("create", _, #{threads := Threads, in_flight := InFlight}) ->
    remove_all(),
    Count = tuple_size(persistent_term:get(names)),
    Before = erlang:memory(total),
    Result = create_all(Count, Threads, InFlight),
    {Result, (erlang:memory(total) - Before) / Count};
round("invoke", Seconds, #{threads := Threads, seed := Seed, bytes := Bytes}) ->
    {drive([fun(End) -> invoke(End, random_numbers(Seed, I)) end
            || I <- lists:seq(1, Threads * ?callers)], Seconds), Bytes};
round("message", Seconds, #{threads := Threads, in_flight := InFlight, seed := Seed,
                            bytes := Bytes}) ->
    {drive([fun(End) -> message(End, InFlight, random_numbers(Seed, I)) end
            || I <- lists:seq(1, Threads)], Seconds), Bytes}.

%% Runs a process per element of Work, all at once; gives their operations, the time until the last
%% one ended, and what they sampled.
drive(Work, Seconds) ->
    Self = self(),
    Begin = now_ns(),
    End = Begin + round(Seconds * 1.0e9),
    Drivers = [spawn_monitor(fun() -> Self ! {done, self(), Each(End)} end) || Each <- Work],
    Parts = [receive
                 {done, Pid, Part} -> Part;
                 {'DOWN', Monitor, process, _, Why} when Why =/= normal -> exit(Why)
             end || {Pid, Monitor} <- Drivers],
    Took = now_ns() - Begin,
    [demonitor(Monitor, [flush]) || {_, Monitor} <- Drivers],
    {lists:sum([Ops || {Ops, _} <- Parts]), Took, lists:append([Samples || {_, Samples} <- Parts])}.

%% By name: the table gives the process, a call is answered by it.
invoke(End, Random) ->
    Names = persistent_term:get(names),
    invoke(End, Random, Names, tuple_size(Names), 0, [], 0).

invoke(End, Random, Names, Count, Ops, Samples, Sampled) ->
    Random1 = invoke_many(?sample_interval - 1, Random, Names, Count),
    From = now_ns(),
    Random2 = invoke_many(1, Random1, Names, Count),
    Now = now_ns(),
    Ops1 = Ops + ?sample_interval,
    if
        Now >= End -> {Ops1, [Now - From | Samples]};
        Sampled < ?samples_max ->
            invoke(End, Random2, Names, Count, Ops1, [Now - From | Samples], Sampled + 1);
        true -> invoke(End, Random2, Names, Count, Ops1, Samples, Sampled)
    end.

invoke_many(0, Random, _, _) ->
    Random;
invoke_many(Left, Random, Names, Count) ->
    Pid = ets:lookup_element(functions, element(below(Count, Random), Names), 2),
    ok = gen_statem:call(Pid, invoke),
    invoke_many(Left - 1, rand:mwc59(Random), Names, Count).

%% By handle: a window of requests on their way. Casts and plain answers: a gen_statem:call would
%% monitor the function, which a request of CAF does not.
message(End, Window, Random) ->
    Handles = persistent_term:get(handles),
    Count = tuple_size(Handles),
    Random1 = ask_many(Window, Random, Handles, Count),
    message(End, Random1, Handles, Count, Window, Window, 0, none, {[], 0}).

message(_, _, _, _, 0, _, Ops, _, {Samples, _}) ->
    {Ops, Samples};
message(End, Random, Handles, Count, Waiting, Asked, Ops, Sample, {Samples, Sampled} = All) ->
    receive
        {ping, Answer} when Asked < 0 ->  %% The time is over.
            true = is_integer(Answer),
            message(End, Random, Handles, Count, Waiting - 1, Asked, Ops + 1, Sample, All);
        {ping, Answer} when is_tuple(Sample), element(1, Sample) =:= Answer ->
            Now = now_ns(),
            New = case Sampled < ?samples_max of
                      true -> {[Now - element(2, Sample) | Samples], Sampled + 1};
                      false -> All
                  end,
            case Now >= End of
                true ->
                    message(End, Random, Handles, Count, Waiting - 1, -1, Ops + 1, none, New);
                false ->
                    ask(Asked, Random, Handles, Count),
                    message(End, rand:mwc59(Random), Handles, Count, Waiting, Asked + 1, Ops + 1,
                            none, New)
            end;
        {ping, _} ->
            ask(Asked, Random, Handles, Count),
            Sample1 = case Asked rem ?sample_interval of
                          0 when Sample =:= none -> {Asked + 1, now_ns()};
                          _ -> Sample
                      end,
            message(End, rand:mwc59(Random), Handles, Count, Waiting, Asked + 1, Ops + 1, Sample1,
                    All)
    end.

ask_many(0, Random, _, _) ->
    Random;
ask_many(Left, Random, Handles, Count) ->
    ask(0, Random, Handles, Count),
    ask_many(Left - 1, rand:mwc59(Random), Handles, Count).

ask(Number, Random, Handles, Count) ->
    gen_statem:cast(element(below(Count, Random), Handles), {ping, self(), Number}).

%% ---- random numbers -----------------------------------------------------------------------------

random_numbers(Seed, Stream) -> rand:mwc59_seed(Seed * 1000003 + Stream).

%% 1 to Count, which is below 2^26.
below(Count, Random) -> (rand:mwc59_value32(Random) * Count) bsr 32 + 1.
