/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The protocol of the executor (lib/exec/executor.c, worker.c): a queue, a mutex and two conditions. Threads queue
 * jobs and may take them back; workers begin when a job finds none idle, up to a bound; one more thread shuts the
 * pool down, with the queue dropped or not, and waits for the workers to end. A condition may wake a thread
 * without having been signalled. One worker is woken at a time: as soon as it has a job, it asks whether another
 * is needed. Before it sleeps one of them waits a moment without the mutex: as long as it likes, so the flag that
 * makes that shorter is not here. Nor is the line of those who wait for room.
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

#define ENDED (ends[0] == 1 && (JOBS < 2 || ends[1] == 1) && (JOBS < 3 || ends[2] == 1))

bool is_locked;
bool is_queued[JOBS];
byte ends[JOBS];          /* how often each job has come to an end */
byte queued, idle, workers, begun, sleepers;
bool is_waking, is_spinning;
bool is_shut_down, is_over;
bool work_waits[WORKERS + JOBS], work_woken[WORKERS + JOBS]; /* a worker that dies is another one later */
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
    :: is_queued[job] -> break
    :: else -> job++
    od
}

/* Wakes one of those that wait, any. */
inline signal_work()
{
    atomic {
        if
        :: work_waits[0] && !work_woken[0] -> work_woken[0] = true
        :: WORKERS > 1 && work_waits[1] && !work_woken[1] -> work_woken[1] = true
        :: else -> skip
        fi
    }
}

/* Is a worker to be woken? With the mutex held. */
inline ask(needed)
{
    d_step {
        needed = sleepers > 0 && !is_waking && queued > is_spinning;
        is_waking = is_waking || needed
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
        :: WORKERS > 1 && work_waits[1] -> work_woken[1] = true
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
    :: queued == 0 && is_shut_down -> break
    :: queued == 0 && !is_shut_down ->
        if
        :: !is_spinning ->
            is_spinning = true;
            unlock();
            lock();
#ifndef SPINS_ON /* a mistake */
            is_spinning = false
#endif
        :: else -> skip
        fi;
        if
        :: queued > 0 -> skip
        :: else ->
            sleepers++;
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
            atomic { is_waking = false; sleepers-- }
        fi
    :: queued > 0 ->
        atomic {
            first_job(job);
            is_queued[job] = false;
            queued--;
            idle--
        };
        ask(needed);
        if
        :: needed -> signal_work()
        :: else -> skip
        fi;
        unlock();
        d_step { ends[job]++; assert(ends[job] == 1); job = 0; needed = false };
        lock();
        idle++
    od;
    atomic {
        idle--;
        workers--;
        if
        :: end_waits -> end_woken = true
        :: else -> skip
        fi
    };
    unlock()
}

proctype submitter(byte job)
{
    bool is_in, needed;
    lock();
    if
    :: is_shut_down -> d_step { ends[job]++; assert(ends[job] == 1) }
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
#ifdef ASKS_FIRST /* a mistake */
        ask(needed);
        d_step { is_queued[job] = true; queued++ };
#else
        d_step { is_queued[job] = true; queued++ };
        ask(needed);
#endif
        is_in = true
    fi;
    unlock();
    if
    :: needed -> signal_work()
    :: else -> skip
    fi;
    if
    :: is_in -> /* take it back */
        lock();
        d_step {
            if
            :: is_queued[job] -> is_queued[job] = false; queued--; ends[job]++; assert(ends[job] == 1)
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
    broadcast_work();
    unlock();
    if
    :: /* drop what waits, one by one */
        do
        :: lock();
            if
            :: queued == 0 -> unlock(); break
            :: else ->
                atomic {
                    first_job(job);
                    is_queued[job] = false;
                    queued--
                };
                unlock();
                d_step { ends[job]++; assert(ends[job] == 1); job = 0 }
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
        do
        :: i < JOBS -> run submitter(i); i++
        :: else -> break
        od;
        run shutdown()
    }
}

ltl all_end { <> (is_over && ENDED) }
