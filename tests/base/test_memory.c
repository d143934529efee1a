/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where memory comes from: the slabs of each thread in front of malloc(), and a program's own
 * allocator. No allocator is set for this suite, unlike in the others.
 */
#include "base/memory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <hence/hence.h>

/* Under AddressSanitizer and valgrind there are none, unless they are asked for. */
static void use_slabs(void)
{
    hence_memory_use_slabs();
}

TestSuite(memory);

Test(memory, a_block_that_was_freed_is_given_again)
{
    use_slabs();
    void *p = hence_memory_get(64);
    cr_assert_not_null(p);
    hence_memory_put(p, 64);
    void *q = hence_memory_get(57);
    cr_assert_eq(p, q, "57 bytes are of the same class as 64");
    hence_memory_put(q, 57);
    q = hence_memory_get(56);
    cr_assert_neq(p, q, "56 bytes are not");
    hence_memory_put(q, 56);
}

Test(memory, every_class_keeps_its_blocks)
{
    use_slabs();
    for (size_t size = 1; size <= 256; size++) {
        char *p = hence_memory_get(size);
        cr_assert_not_null(p);
        memset(p, 0xff, size);
        hence_memory_put(p, size);
        cr_assert_eq(hence_memory_get(size), p);
        hence_memory_put(p, size);
    }
}

Test(memory, blocks_are_aligned_as_their_size_asks)
{
    use_slabs();
    for (size_t size = 1; size <= 300; size++) {
        void *p[3];
        for (int i = 0; i < 3; i++) {
            cr_assert_not_null(p[i] = hence_memory_get(size));
            cr_assert_eq((uintptr_t)p[i] % (size % 16 ? 8 : 16), 0);
        }
        for (int i = 0; i < 3; i++)
            hence_memory_put(p[i], size);
    }
}

Test(memory, large_blocks_are_of_no_slab)
{
    use_slabs();
    void *p = hence_memory_get(257);
    cr_assert_not_null(p);
    hence_memory_put(p, 257);
    for (size_t i = 0; i < HENCE_BLOCK_CLASSES; i++)
        cr_assert_null(hence_blocks.current[i]);
}

/* What malloc() has given out, but for what a thread keeps: spare slabs, and the current ones. */
static size_t heap_beyond_slabs(void)
{
    const size_t kept = (64 + 2) * HENCE_SLAB_SIZE, used = mallinfo2().uordblks;
    return used > kept ? used - kept : 0;
}

enum {
    MANY = 100000
};
static void *blocks[MANY];

static void take_many(size_t size)
{
    for (size_t i = 0; i < MANY; i++) {
        cr_assert_not_null(blocks[i] = hence_memory_get(size));
        memset(blocks[i], (int)i, size);
    }
}

/* In an order that has nothing to do with that in which they were taken. */
static void give_many_back(size_t size)
{
    for (size_t i = 0, k = 0; i < MANY; i++, k = (k + 61813) % MANY) {
        for (size_t n = 0; n < size; n++)
            cr_assert_eq(((unsigned char *)blocks[k])[n], (unsigned char)k);
        hence_memory_put(blocks[k], size);
    }
}

Test(memory, slabs_whose_blocks_have_all_come_back_are_given_back)
{
    use_slabs();
    const size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 3; i++) {
        take_many(104);
        if (before) /* sanitizers do not tell */
            cr_assert_gt(mallinfo2().uordblks, before + (size_t)MANY * 104);
        cr_assert_lt(mallinfo2().uordblks, before + (size_t)MANY * 106);
        give_many_back(104);
        cr_assert_leq(heap_beyond_slabs(), before);
    }
}

Test(memory, a_spare_slab_serves_any_size)
{
    use_slabs();
    take_many(64);
    give_many_back(64);
    const size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < 1000; i++)
        cr_assert_not_null(blocks[i] = hence_memory_get(256));
    cr_assert_eq(mallinfo2().uordblks, before);
    for (size_t i = 0; i < 1000; i++)
        hence_memory_put(blocks[i], 256);
}

