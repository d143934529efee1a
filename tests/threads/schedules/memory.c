/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory that the program allocates. No address is used twice in a schedule, so that whatever is touched
 * after it was freed is noticed. Of each byte (of each eighth one in large blocks) is known which thread wrote
 * it last, and when each thread read it last: an access that C's memory model does not order after a write of
 * another thread is a data race, and so is a write that is not ordered after all reads. Freeing is a write.
 *
 * The functions called __tsan_ are those that the compiler calls under -fsanitize=thread.
 */
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

#include <hence/base.h>

#define ARENA_SIZE (256 * 1024)
#define UNIT       64 /* blocks begin at multiples of this */
#define LARGE      1024
#define CELLS      (64 * 1024)

struct cell {
    uint16_t written; /* the writer's own clock */
    uint8_t writer;
    uint8_t number;
    uint16_t read[SCHEDULE_THREADS];
};

struct block {
    size_t offset, size;
    struct cell *cells;
    int shift;
    bool is_free;
};

static _Alignas(UNIT) unsigned char arena[ARENA_SIZE];
static struct cell cells[CELLS];
static uint16_t block_at[ARENA_SIZE / UNIT];
static struct block blocks[ARENA_SIZE / UNIT];
static size_t used, cells_used, live;
static uint16_t block_count;

struct schedule_clock *schedule_known(void)
{
    return &schedule_threads[schedule_self()].known;
}

void schedule_memory_step(void)
{
    schedule_known()->at[schedule_self()]++;
}

/* ---- blocks ---- */

void schedule_memory_reset(void)
{
    used = cells_used = live = 0;
    block_count = 0;
}

size_t schedule_memory_live(void)
{
    return live;
}

bool schedule_memory_is_shared(const volatile void *p)
{
    return (uintptr_t)p - (uintptr_t)arena < used;
}

static struct block *find_block(const volatile void *p)
{
    return &blocks[block_at[((uintptr_t)p - (uintptr_t)arena) / UNIT]];
}

static struct cell *find_cell(const struct block *block, const volatile void *p)
{
    return &block->cells[((uintptr_t)p - (uintptr_t)arena - block->offset) >> block->shift];
}

static void *allocate(size_t size, void *unused)
{
    (void)unused;
    const size_t units = (size + UNIT) / UNIT; /* at least one byte between two blocks */
    struct block *block = &blocks[block_count];
    const int shift = size > LARGE ? 3 : 0;
    const size_t count = (size >> shift) + 1;
    if (used + units * UNIT > ARENA_SIZE || cells_used + count > CELLS)
        schedule_fail("the program needs more memory than there is here");
    *block = (struct block){used, size, &cells[cells_used], shift, false};
    for (size_t i = 0; i < units; i++)
        block_at[used / UNIT + i] = block_count;
    block_count++;
    memset(block->cells, 0, count * sizeof *cells);
    cells_used += count;
    used += units * UNIT;
    live++;
    memset(arena + block->offset, 0xa5, size);
    return arena + block->offset;
}

/* ---- who may touch what ---- */

static void check_reads(const struct cell *cell, const struct schedule_clock *known)
{
    for (int i = 0; i < SCHEDULE_THREADS; i++)
        if (cell->read[i] > known->at[i])
            schedule_fail("data race: %s changes or frees what %s has read or changes atomically",
                          schedule_thread_name(schedule_self()), schedule_thread_name(i));
}

static void check_write(const struct cell *cell, const struct schedule_clock *known)
{
    if (cell->written > known->at[cell->writer])
        schedule_fail("data race: %s touches what %s has written",
                      schedule_thread_name(schedule_self()), schedule_thread_name(cell->writer));
}

static void touch(const volatile void *p, size_t size, bool writes)
{
    if (!schedule_memory_is_shared(p))
        return;
    const struct schedule_clock *known = schedule_known();
    const struct block *block = find_block(p);
    const uint8_t self = (uint8_t)schedule_self();
    if (block->is_free)
        schedule_fail("%s touches memory that is free", schedule_thread_name(self));
    const size_t inside = (uintptr_t)p - (uintptr_t)arena - block->offset;
    if (inside + size > block->size)
        schedule_fail("%s touches memory beyond the end", schedule_thread_name(self));
    struct cell *cell = find_cell(block, p);
    for (size_t i = 0; i < size; i += (size_t)1 << block->shift, cell++) {
        if (cell->written)
            check_write(cell, known);
        if (!writes) {
            cell->read[self] = known->at[self];
            continue;
        }
        check_reads(cell, known);
        cell->written = known->at[self];
        cell->writer = self;
    }
}

void schedule_memory_check(const volatile void *p, size_t size, const char *what)
{
    (void)what;
    touch(p, size, false);
}

bool schedule_memory_was_written(const volatile void *p)
{
    return find_cell(find_block(p), p)->written;
}

uint16_t *schedule_memory_number(const volatile void *p)
{
    static uint16_t numbers[ARENA_SIZE];
    struct block *block = find_block(p);
    struct cell *cell = find_cell(block, p);
    uint16_t *number = &numbers[(uintptr_t)p - (uintptr_t)arena];
    if (!cell->number)
        *number = 0;
    cell->number = 1;
    return number;
}

static void release(void *p, void *unused)
{
    (void)unused;
    if (!p)
        return;
    struct block *block = find_block(p);
    touch(p, block->size, true);
    block->is_free = true;
    live--;
}

static void *resize(void *p, size_t size, void *unused)
{
    void *bigger = allocate(size, unused);
    const size_t before = find_block(p)->size;
    touch(p, before, false);
    memcpy(bigger, p, before < size ? before : size);
    release(p, unused);
    return bigger;
}

const hence_allocator schedule_allocator = {
    .allocate = allocate,
    .resize = resize,
    .release = release,
};

/* ---- what the compiler calls ---- */

#define ACCESS(size)                                                                               \
    void __tsan_read##size(void *p);                                                               \
    void __tsan_write##size(void *p);                                                              \
    void __tsan_unaligned_read##size(const void *p);                                               \
    void __tsan_unaligned_write##size(void *p);                                                    \
    void __tsan_read##size(void *p)                                                                \
    {                                                                                              \
        touch(p, size, false);                                                                     \
    }                                                                                              \
    void __tsan_write##size(void *p)                                                               \
    {                                                                                              \
        touch(p, size, true);                                                                      \
    }                                                                                              \
    void __tsan_unaligned_read##size(const void *p)                                                \
    {                                                                                              \
        touch(p, size, false);                                                                     \
    }                                                                                              \
    void __tsan_unaligned_write##size(void *p)                                                     \
    {                                                                                              \
        touch(p, size, true);                                                                      \
    }

ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __tsan_read_range(void *p, long size);
void __tsan_write_range(void *p, long size);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void *caller);
void __tsan_init(void);

void __tsan_read_range(void *p, long size)
{
    touch(p, (size_t)size, false);
}

void __tsan_write_range(void *p, long size)
{
    touch(p, (size_t)size, true);
}

void __tsan_func_entry(void *caller)
{
    (void)caller;
}

void __tsan_func_exit(void *caller)
{
    (void)caller;
}

void __tsan_init(void)
{
}
