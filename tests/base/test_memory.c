/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where memory comes from: the cache of each thread in front of malloc(), and a program's own
 * allocator. No allocator is set for this suite, unlike in the others.
 */
#include "base/memory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include <hence/hence.h>

/* Under AddressSanitizer and valgrind there is none, unless it is asked for. */
static void use_cache(void)
{
    hence_memory_use_cache();
    hence_memory_put(hence_memory_get(16), 16); /* the first block that a thread frees sets it up */
}

TestSuite(memory);

Test(memory, a_block_that_was_freed_is_given_again)
{
    use_cache();
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
    use_cache();
    for (size_t size = 1; size <= 256; size++) {
        char *p = hence_memory_get(size);
        cr_assert_not_null(p);
        memset(p, 0xff, size);
        hence_memory_put(p, size);
        cr_assert_eq(hence_memory_get(size), p);
        hence_memory_put(p, size);
    }
}

Test(memory, large_blocks_are_not_kept)
{
    use_cache();
    void *p = hence_memory_get(265);
    cr_assert_not_null(p);
    hence_memory_put(p, 265);
    for (size_t i = 2; i < HENCE_CACHE_CLASSES; i++)
        cr_assert_eq(hence_cache.count[i], 0);
}

Test(memory, at_most_a_fixed_number_of_blocks_is_kept)
{
    use_cache();
    enum {
        MANY = HENCE_CACHE_LIMIT + 100
    };
    static void *blocks[MANY];
    for (int i = 0; i < MANY; i++)
        blocks[i] = hence_memory_get(100);
    for (int i = 0; i < MANY; i++)
        hence_memory_put(blocks[i], 100);
    cr_assert_eq(hence_cache.count[hence_memory_class(100)], HENCE_CACHE_LIMIT);
    for (int i = 0; i < MANY; i++)
        cr_assert_not_null(blocks[i] = hence_memory_get(100));
    cr_assert_eq(hence_cache.count[hence_memory_class(100)], 0);
    for (int i = 0; i < MANY; i++)
        hence_memory_put(blocks[i], 100);
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

struct of_a_thread {
    void *block;
    bool same;
    bool began_empty;
};

static void *fill_cache(void *arg)
{
    enum {
        MANY = HENCE_CACHE_LIMIT
    };
    struct of_a_thread *its = arg;
    void **blocks = malloc(MANY * sizeof *blocks);
    its->began_empty = hence_cache.limit == 0;
    void *p = hence_memory_get(64);
    its->same = p == its->block;
    hence_memory_put(p, 64);
    for (int i = 0; blocks && i < MANY; i++)
        blocks[i] = hence_memory_get(256);
    for (int i = 0; blocks && i < MANY; i++)
        hence_memory_put(blocks[i], 256);
    free(blocks);
    return NULL;
}

Test(memory, each_thread_has_a_cache_of_its_own_and_gives_it_back_at_its_end)
{
    use_cache();
    struct of_a_thread its = {.block = hence_memory_get(64)};
    hence_memory_put(its.block, 64);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        cr_assert_eq(pthread_create(&thread, NULL, fill_cache, &its), 0);
        cr_assert_eq(pthread_join(thread, NULL), 0);
        cr_assert(its.began_empty);
        cr_assert_not(its.same);
    }
    cr_assert_lt(mallinfo2().uordblks, before + 256 * HENCE_CACHE_LIMIT / 4);
}

static void *free_block(void *block)
{
    hence_memory_put(block, 64);
    return NULL;
}

Test(memory, a_block_may_be_freed_on_another_thread)
{
    pthread_t thread;
    void *p = hence_memory_get(64);
    cr_assert_not_null(p);
    cr_assert_eq(pthread_create(&thread, NULL, free_block, p), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
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
