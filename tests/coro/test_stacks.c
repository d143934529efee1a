/* SPDX-License-Identifier: BSD-3-Clause */
/* Stacks: their size, what becomes of them, and where they end. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "coro/coro_support.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif

SUITE(stacks);

/* Uses so many bytes of the stack, and says how many were used at the deepest place of any. */
static hence_result use(hence_generator *g, void *arg)
{
    const size_t size = *(const size_t *)arg;
    volatile char *bytes = __builtin_alloca(size);
    for (size_t i = 0; i < size; i += 256)
        bytes[i] = 'x';
    hence_yield(g, hence_int((int64_t)hence_coroutine_stack_peak()));
    return hence_none();
}

static int64_t peak_with(size_t bytes)
{
    hence_result r;
    hence_generator *g = hence_generator_new(use, &bytes);
    hence_generator_next(g, &r);
    int64_t peak = hence_as_int(&r);
    hence_drop(r);
    hence_generator_unref(g);
    return peak;
}

TEST(stacks, a_thread_without_coroutines_has_none)
{
    check_int(hence_coroutine_stack_peak(), 0);
}

TEST(stacks, the_peak_tells_how_much_was_used)
{
    int64_t little = peak_with(16), much = peak_with(100000);
    check(little > 0 && little < 32768 * (HAS_SANITIZER ? 4 : 1));
    check(much >= 100000 && much <= 131072);
}

TEST(stacks, the_peak_is_that_of_the_one_that_has_used_most)
{
    size_t much = 100000, little = 16;
    hence_result r;
    hence_generator *first = hence_generator_new(use, &much);
    hence_generator *second = hence_generator_new(use, &little);
    hence_generator_next(first, &r);
    const int64_t peak = hence_as_int(&r);
    hence_drop(r);
    hence_generator_next(second, &r);
    check(peak >= 100000);
    check_int(hence_as_int(&r), peak);
    hence_drop(r);
    hence_generator_unref(second);
    hence_generator_unref(first);
}

TEST(stacks, the_size_holds_for_those_that_begin_from_then_on)
{
    check_int(hence_coroutine_set_stack_size(1 << 20), 0);
    int64_t peak = peak_with(1000000);
    check(peak >= 1000000 && peak <= 1 << 20);
    check_int(hence_coroutine_set_stack_size(0), 0);
    peak = peak_with(100000);
    check(peak >= 100000 && peak <= 131072);
}

TEST(stacks, a_size_that_makes_no_sense_is_refused)
{
    check_int(hence_coroutine_set_stack_size(16 * 1024 - 1), -EINVAL);
    check_int(hence_coroutine_set_stack_size((1ul << 30) + 1), -EINVAL);
    check_int(hence_coroutine_set_stack_size(16 * 1024), 0);
    check_int(hence_coroutine_set_stack_size(1ul << 30), 0);
    check(peak_with(16) >= 0);
    check_int(hence_coroutine_set_stack_size(0), 0);
}

static hence_result yield_once(hence_generator *g, void *arg)
{
    (void)arg;
    return hence_yield(g, hence_int(1));
}

TEST(stacks, one_of_another_size_is_not_kept)
{
    hence_result r;
    hence_generator *g = hence_generator_new(yield_once, NULL);
    hence_generator_next(g, &r);
    hence_drop(r);
    check_int(hence_coroutine_set_stack_size(64 * 1024), 0);
    hence_generator_unref(g);
    check_int(hence_coroutine_set_stack_size(0), 0);
    check_int(hence_coroutine_stack_peak(), 0);
}

/* ---- used again ---- */

static long pages_mapped(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    cr_assert_not_null(file);
    cr_assert_eq(fscanf(file, "%ld", &pages), 1);
    fclose(file);
    return pages;
}

static void make_and_end(int n)
{
    static hence_generator *all[2000];
    for (int i = 0; i < n; i++) {
        hence_result r;
        all[i] = hence_generator_new(yield_once, NULL);
        check(hence_generator_next(all[i], &r));
        hence_drop(r);
    }
    for (int i = 0; i < n; i++)
        hence_generator_unref(all[i]);
}

