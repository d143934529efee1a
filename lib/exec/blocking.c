/* SPDX-License-Identifier: BSD-3-Clause */
#include "exec/blocking.h"

#include <stdio.h>

#include "base/report.h"
#include "loop/loop.h"

struct hence_blocking_deadline hence_blocking_deadline_after(int64_t timeout)
{
    struct hence_blocking_deadline deadline = {.never = timeout < 0};
    if (deadline.never)
        return deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline.when);
    const int64_t nanoseconds = deadline.when.tv_nsec + timeout % 1000000000;
    deadline.when.tv_sec += (time_t)(timeout / 1000000000 + nanoseconds / 1000000000);
    deadline.when.tv_nsec = (long)(nanoseconds % 1000000000);
    return deadline;
}

void hence_blocking_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Not a place to cancel the thread at: it would end with the mutex held, and others know of what is on its stack. */
bool hence_blocking_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex,
                               const struct hence_blocking_deadline *deadline)
{
    int state, error;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (deadline->never)
        error = pthread_cond_wait(condition, mutex);
    else
        error = pthread_cond_timedwait(condition, mutex, &deadline->when);
    pthread_setcancelstate(state, NULL);
    return error == 0;
}

bool hence_blocking_is_allowed(const char *what, int64_t timeout)
{
    char message[160];
    if (!timeout || !hence_loop_running_here)
        return true;
    snprintf(message, sizeof message, "%s blocks, and this thread runs a loop: it is refused",
             what);
    hence_report_misuse(message);
    return false;
}
