/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs: where the blocks of few sizes come from.
 *
 * malloc() hands out what was freed last. After a hundred thousand objects have ended in random order the
 * next hundred thousand stand in random order too, and whoever goes through them waits for memory at each
 * one. A slab keeps what is freed in it, so that neighbours stay near each other whatever their order was,
 * and as a whole it goes back to malloc() when its last block has come back.
 *
 *   current    its free blocks are listed in hence_blocks; all that were cut count as used
 *   full       all are used; it is in no list
 *   partial    some are free, in `free`; it is in the row of its class
 *   spare      none is used; few of these are kept for any class, the others go back to malloc()
 *
 * A slab belongs to the thread that made it, and only that one touches it. A block that ends on another
 * thread is put on a stack of the owner's, `returned`, which the owner empties when it next needs a slab.
 * When a thread ends, its slabs that still have used blocks stay: the stack is closed (ENDED), and who comes
 * with a block then counts it off himself, under a mutex.
 */
#include "base/slab.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/ring.h"

#define SPARES  64 /* 2 MiB for each thread */
#define CUT     32 /* blocks cut from fresh memory at once: its pages are touched as they are needed */
#define LINE    64
#define TRAILER 8 /* is malloc()'s: so slabs can stand one right behind the other */

/* All slabs of a thread. Ends with the last of them. */
struct owner {
    _Atomic(struct hence_block *) returned; /* by other threads */
    struct hence_ring partial[HENCE_BLOCK_CLASSES];
    struct hence_ring spare;
    size_t spares, slabs;
};

struct hence_slab {
    struct hence_ring ring; /* of the partial or the spare ones; alone: in none */
    struct owner *owner;
    struct hence_block *free;
    char *fresh; /* from here on it was never cut */
    uint32_t class;
    uint32_t used, cut; /* blocks */
};

#define FIRST_BLOCK ((sizeof(struct hence_slab) + 63) / 64 * 64)

_Thread_local struct hence_blocks hence_blocks;
static _Thread_local struct owner *own;
static pthread_key_t thread_end;
static bool has_thread_end;
static pthread_mutex_t orphans = PTHREAD_MUTEX_INITIALIZER;
static struct hence_block ended; /* `returned` points to it when the thread has ended */

static struct hence_slab *of_ring(struct hence_ring *ring)
{
    return (struct hence_slab *)((char *)ring - offsetof(struct hence_slab, ring));
}

/* ---- slabs ---- */

static struct hence_slab *slab_new(struct owner *owner)
{
    void *p;
    if (posix_memalign(&p, HENCE_SLAB_SIZE, HENCE_SLAB_SIZE - TRAILER) != 0)
        return NULL;
    struct hence_slab *slab = p;
    slab->owner = owner;
    owner->slabs++;
    return slab;
}

static void slab_free(struct hence_slab *slab)
{
    slab->owner->slabs--;
    free(slab);
}

static void clear(struct hence_slab *slab, size_t class)
{
    hence_ring_init(&slab->ring);
    slab->free = NULL;
    slab->fresh = (char *)slab + FIRST_BLOCK;
    slab->class = (uint32_t) class;
    slab->used = slab->cut = 0;
}

/* Its last block has come back. */
static void emptied(struct hence_slab *slab)
{
    struct owner *owner = slab->owner;
    hence_ring_remove(&slab->ring);
    if (owner->spares == SPARES) {
        slab_free(slab);
        return;
    }
    hence_ring_append(&owner->spare, &slab->ring);
    owner->spares++;
}

/* ---- blocks come back ---- */

/* To a slab of this thread. */
static void put_own(struct hence_slab *slab, struct hence_block *block)
{
    const uint32_t class = slab->class;
    if (hence_blocks.current[class] == slab) {
        block->next = hence_blocks.free[class];
        hence_blocks.free[class] = block;
        return;
    }
    if (!slab->free) /* it was full */
        hence_ring_append(&slab->owner->partial[class], &slab->ring);
    block->next = slab->free;
    slab->free = block;
    if (--slab->used == 0)
        emptied(slab);
}

static void put_all(struct hence_block *block)
{
    while (block) {
        struct hence_block *next = block->next;
        put_own(hence_slab_of(block), block);
        block = next;
    }
}

/* To a slab whose thread has ended. */
static void put_orphan(struct hence_slab *slab)
{
    struct owner *owner = slab->owner;
    pthread_mutex_lock(&orphans);
    if (--slab->used == 0)
        slab_free(slab);
    const bool is_last = !owner->slabs;
    pthread_mutex_unlock(&orphans);
    if (is_last)
        free(owner);
}

