/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the system gives, for threads that a scheduler moves. A mutex passes on what its holder has done; a
 * condition and an eventfd pass on nothing, as POSIX promises nothing. A thread that waits with a time limit may
 * go on with ETIMEDOUT at any moment. Which of several waiting threads a signal wakes is tried in all ways; waking
 * without a reason is a surprise (see atomics.c).
 */
#include "hooks.h"
#undef write

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schedule.h"

#define MUTEXES     64
#define WAITERS     SCHEDULE_THREADS
#define DESCRIPTORS 8
#define FIRST_FD    1000

/* ---- mutexes ---- */

struct mutex {
    int holder; /* -1: nobody */
    struct schedule_clock published;
};

struct condition {
    bool waits[WAITERS];
    bool is_woken[WAITERS];
    int woken_at[WAITERS];
};

static struct mutex mutexes[MUTEXES];
static struct condition conditions[MUTEXES];
static int mutex_count, condition_count;

/* Its number is in its own memory, which must not be free. */
static struct mutex *find_mutex(const pthread_mutex_t *mutex)
{
    int number;
    schedule_memory_check(mutex, sizeof number, "uses");
    memcpy(&number, mutex, sizeof number);
    return &mutexes[number];
}

static struct condition *find_condition(const pthread_cond_t *condition)
{
    int number;
    schedule_memory_check(condition, sizeof number, "uses");
    memcpy(&number, condition, sizeof number);
    return &conditions[number];
}

int schedule_mutex_init(pthread_mutex_t *mutex)
{
    if (mutex_count == MUTEXES)
        schedule_fail("too many mutexes");
    mutexes[mutex_count] = (struct mutex){.holder = -1};
    memcpy(mutex, &mutex_count, sizeof mutex_count);
    mutex_count++;
    return 0;
}

int schedule_mutex_destroy(pthread_mutex_t *mutex)
{
    if (find_mutex(mutex)->holder >= 0)
        schedule_fail("a mutex is destroyed that is held");
    return 0;
}

static bool is_unlocked(const void *mutex)
{
    return ((const struct mutex *)mutex)->holder < 0;
}

static void hold(struct mutex *mutex)
{
    mutex->holder = schedule_self();
    schedule_clock_join(schedule_known(), &mutex->published);
}

static void let_go(struct mutex *mutex)
{
    if (mutex->holder != schedule_self())
        schedule_fail("a mutex is unlocked by a thread that does not hold it");
    mutex->holder = -1;
    mutex->published = *schedule_known();
    schedule_memory_step();
}

int schedule_mutex_lock(pthread_mutex_t *p)
{
    struct mutex *mutex = find_mutex(p);
    if (mutex->holder == schedule_self())
        schedule_fail("a thread locks a mutex twice");
    schedule_point(&(struct schedule_operation){
        .what = "locks", .object = p, .touch = LOCKS, .may_go = is_unlocked, .arg = mutex});
    find_mutex(p);
    hold(mutex);
    return 0;
}

int schedule_mutex_unlock(pthread_mutex_t *p)
{
    struct mutex *mutex = find_mutex(p);
    schedule_point(&(struct schedule_operation){.what = "unlocks", .object = p, .touch = UNLOCKS});
    let_go(mutex);
    return 0;
}

/* ---- conditions ---- */

int schedule_cond_init(pthread_cond_t *condition)
{
    if (condition_count == MUTEXES)
        schedule_fail("too many conditions");
    conditions[condition_count] = (struct condition){.waits = {false}};
    memcpy(condition, &condition_count, sizeof condition_count);
    condition_count++;
    return 0;
}

int schedule_cond_destroy(pthread_cond_t *p)
{
    const struct condition *condition = find_condition(p);
    for (int i = 0; i < WAITERS; i++)
        if (condition->waits[i] && !condition->is_woken[i])
            schedule_fail("a condition is destroyed that %s waits for", schedule_thread_name(i));
    return 0;
}

struct wait {
    struct condition *condition;
    struct mutex *mutex;
    int thread;
    bool may_wake; /* without being woken */
};

static bool may_wake_up(const void *arg)
{
    const struct wait *wait = arg;
    return wait->mutex->holder < 0 && (wait->may_wake || wait->condition->is_woken[wait->thread]);
}

int schedule_cond_wait(pthread_cond_t *p, pthread_mutex_t *q, const struct timespec *until)
{
    const bool is_timed = until;
    const int self = schedule_self();
    struct condition *condition = find_condition(p);
    struct wait wait = {condition, find_mutex(q), self, is_timed};
    schedule_point(&(struct schedule_operation){
        .what = "waits", .object = p, .touch = WRITES, .mutex = q, .touch_mutex = UNLOCKS});
    condition->waits[self] = true;
    condition->is_woken[self] = false;
    let_go(wait.mutex);
    if (!is_timed && schedule_may_surprise() &&
        schedule_choose(2, "waits to be woken, or wakes without a reason")) {
        schedule_take_surprise();
        wait.may_wake = true;
    }
    schedule_point(
        &(struct schedule_operation){.what = "goes on and locks",
                                     .object = p,
                                     .touch = WRITES,
                                     .mutex = q,
                                     .touch_mutex = LOCKS,
                                     .may_go = may_wake_up,
                                     .arg = &wait,
                                     .enabler = wait.may_wake ? NULL : &condition->woken_at[self]});
    const bool was_woken = condition->is_woken[self];
    condition->waits[self] = false;
    hold(find_mutex(q));
    return is_timed && !was_woken ? ETIMEDOUT : 0;
}

