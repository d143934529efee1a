/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Coroutines that take themselves for threads. Each has a stack, which is made once and used again in each
 * schedule, errno, and a copy of the program's thread-local variables, which is put in their place while it
 * runs. A schedule that is given up leaves its threads where they are: a jump to the beginning of their stacks
 * makes them fit for the next one.
 */
#include "schedule.h"

#include <errno.h>
#include <link.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define STACK_SIZE ((size_t)256 * 1024)

struct context {
    jmp_buf where, beginning;
    ucontext_t first;
    unsigned char *locals; /* thread-local variables while it does not run */
    int error;
};

struct schedule_thread schedule_threads[SCHEDULE_THREADS];
int schedule_thread_count;

static struct context contexts[SCHEDULE_THREADS + 1];
static volatile int current = MAIN_CONTEXT;
static unsigned char *locals, *fresh_locals;
static size_t locals_size;

int schedule_self(void)
{
    return current == MAIN_CONTEXT ? 0 : current;
}

const char *schedule_thread_name(int thread)
{
    return thread < schedule_thread_count ? schedule_threads[thread].name : "";
}

void schedule_switch(int thread)
{
    struct context *from = &contexts[current], *to = &contexts[thread];
    if (from == to)
        return;
    memcpy(from->locals, locals, locals_size);
    memcpy(locals, to->locals, locals_size);
    from->error = errno;
    errno = to->error;
    current = thread;
    if (_setjmp(from->where) == 0)
        _longjmp(to->where, 1);
}

static void begin(void)
{
    const int made_for = current;
    if (_setjmp(contexts[made_for].beginning) == 0)
        swapcontext(&contexts[made_for].first, &contexts[MAIN_CONTEXT].first);
    struct schedule_thread *self = &schedule_threads[current];
    self->fn(self->arg);
    schedule_end_thread();
}

/* The main program's thread-local variables are the first object's. */
static int find_locals(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_TLS) {
            locals = info->dlpi_tls_data;
            locals_size = info->dlpi_phdr[i].p_memsz;
        }
    }
    return 1;
}

static void *get(size_t size)
{
    void *p = malloc(size);
    if (!p)
        abort();
    return p;
}

void schedule_threads_init(void)
{
    dl_iterate_phdr(find_locals, NULL);
    fresh_locals = get(locals_size + 1);
    memcpy(fresh_locals, locals, locals_size);
    for (int i = 0; i <= SCHEDULE_THREADS; i++)
        contexts[i].locals = get(locals_size + 1);
    for (int i = 0; i < SCHEDULE_THREADS; i++) {
        struct context *context = &contexts[i];
        getcontext(&context->first);
        context->first.uc_stack.ss_sp = get(STACK_SIZE);
        context->first.uc_stack.ss_size = STACK_SIZE;
        makecontext(&context->first, begin, 0);
        current = i;
        swapcontext(&contexts[MAIN_CONTEXT].first, &context->first);
    }
    current = MAIN_CONTEXT;
}

void schedule_threads_reset(void)
{
    schedule_thread_count = 0;
}

int schedule_start(const char *name, schedule_fn *fn, void *arg)
{
    if (schedule_thread_count == SCHEDULE_THREADS)
        schedule_fail("more than %d threads", SCHEDULE_THREADS);
    const int number = schedule_thread_count++;
    struct schedule_thread *thread = &schedule_threads[number];
    struct context *context = &contexts[number];
    *thread = (struct schedule_thread){.name = name, .fn = fn, .arg = arg};
    if (number) {
        thread->known = schedule_threads[schedule_self()].known;
        thread->order = schedule_threads[schedule_self()].order;
        schedule_memory_step();
    }
    thread->known.at[number] = 1;
    thread->next.what = "begins";
    memcpy(context->where, context->beginning, sizeof context->where);
    memcpy(context->locals, fresh_locals, locals_size);
    context->error = 0;
    return number;
}

static bool has_ended(const void *thread)
{
    return ((const struct schedule_thread *)thread)->has_ended;
}

void schedule_join(int number)
{
    const struct schedule_thread *thread = &schedule_threads[number];
    schedule_point(&(struct schedule_operation){.what = "waits for the end of",
                                                .object = thread,
                                                .touch = READS,
                                                .may_go = has_ended,
                                                .arg = thread,
                                                .enabler = &thread->ended_at});
    schedule_clock_join(schedule_known(), &thread->known);
}
