/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that is counted, and of which one allocation may fail, or all from that one on. */

#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/parts.h"

static atomic_long allocations; /* asked for in this run */
static atomic_long blocks;      /* alive */
static long failing;            /* the number of the one that fails; 0: none */
static bool failing_ever_after; /* and all later ones */
static atomic_long failed;      /* in turn, in all runs */
static bool starving;           /* out_of_memory() */

static bool may_allocate(void)
{
    long number = atomic_fetch_add(&allocations, 1) + 1;
    if (number == failing)
        atomic_fetch_add(&failed, 1);
    if (starving)
        return false;
    return !failing || (failing_ever_after ? number < failing : number != failing);
}

void out_of_memory(bool now)
{
    starving = now;
}

long blocks_alive(void)
{
    return atomic_load(&blocks);
}

static void *allocate(size_t size)
{
    void *p = may_allocate() ? malloc(size) : NULL;
    if (p)
        atomic_fetch_add(&blocks, 1);
    return p;
}

static void *resize(void *old, size_t size)
{
    void *p = may_allocate() ? realloc(old, size) : NULL;
    if (p && !old)
        atomic_fetch_add(&blocks, 1);
    return p;
}

static pthread_mutex_t no_blocks_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t no_blocks = PTHREAD_COND_INITIALIZER;

static void release(void *p)
{
    free(p);
    if (!p || atomic_fetch_sub(&blocks, 1) > 1)
        return;
    pthread_mutex_lock(&no_blocks_mutex);
    pthread_cond_signal(&no_blocks);
    pthread_mutex_unlock(&no_blocks_mutex);
}

void wait_for_no_blocks(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 30;
    pthread_mutex_lock(&no_blocks_mutex);
    for (int late = 0; blocks_alive() && !late;)
        late = pthread_cond_timedwait(&no_blocks, &no_blocks_mutex, &end);
    pthread_mutex_unlock(&no_blocks_mutex);
    check_int(blocks_alive(), 0);
}

static void *hence_allocate(size_t size, void *arg)
{
    (void)arg;
    return allocate(size);
}

static void *hence_resize(void *p, size_t size, void *arg)
{
    (void)arg;
    return resize(p, size);
}

static void hence_release(void *p, void *arg)
{
    (void)arg;
    release(p);
}

void support_use_memory(void)
{
    const hence_allocator allocator = {hence_allocate, hence_resize, hence_release, NULL};
    cr_assert_eq(hence_set_allocator(&allocator), 0);
    event_set_mem_functions(allocate, resize, release);
}

void support_begin_memory(void)
{
    atomic_store(&allocations, 0);
    starving = false;
}

void support_fail_allocation(long number, bool ever_after)
{
    failing = number;
    failing_ever_after = ever_after;
}

const char *support_failing_allocation(void)
{
    static char text[80];
    if (!failing)
        return "";
    snprintf(text, sizeof text, " (with allocation %ld%s failing)", failing,
             failing_ever_after ? " and all later ones" : "");
    return text;
}

long support_allocations(void)
{
    return atomic_load(&allocations);
}

long support_allocations_failed(void)
{
    return atomic_load(&failed);
}
