/* SPDX-License-Identifier: BSD-3-Clause */
/* Other threads, with stacks as usual or small, and forked children. */

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include "support/parts.h"

/* ---- threads ---- */

struct thread_run {
    void (*fn)(void *arg);
    void *arg;
};

static void *run_thread(void *arg)
{
    const struct thread_run *run = arg;
    keep_reports();
    run->fn(run->arg);
    return NULL;
}

static void on_thread(void (*fn)(void *arg), void *arg, size_t stack_size)
{
    struct thread_run run = {fn, arg};
    pthread_attr_t attributes;
    pthread_t thread;

    cr_assert_eq(pthread_attr_init(&attributes), 0);
    if (stack_size)
        cr_assert_eq(pthread_attr_setstacksize(&attributes, stack_size), 0);
    cr_assert_eq(pthread_create(&thread, &attributes, run_thread, &run), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

void on_small_stack(void (*fn)(void *arg), void *arg)
{
    size_t size = 16384;
    mallopt(M_ARENA_MAX, 1); /* a thread's own arena grows one page at a time */
    mallopt(M_TOP_PAD, 64 << 20);
    if (size < (size_t)PTHREAD_STACK_MIN)
        size = (size_t)PTHREAD_STACK_MIN;
    on_thread(fn, arg, size * STACK_FACTOR);
}

void on_another_thread(void (*fn)(void *arg), void *arg)
{
    on_thread(fn, arg, 0);
}

/* ---- forked children ---- */

#ifdef HENCE_COVERAGE
extern void __gcov_dump(void);
#endif

_Noreturn void end_forked_child(int status)
{
#ifdef HENCE_COVERAGE
    __gcov_dump(); /* what children do counts as well */
#endif
    _exit(status);
}
