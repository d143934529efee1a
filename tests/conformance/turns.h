/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CONFORMANCE_TURNS_H
#define HENCE_TESTS_CONFORMANCE_TURNS_H

/*
 * What the interpreters share that run on a loop: values and failures, events that begin with the turn
 * in which they happen, and a clock that jumps.
 */

#include <stdbool.h>

#include <event2/event.h>

#include <hence/hence.h>
#include <hence/testing.h>

#include "conformance/program.h"
#include "future/future.h"

#define UNIT HENCE_US(1) /* of time */

/* ---- values: the even ones own memory ---- */

hence_result value(int number);
hence_result failure(int number);

/* ---- events ---- */

extern int turn;
extern bool is_free_running; /* turns are not told apart */

/* The text that is being written: begun anew, or with the turn. */
extern char text[4096];
void write_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void write_failure(const hence_failure *f);
void write_result(const hence_result *r);
void begin_text(void);

void event(const char *what);
void event_in_block(const struct block *block, const char *what);
/* An event for a result, in a block or, if that is NULL, in none; the second one drops it. */
void event_of(const struct block *block, const hence_result *r);
void event_with(const struct block *block, hence_result r);

/* ---- turns ---- */

extern struct event_base *base; /* of all programs */
extern hence_loop *loop;
extern hence_test_clock *test_clock;

void begin_loop(void);
void end_loop(void);

/* One turn, for which the clock jumps if nothing is ready, as asyncio's select() does. False if nothing
 * waits any more. */
bool take_turn(void);

/* ---- the end ---- */

/* An event for each thing that was made and has not ended. */
void check_balance(void);

#endif
