/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_THREADS_H
#define HENCE_TESTS_THREADS_H

/*
 * What the plain programs here have in common. They run under TSan, which does not work under
 * Criterion, and end with one line that says what they did, or with another that says what was wrong.
 */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <hence/hence.h>

#include "base/ledger.h"

#define check(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static inline pthread_t start(void *(*fn)(void *arg), void *arg)
{
    pthread_t thread;
    check(pthread_create(&thread, NULL, fn, arg) == 0);
    return thread;
}

static inline void join(pthread_t thread)
{
    check(pthread_join(thread, NULL) == 0);
}

/* All that was made has ended. */
static inline void check_ledger(void)
{
    for (int i = 0; i < HENCE_COUNTERS; i += 2) {
        if (atomic_load(&hence_ledger[i]) != atomic_load(&hence_ledger[i + 1]))
            fprintf(stderr, "ledger, row %d: %ld made, %ld ended\n", i / 2,
                    atomic_load(&hence_ledger[i]), atomic_load(&hence_ledger[i + 1]));
        check(atomic_load(&hence_ledger[i]) == atomic_load(&hence_ledger[i + 1]));
    }
}

#endif
