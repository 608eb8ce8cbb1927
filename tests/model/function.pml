/* One function between a caller, an invoker, the reclaimer, the provisioner and the store, around
   the rows of the lifecycle table as `fsm-lifecycle --promela` prints them. check_model.py puts the
   two together.

   The function takes one event at a time. Its transitions go to the journal; the store writes any
   number of them at once, and only then is the caller answered and the provisioner given its
   orders. All of it may crash between any two steps: then what the store has counts.

   Left out: time (a pause, a deadline or an idle time may be over at any moment), documents,
   revisions, other functions, audits, and the event attempt_started, which changes nothing. */

#include "rows.pml"

#ifndef CALLS
#define CALLS 3    /* Events that the caller causes. */
#endif
#ifndef ATTEMPTS
#define ATTEMPTS 3 /* Attempts that are started. */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#define PLACES 3   /* Of the journal; who finds it full waits. */
#define ORDERS 12  /* Of the provisioner: more than there can be. */

#define bit_of(number) (1 << (number))
#define starts(does) ((does) & (do_provision | do_update | do_restore))
#define settled (len(journal) == 0 && len(written) == 0)

mtype = { start_provision, start_update, start_restore, release_it };

/* What is known of the function: to itself, and to the store. `serial` counts the transitions. */
typedef record {
  mtype at = in_absent;
  byte attempt;  /* The latest; attempts are counted from 1. */
  byte held;     /* The attempt whose resources it has; 0 = none. */
  byte serial
};
record now;
record kept;
short kept_owed;   /* Attempts whose release the store knows to be owed; bits, as all of these. */

/* at, attempt, held, serial, what to start, what to release, what to give up */
chan journal = [PLACES] of { mtype, byte, byte, byte, mtype, byte, byte };
chan written = [PLACES] of { mtype, byte, byte, byte, mtype, byte, byte };
chan orders = [ORDERS] of { mtype, byte };  /* What is owed to the provider, and for which attempt. */
short note_owed;   /* Notes on their way to the store. */
short note_gone;
short given_up;    /* Attempts that nobody waits for any more. */
short draining;    /* Resources to be released when nothing runs on them. */
short running;     /* Resources that an invocation runs on. */
short made;        /* What the provider holds. */
byte epoch;        /* Counts the starts of the process. */
byte acknowledged; /* The latest transition that anybody has been told of. */
mtype shown = in_absent;  /* The situation that has been delivered. */

/* An event for the function, the attempt that it is about (0 = none). Only the provisioner's are
   about one. It knows that an attempt has failed, and releases what it made by itself. */
chan mailbox = [0] of { mtype, byte };


/* -- the function ------------------------------------------------------------------------------ */

/* What must hold of every transition. */
inline keep_promises() {
  /* An update that starts, runs, succeeds or fails leaves an Active function Active. */
  assert(!(is_active(before) && (what == on_update || what == on_update_succeeded ||
                                 what == on_update_failed)) || is_active(next));
  /* A function that is in use does not go idle, nor Failed. */
  assert(is_active(next) || next == in_absent || released == 0 ||
         (running & bit_of(released)) == 0);
  /* Resources are had in Active, and only there. */
  assert((now.held != 0) == (is_active(next) != 0))
}

inline change_record() {
  if
  :: does & do_release -> released = now.held; now.held = 0
  :: else
  fi;
  if
  :: (does & do_abandon) && number == 0 -> abandoned = now.attempt
  :: else
  fi;
  if
  :: does & do_adopt -> now.held = now.attempt
  :: else
  fi;
  if
  :: does & do_provision -> starting = start_provision
  :: does & do_update -> starting = start_update
  :: does & do_restore -> starting = start_restore
  :: else
  fi;
  now.attempt = now.attempt + (starting != 0 -> 1 : 0);
  now.at = next;
  now.serial++
}

