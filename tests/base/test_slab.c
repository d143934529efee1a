/* SPDX-License-Identifier: BSD-3-Clause */
/* Slabs that the system has no memory for. No allocator is set for this suite, so that there are slabs. */
#include "base/slab.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

#include <hence/hence.h>

#include "base/memory.h"
#include "support/system.h"

TestSuite(slab, .init = hence_memory_use_slabs);

Test(slab, one_that_can_not_be_had_is_no_memory_and_the_next_one_is)
{
    system_call_fails(CALL_MEMALIGN, ENOMEM, 2);
    cr_assert_null(hence_memory_get(64));
    cr_assert_null(hence_memory_get_zeroed(64));
    void *p = hence_memory_get_zeroed(64);
    cr_assert_not_null(p);
    system_call_fails(CALL_MEMALIGN, ENOMEM, 1);
    void *q = hence_memory_get(64);
    cr_assert_not_null(q, "there is room in the slab that was had");
    cr_assert_null(hence_memory_get(128), "there is none for another size");
    hence_memory_put(p, 64);
    hence_memory_put(q, 64);
}

Test(slab, what_can_not_be_made_for_want_of_one_fails_as_without_memory)
{
    system_call_fails(CALL_MEMALIGN, ENOMEM, 2);
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    cr_assert_null(d);
    hence_result r = hence_fail(HENCE_ECLOSED, "a message");
    cr_assert(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ENOMEM));
    hence_drop(r);
    cr_assert_eq(system_call_failures_left(CALL_MEMALIGN), 0);
    d = hence_deferred_succeed(hence_int(7));
    r = hence_deferred_take(d);
    cr_assert_eq(hence_as_int(&r), 7);
    hence_deferred_unref(d);
}

static void on_thread(void *(*run)(void *))
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
}

static void *begin_without_memory(void *unused)
{
    system_call_fails(CALL_MALLOC, ENOMEM, 1);
    cr_assert_null(hence_memory_get(64));
    system_call_fails(CALL_SET_SPECIFIC, ENOMEM, 1);
    cr_assert_null(hence_memory_get(64), "nobody would give its slabs back when it ends");
    void *p = hence_memory_get(64);
    cr_assert_not_null(p);
    hence_memory_put(p, 64);
    return unused;
}

Test(slab, a_thread_whose_slabs_nobody_could_look_after_has_none_until_that_can_be)
{
    on_thread(begin_without_memory);
}

static void *take_until_there_is_none(void *unused)
{
    static void *blocks[2000];
    size_t n = 0;
    cr_assert_not_null(blocks[n++] = hence_memory_get(256));
    system_call_fails(CALL_MEMALIGN, ENOMEM, 1);
    while ((blocks[n] = hence_memory_get(256)))
        n++;
    cr_assert(n > 100 && n < 150, "a slab has %d bytes", (int)HENCE_SLAB_SIZE);
    cr_assert_not_null(blocks[n] = hence_memory_get(256));
    for (size_t i = 0; i <= n; i++)
        hence_memory_put(blocks[i], 256);
    return unused;
}

Test(slab, a_slab_is_used_to_its_end_before_there_is_no_memory)
{
    on_thread(take_until_there_is_none);
}

Test(slab, where_the_end_of_threads_can_not_be_heard_of_there_are_none)
{
    system_call_fails(CALL_KEY_CREATE, EAGAIN, 1);
    cr_assert(!hence_slabs_begin());
}
