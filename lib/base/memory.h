/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_BASE_MEMORY_H
#define HENCE_LIB_BASE_MEMORY_H

/*
 * Memory: the program's allocator, and in front of malloc() a small cache for each thread.
 *
 * Deferreds, Futures, failures and step blocks are few sizes, made and ended at a high rate on one
 * thread. Each thread keeps what it frees in lists by size class, at most HENCE_CACHE_LIMIT blocks
 * each, and gives them back when it ends. There is no cache when the program set an allocator of its
 * own, or under AddressSanitizer and valgrind, which want to see every block.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ledger.h"
#include <hence/base.h>

#define HENCE_CACHE_STEP    16 /* class n holds blocks of 16 * n + 8 bytes, as malloc() makes them */
#define HENCE_CACHE_CLASSES 17
#define HENCE_CACHE_LIMIT   2048

struct hence_cached_block {
    struct hence_cached_block *next;
};

struct hence_cache {
    struct hence_cached_block *head[HENCE_CACHE_CLASSES];
    uint32_t count[HENCE_CACHE_CLASSES];
    uint32_t limit; /* 0 until this thread's cache is set up, and when there is none */
};

extern _Thread_local struct hence_cache hence_cache __attribute__((tls_model("initial-exec")));

/* For functions that are rare: what they need of registers and stack stays theirs. */
#if defined(__GNUC__)
#define HENCE_NOINLINE __attribute__((noinline))
#else
#define HENCE_NOINLINE
#endif

void *hence_memory_get_slow(size_t size);
void hence_memory_put_slow(void *p, size_t size);

/* For tests of the cache, which is off under sanitizers and valgrind. */
void hence_memory_use_cache(void);

static inline size_t hence_memory_class(size_t size)
{
    return (size + HENCE_CACHE_STEP - 9) / HENCE_CACHE_STEP;
}

/* Is there a block for `size` bytes in the cache? */
static inline bool hence_memory_is_cached(size_t size)
{
    size_t class = hence_memory_class(size);
    return class < HENCE_CACHE_CLASSES && hence_cache.head[class];
}

/* That block. */
static inline void *hence_memory_get_cached(size_t size)
{
    size_t class = hence_memory_class(size);
    struct hence_cached_block *block = hence_cache.head[class];
    hence_cache.head[class] = block->next;
    hence_cache.count[class]--;
    HENCE_COUNT(BLOCKS_MADE);
    return block;
}

/* Memory for `size` bytes, uninitialised, or NULL. */
static inline void *hence_memory_get(size_t size)
{
    if (HENCE_LIKELY(hence_memory_is_cached(size)))
        return hence_memory_get_cached(size);
    return hence_memory_get_slow(size);
}

/* Gives back what hence_memory_get() gave for the same size. */
static inline void hence_memory_put(void *p, size_t size)
{
    size_t class = hence_memory_class(size);
    if (HENCE_LIKELY(class < HENCE_CACHE_CLASSES && hence_cache.count[class] < hence_cache.limit)) {
        struct hence_cached_block *block = p;
        block->next = hence_cache.head[class];
        hence_cache.head[class] = block;
        hence_cache.count[class]++;
        HENCE_COUNT(BLOCKS_ENDED);
        return;
    }
    hence_memory_put_slow(p, size);
}

/* ---- blocks of one size that some threads get and others put ---- */

/* The cache of a thread that only puts is full one day, and that of one that only gets is always empty. In between
 * blocks may travel in chains, which count as ended. */
struct hence_block_chain {
    struct hence_block_chain *next; /* as in the cache */
    size_t count;                   /* from here on */
};

/* Would the next block of this size go back to the allocator, though there is a cache? */
static inline bool hence_memory_cache_is_full(size_t size)
{
    size_t class = hence_memory_class(size);
    return class < HENCE_CACHE_CLASSES && hence_cache.limit &&
           hence_cache.count[class] >= hence_cache.limit;
}

/* Takes a chain into the empty cache of this thread, or gives it back to the allocator. */
void hence_memory_adopt(struct hence_block_chain *chain, size_t size);
/* Gives it back to the allocator. */
void hence_memory_release_chain(struct hence_block_chain *chain);

static inline void *hence_memory_get_zeroed(size_t size)
{
    void *p = hence_memory_get(size);
    if (p)
        memset(p, 0, size);
    return p;
}

/* realloc() for blocks larger than any cached one, from NULL on; the old block stays on failure.
 * Such a block is given back with hence_memory_put() and its size, which must be larger too. */
void *hence_memory_resize_large(void *p, size_t size);

#define HENCE_MEMORY_LARGE (HENCE_CACHE_STEP * HENCE_CACHE_CLASSES)

#endif
