/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which schedules are the same: those in which each thread takes the same steps, with the same values, and each
 * step comes after the same steps that it depends on. A number for that is added up step by step, in any order;
 * the numbers that were seen are kept. So what the reduction explores can be compared with what there is.
 */
#include <stdlib.h>
#include <string.h>

#include "program.h"

static uint64_t *seen;
static size_t capacity, count;
static uint64_t sum;
static bool is_wanted;

static uint64_t mixed(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ (b + UINT64_C(0x9e3779b97f4a7c15) + (a << 6))) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void schedule_traces_begin(bool wanted)
{
    is_wanted = wanted;
    count = 0;
    if (seen)
        memset(seen, 0, capacity * sizeof *seen);
}

void schedule_trace_begin(void)
{
    sum = 0;
}

void schedule_trace_step(int thread, const struct schedule_clock *order)
{
    uint64_t step = (uint64_t)thread + 1;
    for (int i = 0; is_wanted && i < SCHEDULE_THREADS; i++)
        step = mixed(step, order->at[i]);
    sum += step;
}

static void put(uint64_t trace)
{
    size_t i = trace % capacity;
    while (seen[i] && seen[i] != trace)
        i = (i + 1) % capacity;
    count += !seen[i];
    seen[i] = trace;
}

void schedule_trace_end(void)
{
    if (!is_wanted)
        return;
    if (2 * (count + 1) > capacity) {
        uint64_t *before = seen;
        const size_t size = capacity;
        capacity = capacity ? 2 * capacity : 1024;
        seen = calloc(capacity, sizeof *seen);
        if (!seen)
            abort();
        count = 0;
        for (size_t i = 0; i < size; i++)
            if (before[i])
                put(before[i]);
        free(before);
    }
    put(sum ? sum : 1);
}

unsigned long schedule_traces_count(void)
{
    return count;
}
