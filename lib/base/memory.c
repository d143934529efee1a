/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Does this build want to see every block? */
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

_Thread_local struct hence_cache hence_cache __attribute__((tls_model("initial-exec")));

static void *system_allocate(size_t size, void *arg)
{
    (void)arg;
    return malloc(size);
}

static void *system_resize(void *p, size_t size, void *arg)
{
    (void)arg;
    return realloc(p, size);
}

static void system_release(void *p, void *arg)
{
    (void)arg;
    free(p);
}

static const hence_allocator system_allocator = {
    .allocate = system_allocate,
    .resize = system_resize,
    .release = system_release,
};

static hence_allocator allocator = {
    .allocate = system_allocate,
    .resize = system_resize,
    .release = system_release,
};
static atomic_bool was_used; /* something has been allocated: too late for another allocator */
static bool cache_wanted;
static pthread_key_t thread_end;

static void drain_cache(void *unused)
{
    (void)unused;
    hence_cache.limit = 0;
    for (size_t class = 0; class < HENCE_CACHE_CLASSES; class ++) {
        struct hence_cached_block *block = hence_cache.head[class];
        hence_cache.head[class] = NULL;
        hence_cache.count[class] = 0;
        while (block) {
            struct hence_cached_block *next = block->next;
            allocator.release(block, allocator.arg);
            block = next;
        }
    }
}

static bool runs_under_valgrind(void)
{
    /* valgrind preloads its own modules into the program that it runs */
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload");
}

void hence_memory_use_cache(void)
{
    if (!cache_wanted)
        cache_wanted = pthread_key_create(&thread_end, drain_cache) == 0;
}

__attribute__((constructor)) static void decide_about_cache(void)
{
    if (!UNDER_SANITIZER && !runs_under_valgrind())
        hence_memory_use_cache();
}

__attribute__((destructor)) static void forget_thread_end(void)
{
    if (cache_wanted) {
        drain_cache(NULL);
        cache_wanted = false;
        pthread_key_delete(thread_end);
    }
}

int hence_set_allocator(const hence_allocator *chosen)
{
    if (!chosen)
        chosen = &system_allocator;
    if (!chosen->allocate || !chosen->resize || !chosen->release)
        return -EINVAL;
    if (atomic_load_explicit(&was_used, memory_order_relaxed))
        return -EBUSY;
    allocator = *chosen;
    cache_wanted = cache_wanted && chosen == &system_allocator;
    return 0;
}

void *hence_memory_get_slow(size_t size)
{
    if (HENCE_UNLIKELY(!atomic_load_explicit(&was_used, memory_order_relaxed)))
        atomic_store_explicit(&was_used, true, memory_order_relaxed);
    size_t class = hence_memory_class(size);
    if (cache_wanted &&
        class < HENCE_CACHE_CLASSES) /* it may be cached, and taken for any size of its class */
        size = class * HENCE_CACHE_STEP + 8;
    void *p = allocator.allocate(size, allocator.arg);
    if (p)
        HENCE_COUNT(BLOCKS_MADE);
    return p;
}

void hence_memory_put_slow(void *p, size_t size)
{
    /* the first block that this thread frees sets its cache up */
    if (cache_wanted && !hence_cache.limit && pthread_setspecific(thread_end, &hence_cache) == 0) {
        hence_cache.limit = HENCE_CACHE_LIMIT;
        hence_memory_put(p, size);
        return;
    }
    HENCE_COUNT(BLOCKS_ENDED);
    allocator.release(p, allocator.arg);
}

void hence_memory_release_chain(struct hence_block_chain *chain)
{
    while (chain) {
        struct hence_block_chain *next = chain->next;
        allocator.release(chain, allocator.arg);
        chain = next;
    }
}

void hence_memory_adopt(struct hence_block_chain *chain, size_t size)
{
    size_t class = hence_memory_class(size);
    if (!hence_cache.limit && cache_wanted && pthread_setspecific(thread_end, &hence_cache) == 0)
        hence_cache.limit = HENCE_CACHE_LIMIT;
    if (!hence_cache.limit || hence_cache.head[class]) {
        hence_memory_release_chain(chain);
        return;
    }
    hence_cache.count[class] = (uint32_t)chain->count;
    hence_cache.head[class] = (struct hence_cached_block *)chain;
}

void *hence_memory_resize_large(void *p, size_t size)
{
    if (!p)
        return hence_memory_get_slow(size);
    return allocator.resize(p, size, allocator.arg);
}