active proctype function() {
  mtype what; mtype before; mtype next; mtype said; mtype starting;
  short does; byte number; byte released; byte abandoned;
end:
  do
  :: atomic { mailbox?what, number ->
       before = now.at;
       lifecycle(before, what, next, said, does);
       if
       :: number != 0 && number != now.attempt -> skip  /* An attempt that is over. */
       :: starts(does) && now.attempt == ATTEMPTS -> skip  /* Refused: too many requests. */
       :: else ->
          if
          :: what == on_invoke && said == says_accepted && settled ->
             /* No invocation is admitted unless the function is Active, for the store, too, and
                has its resources. */
             assert(is_active(kept.at));
             assert(now.held != 0 && (made & bit_of(now.held)));
             running = running | bit_of(now.held)
          :: else
          fi;
          if
          :: next != before || (does & do_renew_revision) ->
             change_record();
             keep_promises();
             journal!now.at, now.attempt, now.held, now.serial, starting, released, abandoned;
#ifdef ANSWER_EARLY  /* What must go wrong: the caller is told before the store has it. */
             acknowledged = now.serial;
#endif
          :: else -> assert(does == 0 || does == do_touch)
          fi
       fi;
       what = 0; before = 0; next = 0; said = 0; starting = 0;
       does = 0; number = 0; released = 0; abandoned = 0 }
  od
}

/* -- who causes events ------------------------------------------------------------------------- */

active proctype caller() {
  byte calls; mtype what;
end:
  do
  :: atomic { calls < CALLS && nfull(journal) ->
       calls++;
       any_call(what);
       mailbox!what, 0 }
     what = 0
  od
}

/* Runs one invocation at a time on each version, and any number of them. */
active proctype invoker() {
  byte on;
end:
  do
  :: atomic { settled && (running & bit_of(now.held)) == 0 -> mailbox!on_invoke, 0 }
  :: atomic { running != 0 ->
       do  /* Any of them. */
       :: (running & bit_of(on)) -> break
       :: !(running & bit_of(on)) || (running >> (on + 1)) != 0 -> on++
       od;
       running = running & ~bit_of(on);
       if
       :: draining & bit_of(on) -> draining = draining & ~bit_of(on); orders!release_it, on
       :: else
       fi;
       on = 0 }
  od
}

/* The function closes its admission word first, which it cannot while an invocation runs. */
active proctype reclaimer() {
end:
  do
  :: atomic { is_active(shown) && nfull(journal) &&
              (!is_active(now.at) || (running & bit_of(now.held)) == 0) ->
       shown = in_absent;
       mailbox!on_idle_due, 0 }
  od
}

/* -- the store ---------------------------------------------------------------------------------- */

inline write_first() {
  journal?at, attempt, held, serial, start, gone, abandon;
  kept.at = at; kept.attempt = attempt; kept.held = held; kept.serial = serial;
  kept_owed = (kept_owed | bit_of(gone) | bit_of(abandon)) & ~1;
  written!at, attempt, held, serial, start, gone, abandon
}

inline keep_notes() {
  kept_owed = (kept_owed | note_owed) & ~note_gone;
  note_owed = 0; note_gone = 0
}

active proctype store() {
  mtype at; byte attempt; byte held; byte serial; mtype start; byte gone; byte abandon;
end:
  do
  /* A batch: all of it or nothing. What comes meanwhile is for the next one. */
  :: atomic { nempty(journal) && nfull(written) ->
       write_first();
       do
       :: nempty(journal) && nfull(written) -> write_first()
       :: break
       od;
       keep_notes() }
  :: atomic { note_owed != 0 || note_gone != 0 -> keep_notes() }
  /* What is durable is delivered in its order: the answer, and then the orders. */
  :: atomic { written?at, attempt, held, serial, start, gone, abandon ->
       acknowledged = serial;
       shown = at;
       if
       :: gone != 0 && (running & bit_of(gone)) -> draining = draining | bit_of(gone)
       :: gone != 0 && !(running & bit_of(gone)) -> orders!release_it, gone
       :: else
       fi;
       if
       :: abandon != 0 -> given_up = given_up | bit_of(abandon); orders!release_it, abandon
       :: else
       fi;
       if
       :: start != 0 -> orders!start, attempt
       :: else
       fi }
     atomic { at = 0; attempt = 0; held = 0; serial = 0; start = 0; gone = 0; abandon = 0 }
  od
}

