/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SCHEDULE_H
#define HENCE_TESTS_SCHEDULE_H

/*
 * A scheduler that runs a small program of several threads in every order there is.
 *
 * The library is compiled once more, unchanged, with -fsanitize=thread, which makes the compiler report every
 * access to memory and every atomic operation, with its memory order, to functions that are found here; and
 * with hooks.h, which puts our own in the place of mutexes, conditions, threads, the eventfd and libevent.
 * Threads are coroutines of one real thread. Each stops before whatever another thread may see or change, and
 * the scheduler says which one goes on.
 *
 *   explore.c   which orders there are: depth first, each by running the program from its beginning
 *   threads.c   coroutines
 *   memory.c    the blocks that the program allocates: who may touch what, by vector clocks
 *   atomics.c   atomic operations: which values a load may give
 *   system.c    mutexes, conditions, the eventfd, the clock
 *   events.c    as much of libevent as a loop needs
 *
 * Orders that differ only in operations which do not touch each other's objects are the same, and run once
 * (dynamic partial-order reduction, Flanagan and Godefroid 2005, with sleep sets).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEDULE_THREADS 8
#define MAIN_CONTEXT     SCHEDULE_THREADS

/* A vector clock: of each thread, how far it is known. */
struct schedule_clock {
    uint16_t at[SCHEDULE_THREADS];
};

static inline void schedule_clock_join(struct schedule_clock *clock,
                                       const struct schedule_clock *other)
{
    for (int i = 0; i < SCHEDULE_THREADS; i++)
        if (clock->at[i] < other->at[i])
            clock->at[i] = other->at[i];
}

/* ---- what a thread is about to do: explore.c ---- */

enum schedule_touch {
    TOUCHES_NOTHING,
    READS,
    WRITES,
    LOCKS,
    UNLOCKS
};

struct schedule_operation {
    const char *what;
    const void *object;
    enum schedule_touch touch;
    const void *mutex; /* a second object that it locks or unlocks */
    enum schedule_touch touch_mutex;
    bool (*may_go)(const void *arg); /* NULL: at any time */
    const void *arg;
    const int *enabler; /* the step that lets it go, or NULL */
};

/* The thread stops before an operation, until it is its turn. */
void schedule_point(const struct schedule_operation *operation);
/* One of n ways to go on: 0 is tried first. */
int schedule_choose(int n, const char *what);
/* Takes one from what the system may do but rarely does: stale loads, spurious wake-ups. */
bool schedule_may_surprise(void);
void schedule_take_surprise(void);
/* The number of the step that the thread is at. */
int schedule_step(void);
_Noreturn void schedule_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* For the trace of a failure. */
void schedule_name(const void *object, const char *name);

/* ---- threads.c ---- */

typedef void schedule_fn(void *arg);

/* Begins a thread: its number. */
int schedule_start(const char *name, schedule_fn *fn, void *arg);
void schedule_join(int thread);
/* Which one runs. */
int schedule_self(void);
const char *schedule_thread_name(int thread);

struct schedule_thread {
    const char *name;
    schedule_fn *fn;
    void *arg;
    struct schedule_operation next; /* what it is about to do */
    struct schedule_clock order;    /* of steps that depend on each other: explore.c */
    struct schedule_clock known;    /* of C's memory model: memory.c */
    void (*cleanup)(void *arg);     /* pthread_cleanup_push() */
    void *cleanup_arg;
    int ended_at; /* the step; 0: it goes on */
    bool has_ended;
};

extern struct schedule_thread schedule_threads[SCHEDULE_THREADS];
extern int schedule_thread_count;

void schedule_threads_init(void);
void schedule_threads_reset(void);
/* Goes on with another one. MAIN_CONTEXT: with the explorer, and the schedule is over. */
void schedule_switch(int thread);
/* The current thread ends here. */
_Noreturn void schedule_end_thread(void);

/* ---- memory.c ---- */

void schedule_memory_reset(void);
size_t schedule_memory_live(void);
/* The thread that runs takes a step. */
void schedule_memory_step(void);
bool schedule_memory_is_shared(const volatile void *p);
void schedule_memory_check(const volatile void *p, size_t size, const char *what);
/* By an access that is not atomic. */
bool schedule_memory_was_written(const volatile void *p);
/* A number that belongs to this address, 0 at first. */
uint16_t *schedule_memory_number(const volatile void *p);
struct schedule_clock *schedule_known(void);

/* ---- atomics.c, system.c, events.c ---- */

void schedule_atomics_reset(void);
void schedule_system_reset(void);
void schedule_events_reset(void);
/* How many wake-ups may be on their way in an eventfd before that is a failure. */
void schedule_allow_wakeups(uint64_t n);
/* How many threads pthread_create() may begin; then it fails. */
void schedule_allow_workers(int n);
/* Whether libevent tells of each write once. */
void schedule_allow_edges(bool allowed);
/* Waits for it; or, `now`, only looks. */
bool schedule_fd_wait(int fd, bool now, bool is_edge);

/* ---- a program ---- */

struct schedule_scenario {
    const char *name; /* NULL: the last one */
    schedule_fn *run; /* the first thread */
    const char *what; /* it does, with %d for the numbers */
    int numbers[3];
    int surprises;
    int preemptions; /* at most, in all orders; UNBOUNDED: any number, each order that differs once */
    bool is_full;    /* only with --full */
    unsigned long limit; /* of schedules; 0: none */
};

#define UNBOUNDED (-1)

/* The number that belongs to the scenario that runs. */
int schedule_number(int i);
int schedule_main(int argc, char **argv, const struct schedule_scenario *scenarios);

#endif
