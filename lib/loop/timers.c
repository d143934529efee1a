/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers: a heap of (due time, order), a table of which there are, and another of what to call.
 *
 * The heap is 4-ary and holds small entries by value, so that sifting stays within few cache lines.
 * Cancelling touches only the first table, which is small, since most of its time is the cache's: the
 * heap's entry is stale from then on, and is passed over when it comes to the top, or swept out with
 * all others when half of the heap is stale (rule 130). An entry belongs to its timer as long as order
 * and due time are the same; the order grows with each entry and may wrap, since it decides only
 * between equal due times. Sweeping looks at the order alone: should it have wrapped just so that a
 * stale entry has that of its slot's next timer, the entry stays until it comes to the top.
 *
 * Slots of the table are taken lowest first: after cancelling in some random order, taking the last
 * one that was freed would walk through memory at random.
 */
#include "loop/loop.h"

#include <errno.h>

#include "base/memory.h"

#define FIRST_HEAP  64
#define FIRST_SLOTS 64
#define MAX_SLOTS   (UINT64_C(1) << 31)
#define FEW_STALE   64

/* ---- the table's free slots ---- */

static size_t words_at(size_t slots, int level)
{
    for (int i = 0; i <= level; i++)
        slots = (slots + 63) / 64;
    return slots;
}

/* The number of 64-bit words in all levels. */
static size_t words_in_all(size_t slots)
{
    size_t words = 0;
    for (int level = 0; level < SLOT_LEVELS; level++)
        words += words_at(slots, level);
    return words;
}

static size_t free_slots_size(size_t slots)
{
    return words_in_all(slots) * sizeof(uint64_t);
}

static void mark_free(struct timers *timers, uint32_t slot)
{
    size_t index = slot;
    for (int level = 0; level < SLOT_LEVELS; level++, index /= 64) {
        uint64_t *word = &timers->free_slots[level][index / 64];
        const uint64_t before = *word;
        *word = before | UINT64_C(1) << (index % 64);
        if (before) /* known above */
            return;
    }
}

static void mark_taken(struct timers *timers, uint32_t slot)
{
    size_t index = slot;
    for (int level = 0; level < SLOT_LEVELS; level++, index /= 64) {
        uint64_t *word = &timers->free_slots[level][index / 64];
        *word &= ~(UINT64_C(1) << (index % 64));
        if (*word)
            return;
    }
}

static uint32_t lowest_free(const struct timers *timers)
{
    size_t index = 0;
    for (int level = SLOT_LEVELS - 1; level >= 0; level--)
        index = index * 64 + (size_t)__builtin_ctzll(timers->free_slots[level][index]);
    return (uint32_t)index;
}

/* Some free slot, near the last one taken if there is one, else the lowest. */
static inline uint32_t take_slot(struct timers *timers)
{
    size_t at = timers->last_slot / 64;
    uint64_t word = timers->free_slots[0][at];
    uint32_t slot;
    if (HENCE_LIKELY(word & (word - 1))) { /* not the only one: nothing changes above */
        slot = (uint32_t)(at * 64) + (uint32_t)__builtin_ctzll(word);
        timers->free_slots[0][at] = word & (word - 1);
    } else {
        slot = lowest_free(timers);
        mark_taken(timers, slot);
    }
    timers->last_slot = slot;
    return slot;
}

static int grow_table(struct timers *timers)
{
    size_t slots = timers->slots ? timers->slots * 2 : FIRST_SLOTS;
    if (slots > MAX_SLOTS)
        return -ENOMEM;
    uint64_t *words = hence_memory_get_zeroed(free_slots_size(slots));
    if (!words)
        return -ENOMEM;
    struct timer *table = hence_memory_resize_large(timers->table, slots * sizeof *table);
    if (table)
        timers->table = table;
    struct timed_call *calls =
        table ? hence_memory_resize_large(timers->calls, slots * sizeof *calls) : NULL;
    if (!calls) {
        hence_memory_put(words, free_slots_size(slots));
        return -ENOMEM;
    }
    timers->calls = calls;
    if (timers->free_slots[0])
        hence_memory_put(timers->free_slots[0], free_slots_size(timers->slots));
    for (int level = 0; level < SLOT_LEVELS; level++) {
        timers->free_slots[level] = words;
        words += words_at(slots, level);
    }
    /* the table was full */
    size_t first_new = timers->slots;
    timers->slots = slots;
    for (size_t slot = first_new; slot < slots; slot++) {
        table[slot].order = 0;
        mark_free(timers, (uint32_t)slot);
    }
    return 0;
}

/* ---- the heap ---- */

static inline bool is_before(const struct due *a, const struct due *b)
{
    if (a->when != b->when)
        return a->when < b->when;
    return (int32_t)(a->order - b->order) < 0;
}