TEST_ONCE(stacks, memory_returns_but_for_those_that_are_kept)
{
    make_and_end(100);
    long before = pages_mapped();
    make_and_end(2000);
    long page = sysconf(_SC_PAGESIZE), after = pages_mapped();
    check(HAS_SANITIZER || (after - before) * page <= 1024l * (128 * 1024 + page));
    hence_coroutine_set_stack_size(0); /* gives those back */
    check(HAS_SANITIZER || pages_mapped() <= before);
}

static void make_and_end_elsewhere(void *arg)
{
    make_and_end(*(int *)arg);
}

TEST_ONCE(stacks, a_thread_that_ends_gives_its_own_back)
{
    int few = 1, many = 1000;
    on_another_thread(make_and_end_elsewhere, &few);
    long before = pages_mapped();
    on_another_thread(make_and_end_elsewhere, &many);
    long page = sysconf(_SC_PAGESIZE);
    check(HAS_SANITIZER || (pages_mapped() - before) * page < 100l * 128 * 1024);
}

/* ---- used up ---- */

static int ended;

static hence_result yield_and_count(void *arg)
{
    hence_result r = hence_co_yield();
    (void)arg;
    ended++;
    return r;
}

static int failed;

static void count_failure(hence_future *f, void *arg)
{
    (void)arg;
    hence_result r = hence_future_result(f);
    failed += hence_is_failure_of(&r, &hence_domain_hence, HENCE_ENOMEM);
    hence_drop(r);
}

/* Has so many tasks alive at once. Those that could not be had have failed, all others have come to their end. */
static void have_alive(int n)
{
    ended = failed = 0;
    for (int i = 0; i < n; i++) {
        hence_future *f = hence_spawn(both.loop, yield_and_count, NULL);
        hence_future_add_done_callback(f, count_failure, NULL);
        hence_future_unref(f);
    }
    run();
    check_int(ended + failed, n);
    check_int(hence_all_tasks(both.loop, NULL, 0), 0);
}

TEST_ONCE(stacks, thirty_thousand_are_alive_at_once_and_the_first_one_too_many_fails_cleanly)
{
    begin();
    if (!HAS_SANITIZER) {
        have_alive(30000);
        check_int(failed, 0);
        have_alive(40000); /* vm.max_map_count, which may have been raised */
        check(ended >= 30000);
    }
    end();
}

TEST_ONCE(stacks, where_there_is_no_room_the_task_fails_and_the_others_go_on)
{
    struct rlimit before, limit;
    begin();
    if (!HAS_SANITIZER) {
        have_alive(1);
        cr_assert_eq(getrlimit(RLIMIT_AS, &before), 0);
        limit = before;
        limit.rlim_cur = (rlim_t)(pages_mapped() * sysconf(_SC_PAGESIZE)) + (64ul << 20);
        cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
        have_alive(1000);
        cr_assert_eq(setrlimit(RLIMIT_AS, &before), 0);
        check(ended > 100 && failed > 100);
        have_alive(1000);
        check_int(failed, 0);
    }
    end();
}

/* ---- their end ---- */

static __attribute__((noinline)) int overflow(volatile int *depth)
{
    volatile char bytes[512];
    (*depth)++;
    bytes[0] = (char)*depth;
    int rest = *depth < 100000000 ? overflow(depth) : 0;
    return rest + bytes[0];
}

static hence_result overflow_stack(hence_generator *g, void *arg)
{
    volatile int depth = 0;
    (void)g;
    (void)arg;
    return hence_int(overflow(&depth));
}

static void go_beyond(void)
{
    hence_result r;
    hence_generator *g = hence_generator_new(overflow_stack, NULL);
    hence_generator_next(g, &r);
    hence_drop(r);
    hence_generator_unref(g);
}

/* No ledger: the test ends in the middle. */
Test(stacks, who_goes_beyond_its_stack_meets_the_guard_page, .signal = SIGSEGV)
{
    if (HAS_SANITIZER)
        raise(SIGSEGV);
    go_beyond();
}