Test(memory, what_was_freed_near_each_other_is_given_again_near_each_other)
{
    use_slabs();
    take_many(64);
    for (size_t i = 0, k = 0; i < MANY; i++, k = (k + 61813) % MANY)
        hence_memory_put(blocks[k], 64);
    take_many(64);
    size_t slabs = 1;
    for (size_t i = 1; i < MANY; i++)
        slabs += hence_slab_of(blocks[i]) != hence_slab_of(blocks[i - 1]);
    cr_assert_lt(slabs, MANY / 400);
    give_many_back(64);
}

Test(memory, zeroed_memory_is_zeroed_when_it_was_used_before)
{
    unsigned char *p = hence_memory_get(100);
    cr_assert_not_null(p);
    memset(p, 0xff, 100);
    hence_memory_put(p, 100);
    p = hence_memory_get_zeroed(100);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(p[i], 0);
    hence_memory_put(p, 100);
}

Test(memory, large_memory_grows_and_keeps_what_is_in_it)
{
    char *p = hence_memory_resize_large(NULL, HENCE_MEMORY_LARGE);
    cr_assert_not_null(p);
    memset(p, 'x', HENCE_MEMORY_LARGE);
    p = hence_memory_resize_large(p, 100000);
    cr_assert_not_null(p);
    for (int i = 0; i < HENCE_MEMORY_LARGE; i++)
        cr_assert_eq(p[i], 'x');
    hence_memory_put(p, 100000);
}

/* ---- threads ---- */

static void on_thread(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, run, arg), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
}

static void *take_and_give_back(void *other)
{
    cr_assert_null(hence_blocks.current[hence_memory_class(64)]);
    void *p = hence_memory_get(64);
    cr_assert_neq(p, other);
    cr_assert_neq(hence_slab_of(p), hence_slab_of(other));
    hence_memory_put(p, 64);
    take_many(256);
    give_many_back(256);
    return NULL;
}

Test(memory, each_thread_has_slabs_of_its_own_and_gives_them_back_at_its_end)
{
    use_slabs();
    void *p = hence_memory_get(64);
    hence_memory_put(p, 64);
    const size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 4; i++)
        on_thread(take_and_give_back, p);
    cr_assert_lt(mallinfo2().uordblks, before + HENCE_SLAB_SIZE);
}

static void *free_block(void *block)
{
    hence_memory_put(block, 64);
    return NULL;
}

Test(memory, a_block_may_be_freed_on_another_thread)
{
    void *p = hence_memory_get(64);
    cr_assert_not_null(p);
    on_thread(free_block, p);
}

static void *give_all_back(void *size)
{
    give_many_back(*(size_t *)size);
    return NULL;
}

Test(memory, what_other_threads_have_freed_is_used_again)
{
    use_slabs();
    size_t size = 104;
    const size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 4; i++) {
        take_many(size);
        on_thread(give_all_back, &size);
    }
    cr_assert_lt(mallinfo2().uordblks, before + (size_t)MANY * 110);
    take_many(size);
    give_many_back(size);
    cr_assert_leq(heap_beyond_slabs(), before);
}

static void *take_all(void *size)
{
    take_many(*(size_t *)size);
    return NULL;
}

Test(memory, blocks_outlive_the_thread_that_took_them)
{
    use_slabs();
    size_t size = 104;
    const size_t before = mallinfo2().uordblks;
    on_thread(take_all, &size);
    give_many_back(size);
    on_thread(take_all, &size);
    on_thread(give_all_back, &size);
    cr_assert_lt(mallinfo2().uordblks, before + HENCE_SLAB_SIZE);
}

/* Blocks go from one thread to the next while the first one goes on taking them. */
static _Atomic(void *) handed_over[1000];

static void *free_what_comes(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < 200000; i++) {
        void *p = atomic_exchange(&handed_over[i % 1000], NULL);
        if (p)
            hence_memory_put(p, 48);
    }
    return NULL;
}

