/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SYSTEM_H
#define HENCE_TESTS_SYSTEM_H

/*
 * Calls of the system that fail when a test wants them to.
 *
 * A program that uses them is linked with $(failing_calls), see tests/tests.mk: the calls that the library and the
 * test itself make come here then, and those of libevent and Criterion go to the system as ever. They fail in
 * runs with failing allocations too.
 */

enum system_call {
    CALL_EVENT_REINIT,
    CALL_EVENTFD,
    CALL_KEY_CREATE,
    CALL_MALLOC,
    CALL_MEMALIGN,
    CALL_READ,
    CALL_SET_SPECIFIC,
    CALL_SCHED_GETAFFINITY,
    CALL_SYSCONF,
    CALL_WRITE,
    SYSTEM_CALLS
};

/* The next `times` of these calls fail with that errno. */
void system_call_fails(enum system_call call, int error, int times);
/* How often it is still to fail. */
int system_call_failures_left(enum system_call call);

#endif
