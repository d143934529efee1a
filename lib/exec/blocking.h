/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_EXEC_BLOCKING_H
#define HENCE_LIB_EXEC_BLOCKING_H

/* Threads that block: until when, and where they must not. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A point of time to wait for: never, if `timeout` is negative. */
struct hence_blocking_deadline {
    struct timespec when;
    bool never;
};

struct hence_blocking_deadline hence_blocking_deadline_after(int64_t timeout);

/* A condition that hence_blocking_wait_until() waits for. */
void hence_blocking_condition_init(pthread_cond_t *condition);

/* Waits to be woken: true; false: the time is over. */
bool hence_blocking_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex,
                               const struct hence_blocking_deadline *deadline);

/* May this thread block, for `timeout`? false where a loop runs, which could wait for itself; then that has been
 * reported. `what` is the call's name. */
bool hence_blocking_is_allowed(const char *what, int64_t timeout);

#endif
