/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/thread.h"

#include <pthread.h>

_Thread_local uint64_t hence_thread_number;

static atomic_uint_fast64_t last_number;
atomic_uint_fast64_t hence_thread_last_before_fork;

static void in_forked_child(void)
{
    atomic_store(&hence_thread_last_before_fork, atomic_load(&last_number));
    hence_thread_number = 0;
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, in_forked_child);
}

uint64_t hence_thread_number_new(void)
{
    hence_thread_number = atomic_fetch_add(&last_number, 1) + 1;
    return hence_thread_number;
}
