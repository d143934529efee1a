/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SCHEDULE_PROGRAM_H
#define HENCE_TESTS_SCHEDULE_PROGRAM_H

#include "schedule.h"

/* What program.c, which reads the command line, and explore.c tell each other. */
struct schedule_bounds {
    const char *name;
    int preemptions;     /* -1: any number */
    unsigned long limit; /* of schedules; 0: none */
    unsigned long schedules, abandoned, longest;
    bool is_complete; /* the schedule has come to its end */
};

extern struct schedule_bounds schedule_bounds;

/* Runs a scenario in all orders: false if it stopped at the limit before. */
bool schedule_explore(const struct schedule_scenario *scenario);

/* traces.c: counts the schedules that differ, if that is wanted. */
void schedule_traces_begin(bool wanted);
void schedule_trace_begin(void);
void schedule_trace_step(int thread, const struct schedule_clock *order);
void schedule_trace_end(void);
unsigned long schedule_traces_count(void);

#endif
