/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_BENCH_BENCH_H
#define HENCE_BENCH_BENCH_H

/*
 * What the benchmark programs share: rows, the clock, heap use, CPUs, random order.
 *
 * A program is bench.c with some tables of rows. To add a row, write its function and a line in the
 * table of its file, the same row for the reference if it has one, and its budget in `budgets`.
 *
 * A function measures itself, so that what it prepares and clears away need not count, and checks
 * what came out with bench_check(), so that no work can be optimised away or go wrong unseen.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct bench_row {
    const char *name;
    double (*measure)(long n); /* does n operations: the nanoseconds, or bytes, of all together */
    long operations;           /* in one sample; a multiple of 1,000 */
    int samples;               /* the value is their median; one sample alone is not warmed up */
};

/* What a program measures: tables that end with a row without a name. */
extern const struct bench_row *const bench_tables[];

extern const struct bench_row hence_coroutine_rows[];
extern const struct bench_row hence_deferred_rows[];
extern const struct bench_row hence_future_rows[];
extern const struct bench_row hence_gather_rows[];
extern const struct bench_row hence_loop_rows[];
extern const struct bench_row hence_threads_rows[];
extern const struct bench_row hence_sync_rows[];
extern const struct bench_row hence_timer_rows[];

extern const struct bench_row libevent_chain_rows[];
extern const struct bench_row libevent_gather_rows[];
extern const struct bench_row libevent_loop_rows[];
extern const struct bench_row libevent_threads_rows[];
extern const struct bench_row libevent_timer_rows[];

/* Operations in one turn of the loop, where a workload goes through it. */
#define BENCH_BATCH 1000

#define bench_check(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static inline double bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* malloc(), or the end of the program. */
void *bench_allocate(size_t size);

/* Bytes that malloc() has given out, with what it needs itself. */
double bench_heap_used(void);

/* Keeps the calling thread on one CPU: 0 is the loop's, 1 another one, if there is another one. */
void bench_pin(int which);

/* Lets the calling thread, and those that it makes, go where they like. */
void bench_unpin(void);

/* Random numbers, the same in every run. */
uint64_t bench_random(void);

/* 0 to n - 1 in random order, to be freed. */
uint32_t *bench_shuffled(long n);

/* Sleeps until bench_now() is past `time`. */
void bench_sleep_until(double time);

#endif
