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

#endif
