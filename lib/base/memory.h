/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_BASE_MEMORY_H
#define HENCE_LIB_BASE_MEMORY_H

/*
 * Memory: the program's allocator, and in front of malloc() slabs of each thread's own.
 *
 * Deferreds, Futures, failures and step blocks are few sizes, made and ended at a high rate. A slab is
 * 32 KiB that holds blocks of one size class; slab.c says how. Of each class a thread has one current slab,
 * whose free blocks stand in a list in thread-local memory: taking one is a load and a store. There are no
 * slabs when the program set an allocator of its own, or runs under AddressSanitizer or valgrind, which want
 * to see every block.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ledger.h"
#include <hence/base.h>

#define HENCE_BLOCK_STEP    8 /* class n holds blocks of 8 * (n + 1) bytes */
#define HENCE_BLOCK_CLASSES 32
#define HENCE_SLAB_SIZE     ((size_t)32768) /* and what its address is a multiple of */

struct hence_block {
    struct hence_block *next;
};

struct hence_slab;

struct hence_blocks {
    struct hence_block *free[HENCE_BLOCK_CLASSES]; /* of the current slab */
    struct hence_slab *current[HENCE_BLOCK_CLASSES];
};

extern _Thread_local struct hence_blocks hence_blocks;

/* For functions that are rare: what they need of registers and stack stays theirs. */
#if defined(__GNUC__)
#define HENCE_NOINLINE __attribute__((noinline))
#else
#define HENCE_NOINLINE
#endif

void *hence_memory_get_slow(size_t size);
void hence_memory_put_slow(void *p, size_t size);

/* For tests of the slabs, which are off under sanitizers and valgrind: before the first block is taken. */
void hence_memory_use_slabs(void);

static inline size_t hence_memory_class(size_t size)
{
    return (size + (size == 0) - 1) / HENCE_BLOCK_STEP;
}

static inline struct hence_slab *hence_slab_of(const void *p)
{
    return (struct hence_slab *)((uintptr_t)p & ~(uintptr_t)(HENCE_SLAB_SIZE - 1));
}

/* Is there a block for `size` bytes in the current slab? */
static inline bool hence_memory_is_at_hand(size_t size)
{
    size_t class = hence_memory_class(size);
    return class < HENCE_BLOCK_CLASSES && hence_blocks.free[class];
}

/* That block. */
static inline void *hence_memory_get_at_hand(size_t size)
{
    size_t class = hence_memory_class(size);
    struct hence_block *block = hence_blocks.free[class];
    hence_blocks.free[class] = block->next;
    HENCE_COUNT(BLOCKS_MADE);
    return block;
}

/* Memory for `size` bytes, uninitialised, or NULL. Its address is a multiple of 16 if the size is one,
 * otherwise of 8. */
static inline void *hence_memory_get(size_t size)
{
    if (HENCE_LIKELY(hence_memory_is_at_hand(size)))
        return hence_memory_get_at_hand(size);
    return hence_memory_get_slow(size);
}

/* Gives back what hence_memory_get() gave for the same size. */
static inline void hence_memory_put(void *p, size_t size)
{
    size_t class = hence_memory_class(size);
    if (HENCE_LIKELY(class < HENCE_BLOCK_CLASSES &&
                     hence_blocks.current[class] == hence_slab_of(p))) {
        struct hence_block *block = p;
        block->next = hence_blocks.free[class];
        hence_blocks.free[class] = block;
        HENCE_COUNT(BLOCKS_ENDED);
        return;
    }
    hence_memory_put_slow(p, size);
}

static inline void *hence_memory_get_zeroed(size_t size)
{
    void *p = hence_memory_get(size);
    if (p)
        memset(p, 0, size);
    return p;
}

/* realloc() for blocks larger than any in a slab, from NULL on; the old block stays on failure.
 * Such a block is given back with hence_memory_put() and its size, which must be larger too. */
void *hence_memory_resize_large(void *p, size_t size);

#define HENCE_MEMORY_LARGE (HENCE_BLOCK_STEP * HENCE_BLOCK_CLASSES + 1)

#endif
