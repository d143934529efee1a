/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_BASE_THREAD_H
#define HENCE_LIB_BASE_THREAD_H

/*
 * A number for each thread, never used again in the life of the process. In a forked child the
 * thread that goes on has a new one: what belonged to the parent's thread belongs to nobody there,
 * so one comparison refuses a foreign thread and a forked child alike.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hence/base.h>

extern _Thread_local uint64_t hence_thread_number;

uint64_t hence_thread_number_new(void);

static inline uint64_t hence_thread(void)
{
    return HENCE_LIKELY(hence_thread_number != 0) ? hence_thread_number : hence_thread_number_new();
}

/* In a forked child: the last number that the parent gave. */
extern atomic_uint_fast64_t hence_thread_last_before_fork;

/* Is this a forked child? Asked first where the number would have to come from another processor's cache. */
static inline bool hence_thread_is_forked(void)
{
    return HENCE_UNLIKELY(
        atomic_load_explicit(&hence_thread_last_before_fork, memory_order_relaxed) != 0);
}

/* Was this thread's number given before a fork that made this process? */
static inline bool hence_thread_is_from_before_fork(uint64_t number)
{
    return number <= atomic_load_explicit(&hence_thread_last_before_fork, memory_order_relaxed);
}

#endif
