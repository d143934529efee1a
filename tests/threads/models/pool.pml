/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The protocol of the executor (lib/exec/executor.c, worker.c): a queue, a mutex and two conditions, and in front of
 * the queue an inbox with a mutex of its own, open as long as all workers are there. Threads bring jobs, into the inbox
 * if it is open or into the queue, and may take them back; workers begin when a job finds none idle, up to a bound; one
 * more thread shuts the pool down, with the queue dropped or not, and waits for the workers to end. A condition may
 * wake a thread without having been signalled. One worker is woken at a time: as soon as it has a job, it asks whether
 * another is needed. Before it sleeps one of them waits a moment without the mutex: as long as it likes, so what makes
 * that shorter is not here. Nor is the line of those who wait for room.
 *
 * What is done with the inbox's mutex held is one step: without it nothing of that is seen but the number of jobs,
 * which changes once in it.
 *
 * OPEN: all workers are there at the beginning. MEET: the first two jobs wait for each other, so that a job which waits while a worker sleeps is a deadlock. DIES:
 * the worker of the first job ends in it.
 *
 * Each job runs, is taken back, dropped or refused, once; nobody sleeps for ever; when shutting down has come to
 * its end no worker is left.
 */
#ifndef JOBS
#define JOBS 3
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef SPURIOUS
#define SPURIOUS 1
#endif
#ifdef DIES
#define MOST 3 /* workers that ever begin; then nobody shuts it down before all jobs have ended */
#else
#define MOST WORKERS
#endif

#define ENDED (ends[0] == 1 && (JOBS < 2 || ends[1] == 1) && (JOBS < 3 || ends[2] == 1))

#define NOWHERE  0
#define IN_INBOX 1
#define IN_QUEUE 2

bool is_locked;
byte place[JOBS];
byte ends[JOBS];    /* how often each job has come to an end */
bool started[JOBS]; /* or has come to an end */
byte in_queue;      /* jobs there */
byte queued;        /* there and in the inbox */
byte idle, workers, begun, sleepers;
bool has_sleepers, is_open, is_waking, is_spinning;
bool is_shut_down, is_over;
bool work_waits[3], work_woken[3];
bool end_waits, end_woken;
byte spurious = SPURIOUS;

inline lock()
{
    atomic { !is_locked -> is_locked = true }
}

inline unlock()
{
    is_locked = false
}

inline first_job(job)
{
    job = 0;
    do
    :: place[job] == IN_QUEUE -> break
    :: else -> job++
    od
}

inline end_job(job)
{
    ends[job]++;
    started[job] = true;
    assert(ends[job] == 1)
}

/* Part of a step. */
inline empty_inbox()
{
    if
    :: place[0] == IN_INBOX -> place[0] = IN_QUEUE; in_queue++
    :: else -> skip
    fi;
    if
    :: JOBS > 1 && place[1] == IN_INBOX -> place[1] = IN_QUEUE; in_queue++
    :: else -> skip
    fi;
    if
    :: JOBS > 2 && place[2] == IN_INBOX -> place[2] = IN_QUEUE; in_queue++
    :: else -> skip
    fi
}

inline take_inbox()
{
    d_step { empty_inbox() }
}

/* Opens or closes it. */
inline set_inbox(may_be_open)
{
    d_step {
        is_open = may_be_open && workers >= WORKERS && !is_shut_down;
        empty_inbox()
    }
}

/* Wakes one of those that wait, any. */
inline signal_work()
{
    atomic {
        if
        :: work_waits[0] && !work_woken[0] -> work_woken[0] = true
        :: MOST > 1 && work_waits[1] && !work_woken[1] -> work_woken[1] = true
        :: MOST > 2 && work_waits[2] && !work_woken[2] -> work_woken[2] = true
        :: else -> skip
        fi
    }
}

inline set_sleepers(number, waking)
{
    sleepers = number;
    is_waking = waking;
    has_sleepers = sleepers > 0 && !is_waking
}

/* Is a worker to be woken? With the mutex held. */
inline ask(needed)
{
    d_step {
        needed = sleepers > 0 && !is_waking && queued > is_spinning;
        is_waking = is_waking || needed;
        has_sleepers = sleepers > 0 && !is_waking
    }
}

inline broadcast_work()
{
    d_step {
        if
        :: work_waits[0] -> work_woken[0] = true
        :: else -> skip
        fi;
        if
        :: work_waits[1] -> work_woken[1] = true
        :: else -> skip
        fi;
        if
        :: work_waits[2] -> work_woken[2] = true
        :: else -> skip
        fi
    }
}