/* -- the provisioner, and the provider behind it ----------------------------------------------- */

#define outcome(what, good)                                                          \
  (what == start_provision -> (good -> on_provision_succeeded : on_provision_failed) \
  : (what == start_update -> (good -> on_update_succeeded : on_update_failed)        \
                          : (good -> on_restore_succeeded : on_restore_failed)))

/* One order after the other. The answer to an attempt may be lost: then it counts as failed when
   its deadline has passed, and the resources may be there or not. */
active proctype provisioner() {
  mtype what; byte number; byte mine; bool succeeded;
end:
  do
  :: atomic { orders?what, number ->
       mine = epoch;
       succeeded = false;
       if
       :: what == release_it ->
          assert((running & bit_of(number)) == 0);  /* Nothing runs on what is taken away. */
          made = made & ~bit_of(number)
       :: what != release_it && (given_up & bit_of(number)) -> skip
       :: what != release_it && !(given_up & bit_of(number)) ->
          if
          :: made = made | bit_of(number); succeeded = true
          :: made = made | bit_of(number)
          :: skip
          fi
       fi }
     atomic {
       epoch != mine || (given_up & bit_of(number)) || what == release_it || nfull(journal) ->
       if
       :: epoch != mine -> skip
       :: epoch == mine && what == release_it ->
          note_owed = note_owed & ~bit_of(number);
          note_gone = note_gone | bit_of(number)
       :: epoch == mine && what != release_it && (given_up & bit_of(number)) -> skip
       :: else ->
          if
          :: !succeeded ->  /* Whatever it made goes, also if only the provider knows of it. */
             note_owed = note_owed | bit_of(number);
             orders!release_it, number
          :: else
          fi;
          mailbox!outcome(what, succeeded), number
       fi }
     atomic { what = 0; number = 0; mine = 0; succeeded = false }
  od
}

/* -- the end of the process, and its next start ------------------------------------------------ */

inline forget_all() {
  do
  :: nempty(journal) -> journal?_, _, _, _, _, _, _
  :: nempty(written) -> written?_, _, _, _, _, _, _
  :: nempty(orders) -> orders?_, _
  :: empty(journal) && empty(written) && empty(orders) -> break
  od;
  note_owed = 0; note_gone = 0; given_up = 0; draining = 0; running = 0
}

active proctype crash() {
  byte crashes = 0; byte number;
end:
  do
  :: atomic { crashes < CRASHES ->
       crashes++;
       epoch++;
       forget_all();
       now.at = kept.at; now.attempt = kept.attempt;
       now.held = kept.held; now.serial = kept.serial;
       shown = now.at;
       /* What anybody was told of is there. */
       assert(kept.serial >= acknowledged);
       /* Releases first, then the attempt that was under way. */
       number = 1;
       do
       :: number <= ATTEMPTS && (kept_owed & bit_of(number)) -> orders!release_it, number; number++
       :: number <= ATTEMPTS && !(kept_owed & bit_of(number)) -> number++
       :: number > ATTEMPTS -> break
       od;
       number = 0;
       if
       :: awaits_provision(kept.at) -> orders!start_provision, kept.attempt
       :: awaits_update(kept.at) -> orders!start_update, kept.attempt
       :: awaits_restore(kept.at) -> orders!start_restore, kept.attempt
       :: else
       fi }
  od
}

/* -- what happens in the end ------------------------------------------------------------------- */

#define is_waiting (is_pending(now.at) || awaits_update(now.at))
#define is_tidy ((made & ~(running | bit_of(now.held))) == 0)

/* The provider answers, or its deadline passes: so nobody waits for ever. */
ltl leaves { [] (is_waiting -> <> !is_waiting) }
/* When calls and crashes have come to an end, nothing is held but what the function owns, and what
   an invocation still runs on. */
ltl tidy { <> [] is_tidy }