static void sift_up(struct due *heap, size_t i, struct due entry)
{
    while (i > 0) {
        size_t parent = (i - 1) / 4;
        if (!is_before(&entry, &heap[parent]))
            break;
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = entry;
}

static void sift_down(struct due *heap, size_t count, size_t i, struct due entry)
{
    for (;;) {
        size_t child = 4 * i + 1;
        if (child >= count)
            break;
        size_t end = child + 4 < count ? child + 4 : count;
        size_t least = child;
        for (size_t other = child + 1; other < end; other++) {
            if (is_before(&heap[other], &heap[least]))
                least = other;
        }
        if (!is_before(&heap[least], &entry))
            break;
        heap[i] = heap[least];
        i = least;
    }
    heap[i] = entry;
}

static void remove_top(struct timers *timers)
{
    struct due last = timers->heap[--timers->count];
    if (!timers->count)
        return;
    for (size_t i = 1; i <= 4 && i < timers->count; i++) { /* one of these is the next */
        __builtin_prefetch(&timers->table[timers->heap[i].slot]);
        __builtin_prefetch(&timers->calls[timers->heap[i].slot]);
    }
    sift_down(timers->heap, timers->count, 0, last);
}

static int reserve_due(struct timers *timers)
{
    if (HENCE_LIKELY(timers->count < timers->capacity))
        return 0;
    size_t capacity = timers->capacity ? timers->capacity * 2 : FIRST_HEAP;
    struct due *heap = hence_memory_resize_large(timers->heap, capacity * sizeof *heap);
    if (!heap)
        return -ENOMEM;
    timers->heap = heap;
    timers->capacity = capacity;
    return 0;
}

static inline void add_due(struct timers *timers, uint32_t slot, int64_t when)
{
    struct timer *timer = &timers->table[slot];
    if (!++timers->last_order)
        timers->last_order = 1;
    timer->order = timers->last_order;
    timer->ready = false;
    sift_up(timers->heap, timers->count++, (struct due){when, timer->order, slot});
}

static inline bool has_another_entry(const struct timers *timers, const struct due *due)
{
    const struct timer *timer = &timers->table[due->slot];
    return timer->order != due->order || timer->ready;
}

static inline bool is_stale(const struct timers *timers, const struct due *due)
{
    return has_another_entry(timers, due) || timers->calls[due->slot].when != due->when;
}

static void sweep(struct timers *timers)
{
    size_t kept = 0;
    for (size_t i = 0; i < timers->count; i++) {
        if (!has_another_entry(timers, &timers->heap[i]))
            timers->heap[kept++] = timers->heap[i];
    }
    timers->count = kept;
    timers->stale = 0;
    for (size_t i = kept / 4 + 1; i-- > 0;) {
        if (i < kept)
            sift_down(timers->heap, kept, i, timers->heap[i]);
    }
}

static void entry_is_stale(struct timers *timers)
{
    timers->stale++;
    if (timers->stale > FEW_STALE && timers->stale > timers->count / 2)
        sweep(timers);
}

/* ---- timers ---- */

int hence_timers_add(struct timers *timers, int64_t when, hence_call_fn *fn, void *arg,
                     hence_drop_fn *drop, hence_call *out)
{
    if (HENCE_UNLIKELY(timers->live == timers->slots) && grow_table(timers) < 0)
        return -ENOMEM;
    if (reserve_due(timers) < 0)
        return -ENOMEM;
    const uint32_t slot = take_slot(timers);
    const uint64_t sequence = ++timers->last_sequence;
    struct timer *timer = &timers->table[slot];
    timers->live++;
    timers->calls[slot] = (struct timed_call){fn, arg, drop, when};
    timer->sequence = sequence;
    timer->has_drop = drop != NULL;
    if (out)
        *out = (hence_call){sequence, slot, CALL_TIMER};
    add_due(timers, slot, when);
    return 0;
}

int hence_timers_move(struct timers *timers, struct timer *timer, int64_t when)
{
    if (reserve_due(timers) < 0)
        return -ENOMEM;
    bool was_ready = timer->ready;
    hence_timers_call(timers, timer)->when = when;
    add_due(timers, (uint32_t)(timer - timers->table), when);
    if (!was_ready)
        entry_is_stale(timers);
    return 0;
}

void hence_timers_remove(struct timers *timers, struct timer *timer)
{
    bool was_ready = timer->ready;
    timer->order = 0;
    mark_free(timers, (uint32_t)(timer - timers->table));
    timers->live--;
    if (!was_ready)
        entry_is_stale(timers);
}

int64_t hence_timers_next(struct timers *timers)
{
    while (timers->count && is_stale(timers, &timers->heap[0])) {
        remove_top(timers);
        timers->stale -= timers->stale > 0;
    }
    return timers->count ? timers->heap[0].when : INT64_MAX;
}

struct due hence_timers_pop(struct timers *timers)
{
    struct due due = timers->heap[0];
    timers->table[due.slot].ready = true;
    remove_top(timers);
    return due;
}

struct timer *hence_timers_ready(struct timers *timers, uint32_t slot, uint32_t order)
{
    struct timer *timer = &timers->table[slot];
    return timer->order == order && timer->ready ? timer : NULL;
}

void hence_timers_free(struct timers *timers)
{
    /* the first table may be there alone, if there was no memory for the other */
    const size_t slots = timers->slots ? timers->slots : FIRST_SLOTS;
    if (timers->heap)
        hence_memory_put(timers->heap, timers->capacity * sizeof *timers->heap);
    if (timers->free_slots[0])
        hence_memory_put(timers->free_slots[0], free_slots_size(slots));
    if (timers->table)
        hence_memory_put(timers->table, slots * sizeof *timers->table);
    if (timers->calls)
        hence_memory_put(timers->calls, slots * sizeof *timers->calls);
    *timers = (struct timers){.last_sequence = timers->last_sequence};
}
