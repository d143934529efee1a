/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main program of all benchmarks.
 *
 *   PROGRAM [ROW...]      measures those rows, or all: a line "ROW<TAB>VALUE" for each
 *   PROGRAM [ROW...] N    does each of them once, with N operations: for profilers, and as a quick check
 *
 * W1 as a ROW stands for all that begin with "W1.", unless there is a row of just that name.
 */
#include "bench.h"

#include <ctype.h>
#include <malloc.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what rows use ---- */

void *bench_allocate(size_t size)
{
    void *p = malloc(size);
    bench_check(p);
    memset(p, 0, size); /* its pages are there before the clock runs */
    return p;
}

double bench_heap_used(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd;
}

static cpu_set_t allowed; /* the CPUs, as they were at first */

void bench_unpin(void)
{
    bench_check(sched_setaffinity(0, sizeof allowed, &allowed) == 0);
}

void bench_pin(int which)
{
    static int count;
    if (!count) {
        bench_check(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
        count = CPU_COUNT(&allowed);
    }
    size_t cpu = 0;
    for (which %= count; which > 0 || !CPU_ISSET(cpu, &allowed); cpu++)
        which -= CPU_ISSET(cpu, &allowed) ? 1 : 0;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    bench_check(sched_setaffinity(0, sizeof one, &one) == 0);
}

uint64_t bench_random(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

uint32_t *bench_shuffled(long n)
{
    uint32_t *order = bench_allocate((size_t)n * sizeof *order);
    for (long i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (long i = n - 1; i > 0; i--) {
        long j = (long)(bench_random() % (uint64_t)(i + 1));
        uint32_t other = order[i];
        order[i] = order[j];
        order[j] = other;
    }
    return order;
}

void bench_sleep_until(double time)
{
    double left;
    while ((left = time - bench_now()) > 0)
        usleep((useconds_t)(left / 1e3) + 1);
}

/* ---- rows measured ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#define MAX_SAMPLES 15

static void print_value(const struct bench_row *row, double value)
{
    printf("%s\t%.3f\n", row->name, value);
    fflush(stdout);
}

static void measure(const struct bench_row *row)
{
    double values[MAX_SAMPLES];
    bench_check(row->samples <= MAX_SAMPLES);
    if (row->samples > 1)
        row->measure(row->operations / 10);
    for (int i = 0; i < row->samples; i++)
        values[i] = row->measure(row->operations) / (double)row->operations;
    qsort(values, (size_t)row->samples, sizeof *values, compare);
    print_value(row, values[row->samples / 2]);
}

/* In a process of its own, so that rows do not find each other's heaps. */
static void measure_apart(const struct bench_row *row)
{
    int status;
    pid_t child = fork();
    bench_check(child >= 0);
    if (!child) {
        measure(row);
        _exit(0);
    }
    bench_check(waitpid(child, &status, 0) == child);
    if (status) {
        fprintf(stderr, "%s failed\n", row->name);
        exit(1);
    }
}

/* ---- rows chosen ---- */

static const struct bench_row *find(const char *name)
{
    for (const struct bench_row *const *table = bench_tables; *table; table++) {
        for (const struct bench_row *row = *table; row->name; row++) {
            if (!strcmp(row->name, name))
                return row;
        }
    }
    return NULL;
}

static int is_meant(const struct bench_row *row, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(row->name, name, length))
        return 0;
    return !row->name[length] || (row->name[length] == '.' && !find(name));
}

static int is_wanted(const struct bench_row *row, int count, char **names)
{
    for (int i = 0; i < count; i++) {
        if (is_meant(row, names[i]))
            return 1;
    }
    return count == 0;
}

int main(int argc, char **argv)
{
    char **names = argv + 1;
    int count = argc - 1, found = 0;
    long n = 0;
    if (count && isdigit((unsigned char)names[count - 1][0]))
        n = strtol(names[--count], NULL, 10);

    /* what a sample frees stays with the program: the next one does not wait for the kernel's pages */
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    bench_pin(0);
    for (const struct bench_row *const *table = bench_tables; *table; table++) {
        for (const struct bench_row *row = *table; row->name; row++) {
            if (!is_wanted(row, count, names))
                continue;
            found++;
            if (n)
                print_value(row, row->measure(n) / (double)n);
            else
                measure_apart(row);
        }
    }
    if (!found)
        fprintf(stderr, "%s: no such row\n", argv[0]);
    return !found;
}