int schedule_cond_wake(pthread_cond_t *p, int all)
{
    int sleeping[WAITERS], count = 0;
    struct condition *condition = find_condition(p);
    schedule_point(&(struct schedule_operation){
        .what = all ? "wakes all" : "wakes one", .object = p, .touch = WRITES});
    for (int i = 0; i < WAITERS; i++)
        if (condition->waits[i] && !condition->is_woken[i])
            sleeping[count++] = i;
    const int first = all || !count ? 0 : schedule_choose(count, "wakes");
    for (int i = first; i < (all ? count : first + 1) && i < count; i++) {
        condition->is_woken[sleeping[i]] = true;
        condition->woken_at[sleeping[i]] = schedule_step();
    }
    return 0;
}

/* ---- threads ---- */

struct begun {
    void *(*fn)(void *arg);
    void *arg;
};

static struct begun begun[SCHEDULE_THREADS];
static int workers, allowed_workers;

void schedule_allow_workers(int n)
{
    allowed_workers = n;
}

static void run_thread(void *arg)
{
    struct begun *self = arg;
    self->fn(self->arg);
}

int schedule_nothing(unsigned long first, ...)
{
    (void)first;
    return 0;
}

int schedule_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *),
                    void *arg)
{
    static const char *const names[] = {"worker 1", "worker 2", "worker 3", "worker 4",
                                        "worker 5", "worker 6", "worker 7", "worker 8"};
    (void)attributes;
    if (workers == allowed_workers)
        return EAGAIN;
    *thread = 0;
    begun[workers] = (struct begun){fn, arg};
    schedule_start(names[workers], run_thread, &begun[workers]);
    workers++;
    return 0;
}

void schedule_cleanup(void (*fn)(void *), void *arg)
{
    schedule_threads[schedule_self()].cleanup = fn;
    schedule_threads[schedule_self()].cleanup_arg = arg;
}

void schedule_exit(void)
{
    struct schedule_thread *self = &schedule_threads[schedule_self()];
    if (self->cleanup)
        self->cleanup(self->cleanup_arg);
    schedule_end_thread();
}

/* ---- eventfds ---- */

struct descriptor {
    bool is_open;
    uint64_t count, writes;
    int filled_at; /* the step from which on it is readable */
};

static struct descriptor descriptors[DESCRIPTORS];
static int descriptor_count;
static uint64_t allowed_wakeups;

void schedule_allow_wakeups(uint64_t n)
{
    allowed_wakeups = n;
}

static struct descriptor *find_descriptor(int fd, const char *what)
{
    const int i = fd - FIRST_FD;
    if (i < 0 || i >= descriptor_count || !descriptors[i].is_open)
        schedule_fail("%s %s a descriptor that is closed", schedule_thread_name(schedule_self()),
                      what);
    return &descriptors[i];
}

int schedule_eventfd(void)
{
    if (descriptor_count == DESCRIPTORS) { /* hence_loop_new() tries how many it can have */
        errno = EMFILE;
        return -1;
    }
    descriptors[descriptor_count] = (struct descriptor){.is_open = true};
    return FIRST_FD + descriptor_count++;
}

ssize_t schedule_write(int fd, const void *from, size_t size)
{
    uint64_t count;
    if (size != sizeof count)
        return write(fd, from, size);
    struct descriptor *descriptor = find_descriptor(fd, "writes to");
    schedule_point(
        &(struct schedule_operation){.what = "writes to", .object = descriptor, .touch = WRITES});
    find_descriptor(fd, "writes to");
    memcpy(&count, from, sizeof count);
    if (!descriptor->count)
        descriptor->filled_at = schedule_step();
    descriptor->count += count;
    if (descriptor->count > allowed_wakeups)
        schedule_fail("%lu wake-ups are on their way", (unsigned long)descriptor->count);
    return sizeof count;
}

ssize_t schedule_read(int fd, void *to, size_t size)
{
    struct descriptor *descriptor = find_descriptor(fd, "reads from");
    if (size != sizeof descriptor->count)
        abort();
    schedule_point(
        &(struct schedule_operation){.what = "reads from", .object = descriptor, .touch = WRITES});
    if (!descriptor->count) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(to, &descriptor->count, size);
    descriptor->count = 0;
    return sizeof descriptor->count;
}

static bool is_readable(const void *descriptor)
{
    return ((const struct descriptor *)descriptor)->count > 0;
}

bool schedule_fd_wait(int fd, bool now, bool is_edge)
{
    struct descriptor *descriptor = find_descriptor(fd, "polls");
    schedule_point(&(struct schedule_operation){.what = now ? "polls" : "waits for",
                                                .object = descriptor,
                                                .touch = is_edge ? WRITES : READS,
                                                .may_go = now ? NULL : is_readable,
                                                .arg = descriptor,
                                                .enabler = now ? NULL : &descriptor->filled_at});
    const bool is_ready = descriptor->count > 0;
    if (is_edge) /* what was written is told once, without being read */
        descriptor->count = 0;
    return is_ready;
}

int schedule_close(int fd)
{
    struct descriptor *descriptor = find_descriptor(fd, "closes");
    if (descriptor == &descriptors[descriptor_count - 1] && !descriptor->filled_at)
        descriptor_count--; /* nobody else can know of it */
    descriptor->is_open = false;
    return 0;
}

/* ---- time ---- */

int schedule_time(struct timespec *now)
{
    *now = (struct timespec){.tv_sec = 1000};
    return 0;
}

void schedule_system_reset(void)
{
    mutex_count = condition_count = descriptor_count = workers = 0;
    allowed_wakeups = 1;
    allowed_workers = SCHEDULE_THREADS;
}
