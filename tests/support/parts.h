/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SUPPORT_PARTS_H
#define HENCE_TESTS_SUPPORT_PARTS_H

/* What the parts of the support know of each other, and tests do not. */

#include "support/support.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_FACTOR 16 /* their frames are larger, and so are those of their malloc() */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STACK_FACTOR 16
#endif
#endif
#ifndef STACK_FACTOR
#define STACK_FACTOR 1
#endif

/* ---- memory.c ---- */

/* hence's and libevent's memory comes from there, from now on. */
void support_use_memory(void);
/* A run begins. */
void support_begin_memory(void);
/* In the runs to come this allocation fails, and perhaps all later ones; 0: none. */
void support_fail_allocation(long number, bool ever_after);
/* Which one that is, in words that end a message. */
const char *support_failing_allocation(void);
/* How many this run has asked for. */
long support_allocations(void);
/* How many have failed in turn, in all runs. */
long support_allocations_failed(void);

/* ---- checks.c ---- */

/* A run begins. */
void support_begin_trace(void);

/* ---- payloads.c ---- */

/* All are destroyed, once; forgets them. */
void support_check_payloads(void);

/* ---- reports.c ---- */

/* The test has asked for all that there were. */
void support_check_reports(void);

#endif
