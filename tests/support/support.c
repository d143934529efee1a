/* SPDX-License-Identifier: BSD-3-Clause */
/* The runs of a test: as it stands, then with its allocations failing; and the ledger that ends each. */

#include <dirent.h>
#include <event2/event.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/ledger.h"
#include "support/parts.h"
#include "support/random.h"

#define FAULTS_TRIED 40

bool support_faulty;

/* ---- loops ---- */

struct loop_and_clock begin_loop(void)
{
    struct loop_and_clock both = {hence_loop_new(NULL), NULL};
    if (both.loop)
        both.clock = hence_test_clock_new(both.loop);
    check(both.loop && both.clock);
    return both;
}

void end_loop(struct loop_and_clock *both)
{
    hence_test_clock_free(both->clock);
    hence_loop_free(both->loop);
}

/* ---- the ledger ---- */

static const char *const counter_names[] = {
    "blocks",    "failures", "Deferreds", "Futures", "promises",   "steps",
    "listeners", "calls",    "bound",     "tasks",   "generators",
};

static int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;
    if (!dir)
        return -1;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static int descriptors_before, threads_before;
static long ledgers_checked, ledgers_balanced;

void check_nothing_left(void)
{
    for (int i = 0; i < HENCE_COUNTERS; i += 2) {
        long made = atomic_load(&hence_ledger[i]), ended = atomic_load(&hence_ledger[i + 1]);
        if (made != ended)
            support_fail("the ledger: %ld %s made, %ld ended", made, counter_names[i / 2], ended);
    }
    support_check_payloads();
    if (blocks_alive())
        support_fail("%ld blocks of memory are left", blocks_alive());
}

static void check_ledger(void)
{
    ledgers_checked++;
    check_nothing_left();
    int descriptors = count_entries("/proc/self/fd");
    if (descriptors != descriptors_before)
        support_fail("%d descriptors before, %d after", descriptors_before, descriptors);
    int threads = count_entries("/proc/self/task");
    const time_t end = time(NULL) + 5;
    while (threads > threads_before && time(NULL) < end) {
        sched_yield(); /* one that has ended may still be on its way out, and the kernel tells nobody */
        threads = count_entries("/proc/self/task");
    }
    if (threads != threads_before)
        support_fail("%d threads before, %d after", threads_before, threads);
    ledgers_balanced++;
}

/* ---- runs ---- */

static bool many_asked, many_are_few;

int support_many(void)
{
    many_asked = true;
    if (many_are_few)
        return 1000;
    return STACK_FACTOR == 1 ? 1000000 : 100000; /* sanitizers take ten times as long */
}

static void say_nothing(int severity, const char *message)
{
    (void)severity;
    (void)message;
}

void support_begin(void)
{
    support_use_memory();
    event_set_log_callback(say_nothing);
    keep_reports();
}

/* Also after a check that failed. */
void support_end(void)
{
    const char *path = getenv("HENCE_COUNTS");
    FILE *counts = path ? fopen(path, "a") : NULL;
    if (!counts)
        return;
    long faults = support_allocations_failed();
    fprintf(counts, "%ld %d %ld %ld\n", faults, faults > 0, ledgers_checked,
            ledgers_checked - ledgers_balanced);
    fclose(counts);
}

static void run_once(void (*body)(void))
{
    support_begin_memory();
    support_begin_trace();
    forget_reports();
    for (int i = 0; i < HENCE_COUNTERS; i++)
        atomic_store(&hence_ledger[i], 0);
    descriptors_before = count_entries("/proc/self/fd");
    threads_before = count_entries("/proc/self/task");
    body();
    libevent_global_shutdown();
    check_ledger();
}

static void run_with_faults(void (*body)(void), long total, bool ever_after)
{
    static uint32_t state = 2463534242u;
    bool all = total <= FAULTS_TRIED || getenv("HENCE_FULL");
    long tries = all ? total : FAULTS_TRIED;
    for (long i = 0; i < tries; i++) {
        long before = support_allocations_failed();
        support_fail_allocation(
            all ? i + 1 : (long)(next_random(&state) % (unsigned long)total) + 1, ever_after);
        run_once(body);
        if (support_allocations_failed() == before)
            support_fail("that allocation was not asked for again");
    }
    support_fail_allocation(0, false);
}

static void run_and_check_reports(void (*body)(void))
{
    run_once(body);
    support_check_reports();
}

void support_run(void (*body)(void))
{
    run_and_check_reports(body);
    if (many_asked) {
        many_are_few = true;
        run_and_check_reports(body);
    }
    long total = support_allocations();
    support_faulty = true;
    run_with_faults(body, total, false);
    run_with_faults(body, total, true);
    support_faulty = false;
}

void support_run_once(void (*body)(void))
{
    run_and_check_reports(body);
}