void hence_slab_put(void *p)
{
    struct hence_block *block = p;
    struct hence_slab *slab = hence_slab_of(p);
    struct owner *owner = slab->owner;
    if (HENCE_LIKELY(owner == own)) {
        put_own(slab, block);
        return;
    }
    struct hence_block *returned = atomic_load_explicit(&owner->returned, memory_order_relaxed);
    do {
        if (returned == &ended) {
            put_orphan(slab);
            return;
        }
        block->next = returned;
    } while (!atomic_compare_exchange_weak_explicit(&owner->returned, &returned, block,
                                                    memory_order_release, memory_order_relaxed));
}

/* ---- blocks are taken ---- */

static struct owner *begin_thread(void)
{
    struct owner *owner = malloc(sizeof *owner);
    if (!owner)
        return NULL;
    atomic_init(&owner->returned, NULL);
    for (size_t class = 0; class < HENCE_BLOCK_CLASSES; class ++)
        hence_ring_init(&owner->partial[class]);
    hence_ring_init(&owner->spare);
    owner->spares = owner->slabs = 0;
    if (has_thread_end && pthread_setspecific(thread_end, owner) != 0) {
        free(owner);
        return NULL;
    }
    return own = owner;
}

/* Cuts some blocks from what is left of the current slab; false if that is nothing. */
static bool cut_more(struct hence_slab *slab)
{
    const size_t size = (slab->class + (size_t)1) * HENCE_BLOCK_STEP;
    const char *end = (char *)slab + HENCE_SLAB_SIZE - TRAILER;
    struct hence_block **last = &hence_blocks.free[slab->class];
    for (int i = 0; i < CUT && (size_t)(end - slab->fresh) >= size; i++) {
        struct hence_block *block = (struct hence_block *)(void *)slab->fresh;
        for (size_t j = LINE; j < size; j += LINE)
            __builtin_prefetch(slab->fresh + j, 1);
        slab->fresh += size;
        slab->cut++;
        *last = block;
        last = &block->next;
    }
    *last = NULL;
    slab->used = slab->cut;
    return hence_blocks.free[slab->class] != NULL;
}

/* Finds another current slab: a partial one, a spare one, or a new one. */
static bool find_slab(struct owner *owner, size_t class)
{
    struct hence_slab *slab;
    if (!hence_ring_is_empty(&owner->partial[class])) {
        slab = of_ring(owner->partial[class].next);
        hence_ring_remove(&slab->ring);
        hence_blocks.free[class] = slab->free;
        slab->free = NULL;
        slab->used = slab->cut;
    } else {
        if (!hence_ring_is_empty(&owner->spare)) {
            slab = of_ring(owner->spare.next);
            hence_ring_remove(&slab->ring);
            owner->spares--;
        } else if (!(slab = slab_new(owner))) {
            return false;
        }
        clear(slab, class);
        cut_more(slab);
    }
    hence_blocks.current[class] = slab;
    return true;
}

/* The first block of the list, which has some then; or NULL. */
static struct hence_block *find_blocks(size_t class)
{
    struct hence_slab *slab = hence_blocks.current[class];
    struct owner *owner = own ? own : begin_thread();
    if (slab && cut_more(slab))
        return hence_blocks.free[class];
    if (!owner)
        return NULL;
    if (atomic_load_explicit(&owner->returned, memory_order_relaxed))
        put_all(atomic_exchange_explicit(&owner->returned, NULL, memory_order_acquire));
    return hence_blocks.free[class] || find_slab(owner, class) ? hence_blocks.free[class] : NULL;
}

void *hence_slab_get(size_t class)
{
    struct hence_block *block = find_blocks(class);
    if (!block)
        return NULL;
    hence_blocks.free[class] = block->next;
    return block;
}

/* ---- a thread ends ---- */

/* The current slab is one like the others. */
static void retire(size_t class)
{
    struct hence_block *free_ones = hence_blocks.free[class];
    hence_blocks.current[class] = NULL;
    hence_blocks.free[class] = NULL;
    put_all(free_ones);
}

static void end_thread(void *unused)
{
    struct owner *owner = own;
    (void)unused;
    if (!owner)
        return;
    pthread_mutex_lock(&orphans);
    put_all(atomic_exchange_explicit(&owner->returned, &ended, memory_order_acquire));
    for (size_t class = 0; class < HENCE_BLOCK_CLASSES; class ++)
        retire(class);
    while (!hence_ring_is_empty(&owner->spare)) {
        struct hence_slab *slab = of_ring(owner->spare.next);
        hence_ring_remove(&slab->ring);
        slab_free(slab);
    }
    const bool is_last = !owner->slabs;
    own = NULL;
    pthread_mutex_unlock(&orphans);
    if (is_last)
        free(owner);
}

bool hence_slabs_begin(void)
{
    return has_thread_end = pthread_key_create(&thread_end, end_thread) == 0;
}

__attribute__((destructor)) static void forget_thread_end(void)
{
    if (!has_thread_end)
        return;
    end_thread(NULL);
    has_thread_end = false;
    pthread_key_delete(thread_end);
}
