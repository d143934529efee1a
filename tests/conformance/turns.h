/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CONFORMANCE_TURNS_H
#define HENCE_TESTS_CONFORMANCE_TURNS_H

/*
 * What the interpreters share that run on a loop: events that begin with the turn in which they happen, and a
 * clock that jumps.
 */

#include <stdbool.h>

#include <event2/event.h>

#include <hence/testing.h>

#include "conformance/values.h"
#include "future/future.h"

#define UNIT HENCE_US(1) /* of time */

/* ---- events ---- */

extern int turn;
extern bool is_free_running; /* turns are not told apart */

/* Begins the text of an event with the turn. */
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

/* An event that says how late it is. */
void show_time(void);
/* One for what has become of a variable's Future, without looking at it: that would count as a look. */
void show_future(int slot, hence_future *f);

#endif
