/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A module to preload (LD_PRELOAD) under a program of one thread that waits in epoll_wait(): time
 * stands still while the program computes, and jumps ahead when it would have slept. Real events
 * still come first: each wait asks the kernel without waiting, and only if nothing is ready does
 * the clock move, by the whole timeout. A wait without a timeout really waits, and so do other
 * processes, so a program that has threads or children runs on the real clock instead (say so in it:
 * "real time", see tests/examples/compare).
 *
 * The clocks begin at a fixed time: the monotonic one at 1000 s, the other at 2026-01-01 00:00 UTC.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BILLION        1000000000LL
#define MONOTONIC_ZERO (1000 * BILLION)
#define REALTIME_ZERO  (1767225600 * BILLION)

static long long elapsed;

/* What the program prints to a file comes in the order in which it would on a terminal. */
__attribute__((constructor)) static void print_line_by_line(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
}

static void pass(long long nanoseconds)
{
    if (nanoseconds > 0)
        __atomic_fetch_add(&elapsed, nanoseconds, __ATOMIC_RELAXED);
}

static struct timespec since(long long zero)
{
    long long now = zero + __atomic_load_n(&elapsed, __ATOMIC_RELAXED);
    return (struct timespec){.tv_sec = (time_t)(now / BILLION), .tv_nsec = (long)(now % BILLION)};
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
        *now = since(MONOTONIC_ZERO);
        return 0;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        *now = since(REALTIME_ZERO);
        return 0;
    default:
        return (int)syscall(SYS_clock_gettime, clock, now);
    }
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec t = since(REALTIME_ZERO);
    *now = (struct timeval){.tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    time_t now = since(REALTIME_ZERO).tv_sec;
    if (out)
        *out = now;
    return now;
}

int epoll_pwait(int epoll, struct epoll_event *events, int room, int timeout, const sigset_t *mask)
{
    int wait = timeout < 0 ? -1 : 0;
    int ready = (int)syscall(SYS_epoll_pwait, epoll, events, room, wait, mask, (size_t)8);
    if (ready == 0)
        pass(timeout * 1000000LL);
    return ready;
}

int epoll_wait(int epoll, struct epoll_event *events, int room, int timeout)
{
    return epoll_pwait(epoll, events, room, timeout, NULL);
}

/* Programs that show what blocking does sleep outside of the loop. */

int nanosleep(const struct timespec *request, struct timespec *left)
{
    pass(request->tv_sec * BILLION + request->tv_nsec);
    if (left)
        *left = (struct timespec){0};
    return 0;
}

int usleep(useconds_t microseconds)
{
    pass(microseconds * 1000LL);
    return 0;
}

unsigned sleep(unsigned seconds)
{
    pass(seconds * BILLION);
    return 0;
}