proctype worker(byte self)
{
    byte job;
    bool needed;
    lock();
    do
    :: in_queue == 0 ->
        if
        :: !is_spinning && !is_shut_down ->
            is_spinning = true;
            unlock();
            lock();
#ifndef SPINS_ON /* a mistake */
            is_spinning = false
#endif
        :: else -> skip
        fi;
        take_inbox();
        if
        :: in_queue > 0 -> skip
        :: in_queue == 0 && is_shut_down -> break
        :: else ->
#ifdef LOOKS_FIRST /* a mistake */
            take_inbox();
            d_step { set_sleepers(sleepers + 1, is_waking) };
#else
            d_step { set_sleepers(sleepers + 1, is_waking) };
            take_inbox();
#endif
            if
            :: in_queue > 0 ->
#ifdef CLEARS_ANOTHERS /* a mistake */
                d_step { set_sleepers(sleepers - 1, false) }
#else
                d_step { set_sleepers(sleepers - 1, is_waking) }
#endif
            :: else ->
                do
                :: !is_waking && !is_shut_down ->
                    atomic { work_waits[self] = true; work_woken[self] = false; is_locked = false };
                    atomic {
                        if
                        :: work_woken[self] && !is_locked
                        :: spurious && !is_locked -> spurious--
                        fi;
                        work_waits[self] = false;
                        work_woken[self] = false;
                        is_locked = true
                    }
                :: else -> break
                od;
                atomic { set_sleepers(sleepers - 1, false) };
#ifndef WOKEN_TRUSTS /* a mistake */
                if
                :: in_queue > 0 -> take_inbox()
                :: else -> skip
                fi
#endif
            fi
        fi
    :: in_queue > 0 ->
        atomic {
            first_job(job);
            place[job] = NOWHERE;
            started[job] = true;
            in_queue--;
            queued--;
            idle--
        };
        needed = false;
#ifndef NOT_HANDED_ON /* a mistake */
        if
        :: in_queue > 0 -> ask(needed)
        :: else -> skip
        fi;
#endif
        if
        :: needed -> signal_work()
        :: else -> skip
        fi;
        unlock();
#ifdef MEET
        if
        :: job == 0 -> started[1]
        :: job == 1 -> started[0]
        :: else -> skip
        fi;
#endif
        d_step { end_job(job); needed = false };
        lock();
#ifdef DIES
        if
        :: job == 0 -> goto dies
        :: else -> skip
        fi;
#endif
        job = 0;
        idle++
    od;
    idle--;
dies:
    job = 0;
#ifndef STAYS_OPEN /* a mistake */
    set_inbox(false);
#endif
    atomic {
        if
        :: queued > idle ->
            run worker(begun);
            begun++;
            workers++;
            idle++
        :: else -> skip
        fi
    };
    workers--;
#ifndef STAYS_OPEN
    set_inbox(true);
#endif
    if
    :: end_waits -> end_woken = true
    :: else -> skip
    fi;
    unlock()
}

proctype submitter(byte job)
{
    bool is_in, needed;
    if
    :: is_open ->
#ifdef FLAG_FIRST /* a mistake */
        needed = has_sleepers;
#endif
        d_step {
            if
            :: is_open -> place[job] = IN_INBOX; queued++; is_in = true
            :: else -> skip
            fi
        };
        if
#ifdef FLAG_FIRST
        :: is_in && needed ->
#else
        :: is_in && has_sleepers ->
#endif
            lock();
            ask(needed);
            unlock();
            if
            :: needed -> signal_work()
            :: else -> skip
            fi
        :: else -> skip
        fi
    :: skip /* closed; or a job that may stand in line */
    fi;
    if
    :: !is_in ->
        needed = false;
        lock();
        if
        :: is_shut_down -> d_step { end_job(job) }
        :: else ->
            atomic {
                if
                :: queued >= idle && workers < WORKERS ->
                    run worker(begun);
                    begun++;
                    workers++;
                    idle++
                :: else -> skip
                fi
            };
            if
            :: workers >= WORKERS -> set_inbox(true)
            :: else -> skip
            fi;
#ifdef ASKS_FIRST /* a mistake */
            ask(needed);
            d_step { empty_inbox(); place[job] = IN_QUEUE; in_queue++; queued++ };
#else
            d_step { empty_inbox(); place[job] = IN_QUEUE; in_queue++; queued++ };
            ask(needed);
#endif
            is_in = true
        fi;
        unlock();
        if
        :: needed -> signal_work()
        :: else -> skip
        fi
    :: else -> skip
    fi;
    if
    :: is_in && !ends[job] -> /* take it back */
        lock();
        d_step {
            empty_inbox();
            if
            :: place[job] == IN_QUEUE -> place[job] = NOWHERE; in_queue--; queued--; end_job(job)
            :: else -> skip
            fi
        };
        unlock()
    :: skip
    fi
}

proctype shutdown()
{
    byte job;
#ifdef SHUTS_DOWN_LAST /* nobody is woken by that */
    ENDED;
#endif
    lock();
    is_shut_down = true;
    set_inbox(false);
    broadcast_work();
    unlock();
    if
    :: /* drop what waits, one by one */
        do
        :: lock();
            if
            :: in_queue == 0 -> unlock(); break
            :: else ->
                atomic {
                    empty_inbox();
                    first_job(job);
                    place[job] = NOWHERE;
                    in_queue--;
                    queued--
                };
                unlock();
                d_step { end_job(job); job = 0 }
            fi
        od
    :: skip
    fi;
    lock();
    do
    :: workers == 0 -> break
    :: else ->
        atomic { end_waits = true; end_woken = false; is_locked = false };
        atomic { end_woken && !is_locked -> is_locked = true; end_waits = false; end_woken = false }
    od;
    unlock();
    d_step {
        assert(workers == 0 && queued == 0);
        is_over = true
    }
}

init {
    byte i = 0;
    atomic {
#ifdef OPEN
        do
        :: begun < WORKERS -> run worker(begun); begun++
        :: else -> break
        od;
        workers = WORKERS;
        idle = WORKERS;
        is_open = true;
#endif
        do
        :: i < JOBS -> run submitter(i); i++
        :: else -> break
        od;
        run shutdown()
    }
}

ltl all_end { <> (is_over && ENDED) }
