/* SPDX-License-Identifier: BSD-3-Clause */
/* The linker leads a call of read() to __wrap_read(), and one of __real_read() to read(). */
#include "system.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/types.h>

struct event_base;

static atomic_int left[SYSTEM_CALLS];
static int errors[SYSTEM_CALLS];

void system_call_fails(enum system_call call, int error, int times)
{
    errors[call] = error;
    atomic_store(&left[call], times);
}

int system_call_failures_left(enum system_call call)
{
    return atomic_load(&left[call]);
}

/* Is it to fail now? 0 or errno, which is set. */
static int failure_of(enum system_call call)
{
    if (atomic_load(&left[call]) <= 0)
        return 0;
    atomic_fetch_sub(&left[call], 1);
    errno = errors[call];
    return errors[call];
}

#define FAILS(which, call, type, parameters, arguments, failed)                                    \
    type __real_##call parameters;                                                                 \
    type __wrap_##call parameters;                                                                 \
    type __wrap_##call parameters                                                                  \
    {                                                                                              \
        const int error = failure_of(which);                                                       \
        if (error)                                                                                 \
            return (failed);                                                                       \
        return __real_##call arguments;                                                            \
    }

FAILS(CALL_EVENT_REINIT, event_reinit, int, (struct event_base * base), (base), -1)
FAILS(CALL_EVENTFD, eventfd, int, (unsigned begin, int flags), (begin, flags), -1)
FAILS(CALL_KEY_CREATE, pthread_key_create, int, (pthread_key_t * key, void (*end)(void *)),
      (key, end), error)
FAILS(CALL_MALLOC, malloc, void *, (size_t size), (size), NULL)
FAILS(CALL_MEMALIGN, posix_memalign, int, (void **p, size_t alignment, size_t size),
      (p, alignment, size), error)
FAILS(CALL_READ, read, ssize_t, (int fd, void *bytes, size_t size), (fd, bytes, size), -1)
FAILS(CALL_SET_SPECIFIC, pthread_setspecific, int, (pthread_key_t key, const void *value),
      (key, value), error)
FAILS(CALL_SCHED_GETAFFINITY, sched_getaffinity, int, (pid_t pid, size_t size, cpu_set_t *set),
      (pid, size, set), -1)
FAILS(CALL_SYSCONF, sysconf, long, (int name), (name), -1)
FAILS(CALL_WRITE, write, ssize_t, (int fd, const void *bytes, size_t size), (fd, bytes, size), -1)
