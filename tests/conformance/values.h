/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CONFORMANCE_VALUES_H
#define HENCE_TESTS_CONFORMANCE_VALUES_H

/* What the interpreters share: values and failures, their text, and what must be left of a program at its end. */

#include <stdbool.h>

#include <hence/hence.h>

#include "conformance/program.h"

/* Where the Futures and Deferreds of the variables were made: their numbers. */
extern const char *const sites[SLOTS];

/* ---- values: the even ones own memory ---- */

hence_result value(int number);
hence_result failure(int number);

/* ---- text ---- */

/* What is being written, at its end. */
extern char text[4096];
void write_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void write_failure(const hence_failure *f);
void write_result(const hence_result *r);
/* An event: a number, of a block or a variable, and a result. */
void trace_result(int number, const hence_result *r);

/* ---- the end ---- */

/* An event with that word, and one for each variable of which it is so. */
void trace_slots(const char *word, const bool *are_so);
/* An event for each thing that was made and has not ended. */
void check_balance(void);

#endif
