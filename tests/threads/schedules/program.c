/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of a program of scenarios:
 *
 *   PROGRAM [--full] [--only-first] [--traces] [--surprises N] [--preemptions N] [--limit N]
 *           [--numbers N,N,N] [SCENARIO...]
 *
 * Each scenario runs in every order within its bounds, and prints one line; the first failure ends the
 * program with the steps that led to it. --full: those of make check-full; --traces: how many schedules
 * differ; the other options replace the scenarios' own bounds.
 */
#include "program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hence/hence.h>

extern const hence_allocator schedule_allocator;

#define SHORT 1000 /* schedules of each scenario in a short suite */

static struct schedule_scenario current;
static bool counts_traces;

int schedule_number(int i)
{
    return current.numbers[i];
}

static bool is_named(const char *name, char **names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void crashed(int signal)
{
    schedule_fail("the program is ended by signal %d", signal);
}

static void explore(void)
{
    const double begun = seconds();
    schedule_traces_begin(counts_traces);
    const bool is_all = schedule_explore(&current);
    char bound[64] = "every order";
    if (!is_all)
        snprintf(bound, sizeof bound, "stopped there");
    else if (current.preemptions >= 0)
        snprintf(bound, sizeof bound, "every order of at most %d preemptions", current.preemptions);
    printf("%s: ", current.name);
    printf(current.what, current.numbers[0], current.numbers[1], current.numbers[2]);
    printf(", at most %d surprise%s: %lu schedules (%s), at most %lu steps, 0 failures, %.1f s\n",
           current.surprises, current.surprises == 1 ? "" : "s", schedule_bounds.schedules, bound,
           schedule_bounds.longest, seconds() - begun);
    if (counts_traces)
        printf("%s: %lu of them differ; %lu were given up halfway\n", current.name,
               schedule_traces_count(), schedule_bounds.abandoned);
    fflush(stdout);
}

static void usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [--full] [--only-first] [--traces] [--surprises N] [--preemptions N] "
            "[--limit N] "
            "[--numbers N,N,N] "
            "[SCENARIO...]\n",
            program);
    exit(2);
}

int schedule_main(int argc, char **argv, const struct schedule_scenario *scenarios)
{
    bool is_full = false, only_first = false;
    const char *surprises = NULL, *preemptions = NULL, *numbers = NULL;
    unsigned long limit = 0, total = 0;
    const char *short_check = getenv("HENCE_SHORT");
    const bool is_short = short_check && *short_check;
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--full") == 0)
            is_full = true;
        else if (strcmp(argv[i], "--traces") == 0)
            counts_traces = true;
        else if (strcmp(argv[i], "--only-first") == 0)
            only_first = true;
        else if (i + 1 == argc)
            usage(argv[0]);
        else if (strcmp(argv[i], "--surprises") == 0)
            surprises = argv[++i];
        else if (strcmp(argv[i], "--preemptions") == 0)
            preemptions = argv[++i];
        else if (strcmp(argv[i], "--limit") == 0)
            limit = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--numbers") == 0)
            numbers = argv[++i];
        else
            usage(argv[0]);
    }
    hence_set_allocator(&schedule_allocator);
    schedule_threads_init();
    signal(SIGSEGV, crashed);
    signal(SIGBUS, crashed);
    signal(SIGABRT, crashed);
    for (; scenarios->name; scenarios++) {
        current = *scenarios;
        if (current.is_full != is_full || (i < argc && !is_named(current.name, argv + i, argc - i)))
            continue;
        if (surprises)
            current.surprises = atoi(surprises);
        if (preemptions)
            current.preemptions = atoi(preemptions);
        if (numbers)
            sscanf(numbers, "%d,%d,%d", &current.numbers[0], &current.numbers[1],
                   &current.numbers[2]);
        schedule_bounds = (struct schedule_bounds){
            .name = current.name, .preemptions = current.preemptions, .limit = current.limit};
        if (limit || is_short)
            schedule_bounds.limit = limit ? limit : SHORT;
        explore();
        total += schedule_bounds.schedules;
        if (only_first)
            break;
    }
    printf("%lu schedules, 0 failures\n", total);
    return total == 0;
}