Test(memory, threads_free_what_another_one_takes_meanwhile)
{
    use_slabs();
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, free_what_comes, NULL), 0);
    for (size_t i = 0; i < 200000; i++) {
        void *p = hence_memory_get(48);
        cr_assert_not_null(p);
        memset(p, 0xff, 48);
        if ((p = atomic_exchange(&handed_over[i % 1000], p)))
            hence_memory_put(p, 48);
    }
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 1000; i++) {
        void *p = atomic_exchange(&handed_over[i], NULL);
        if (p)
            hence_memory_put(p, 48);
    }
}

/* ---- the program's own allocator ---- */

static int allocated, released, resized;

static void *count_allocate(size_t size, void *arg)
{
    ++*(int *)arg;
    allocated++;
    return malloc(size);
}

static void *count_resize(void *p, size_t size, void *arg)
{
    ++*(int *)arg;
    resized++;
    return realloc(p, size);
}

static void count_release(void *p, void *arg)
{
    ++*(int *)arg;
    cr_assert_not_null(p);
    released++;
    free(p);
}

Test(memory, an_allocator_of_the_program_gets_one_call_for_each_object_and_its_argument)
{
    int calls = 0;
    const hence_allocator own = {count_allocate, count_resize, count_release, &calls};
    cr_assert_eq(hence_set_allocator(&own), 0);
    for (int i = 1; i <= 10; i++) {
        hence_deferred *d = hence_deferred_succeed(hence_int(7));
        cr_assert_eq(allocated, i);
        hence_deferred_unref(d);
        cr_assert_eq(released, i);
    }
    hence_drop(hence_fail(HENCE_ECLOSED, "a message"));
    cr_assert_eq(allocated, 11);
    cr_assert_eq(released, 11);
    hence_memory_put(hence_memory_resize_large(hence_memory_resize_large(NULL, 500), 1000), 1000);
    cr_assert_eq(allocated, 12);
    cr_assert_eq(resized, 1);
    cr_assert_eq(released, 12);
    cr_assert_eq(calls, 25);
}

Test(memory, an_allocator_with_a_function_missing_is_refused)
{
    cr_assert_eq(hence_set_allocator(&(hence_allocator){NULL, count_resize, count_release, NULL}),
                 -EINVAL);
    cr_assert_eq(hence_set_allocator(&(hence_allocator){count_allocate, NULL, count_release, NULL}),
                 -EINVAL);
    cr_assert_eq(hence_set_allocator(&(hence_allocator){count_allocate, count_resize, NULL, NULL}),
                 -EINVAL);
    hence_deferred_unref(hence_deferred_succeed(hence_none()));
    cr_assert_eq(allocated, 0);
}

Test(memory, an_allocator_that_comes_too_late_is_refused)
{
    int calls = 0;
    const hence_allocator own = {count_allocate, count_resize, count_release, &calls};
    hence_deferred *d = hence_deferred_succeed(hence_none());
    cr_assert_eq(hence_set_allocator(&own), -EBUSY);
    cr_assert_eq(hence_set_allocator(NULL), -EBUSY);
    hence_deferred_unref(d);
    cr_assert_eq(hence_set_allocator(&own), -EBUSY);
    cr_assert_eq(allocated, 0);
}

Test(memory, before_the_first_object_the_choice_can_be_changed)
{
    int calls = 0;
    const hence_allocator own = {count_allocate, count_resize, count_release, &calls};
    cr_assert_eq(hence_set_allocator(&own), 0);
    cr_assert_eq(hence_set_allocator(NULL), 0);
    hence_deferred_unref(hence_deferred_succeed(hence_none()));
    cr_assert_eq(allocated, 0);
}

Test(memory, the_system_s_may_be_chosen_and_has_slabs)
{
    use_slabs();
    cr_assert_eq(hence_set_allocator(NULL), 0);
    void *p = hence_memory_get(64);
    cr_assert_eq(hence_blocks.current[hence_memory_class(64)], hence_slab_of(p));
    hence_memory_put(p, 64);
}
