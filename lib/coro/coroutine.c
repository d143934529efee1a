/* SPDX-License-Identifier: BSD-3-Clause */
#include "coro/coroutine.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <hence/coroutine.h>

#include "base/memory.h"

#define STACK_DEFAULT ((size_t)128 * 1024)
#define STACK_LEAST   ((size_t)16 * 1024)
#define STACK_MOST    ((size_t)1 << 30)
#define KEPT_MOST     1024 /* stacks, for each thread */

/* Records at the same place in every page would all share few lines of the cache. */
#define COLOURS     16
#define COLOUR_SIZE ((size_t)128)

/* The stacks of a thread. */
static _Thread_local struct {
    size_t mapped; /* bytes of those to come, with the guard page; 0: nothing is set up yet */
    struct hence_coroutine *kept;     /* those without a coroutine, all of that size */
    struct hence_coroutine *finished; /* it cannot be kept, and is to be unmapped */
    unsigned kept_count, colour;
    struct hence_ring all;
} stacks;

static pthread_key_t thread_end;
static bool has_thread_end, keeps;

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void set_size(size_t size)
{
    const size_t page = page_size();
    if (!stacks.mapped) {
        hence_ring_init(&stacks.all);
        if (has_thread_end)
            pthread_setspecific(thread_end, &stacks);
    }
    stacks.mapped = (size + page - 1) / page * page + page;
}

/* ---- stacks ---- */

static void finish(struct hence_coroutine *c);

static void run(void *arg)
{
    struct hence_coroutine *c = arg;
    for (;;) {
        hence_result message = c->fn(c->arg);
        finish(c);
        c->here.is_left_for_good = true;
        hence_stack_here = c->stack.outer;
        hence_context_switch(&c->here, &c->resumer, message);
    }
}

static void *map_stack(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (mprotect(p, page_size(), PROT_NONE) == 0)
        return p;
    munmap(p, size);
    return NULL;
}

static struct hence_coroutine *stack_new(void)
{
    if (!stacks.mapped)
        set_size(STACK_DEFAULT);
    const size_t mapped = stacks.mapped;
    char *mapping = map_stack(mapped);
    if (!mapping)
        return NULL;
    const size_t colour = stacks.colour++ % COLOURS * COLOUR_SIZE;
    const size_t record = (sizeof(struct hence_coroutine) + 63) / 64 * 64;
    struct hence_coroutine *c = (void *)(mapping + mapped - record - colour);
    c->mapping = mapping;
    c->mapped = mapped;
    c->here.slow = &c->slow_here;
    c->resumer.slow = &c->slow_resumer;
    hence_ring_append(&stacks.all, &c->ring);
    char *bottom = mapping + page_size();
    hence_context_begin(&c->here, bottom, (size_t)((char *)c - bottom), run, c);
    return c;
}

static void stack_free(struct hence_coroutine *c)
{
    hence_ring_remove(&c->ring);
    char *mapping = c->mapping;
    const size_t mapped = c->mapped;
    hence_context_end(&c->here);
    hence_context_forget(mapping + page_size(), mapped - page_size());
    munmap(mapping, mapped);
}

static inline void reap(void)
{
    if (HENCE_UNLIKELY(stacks.finished != NULL)) {
        stack_free(stacks.finished);
        stacks.finished = NULL;
    }
}

void hence_coroutine_drain(void)
{
    reap();
    while (stacks.kept) {
        struct hence_coroutine *c = stacks.kept;
        stacks.kept = c->next_free;
        stack_free(c);
    }
    stacks.kept_count = 0;
}

static void drain(void *unused)
{
    (void)unused;
    hence_coroutine_drain();
}

__attribute__((constructor)) static void decide_about_keeping(void)
{
    has_thread_end = pthread_key_create(&thread_end, drain) == 0;
    keeps = has_thread_end && !hence_context_is_watched();
}

__attribute__((destructor)) static void forget_thread_end(void)
{
    if (!has_thread_end)
        return;
    hence_coroutine_drain();
    has_thread_end = keeps = false;
    pthread_key_delete(thread_end);
}

int hence_coroutine_set_stack_size(size_t size)
{
    if (!size)
        size = STACK_DEFAULT;
    if (size < STACK_LEAST || size > STACK_MOST)
        return -EINVAL;
    hence_coroutine_drain();
    set_size(size);
    return 0;
}

/* How many bytes of it have ever been touched: in whole pages, which is what the system knows. */
static size_t touched(const struct hence_coroutine *c)
{
    const size_t page = page_size();
    unsigned char resident[64];
    char *p = c->mapping + page, *end = c->mapping + c->mapped;
    while (p < end) {
        size_t pages = (size_t)(end - p) / page;
        if (pages > sizeof resident)
            pages = sizeof resident;
        if (mincore(p, pages * page, resident) != 0)
            return 0;
        for (size_t i = 0; i < pages; i++) {
            if (resident[i] & 1)
                return (size_t)(end - p) - i * page;
        }
        p += pages * page;
    }
    return 0;
}

size_t hence_coroutine_stack_peak(void)
{
    size_t peak = 0;
    if (!stacks.mapped)
        return 0;
    for (struct hence_ring *at = stacks.all.next; at != &stacks.all; at = at->next) {
        const size_t size = touched(
            (const struct hence_coroutine *)((char *)at - offsetof(struct hence_coroutine, ring)));
        if (size > peak)
            peak = size;
    }
    return peak;
}

/* ---- coroutines ---- */

struct hence_coroutine *hence_coroutine_new(hence_result (*fn)(void *arg), void *arg)
{
    reap();
#ifdef HENCE_LEDGER
    void *token = hence_memory_get(1);
    if (!token)
        return NULL;
#endif
    struct hence_coroutine *c = stacks.kept;
    if (HENCE_LIKELY(c != NULL)) {
        stacks.kept = c->next_free;
        stacks.kept_count--;
    } else {
        c = stack_new();
    }
#ifdef HENCE_LEDGER
    if (c)
        c->token = token;
    else
        hence_memory_put(token, 1);
#endif
    if (!c)
        return NULL;
    hence_context_inherit(&c->here); /* not from the one that had its stack */
    c->here.is_left_for_good = false;
    c->innermost = c;
    c->fn = fn;
    c->arg = arg;
    return c;
}

/* Called on its stack, which cannot be unmapped now: it is kept, or goes next time. */
static void finish(struct hence_coroutine *c)
{
#ifdef HENCE_LEDGER
    hence_memory_put(c->token, 1);
#endif
    reap();
    if (HENCE_LIKELY(keeps && stacks.kept_count < KEPT_MOST && c->mapped == stacks.mapped)) {
        c->next_free = stacks.kept;
        stacks.kept = c;
        stacks.kept_count++;
    } else {
        stacks.finished = c;
    }
}
