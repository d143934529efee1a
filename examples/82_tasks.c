/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a task can do and can be asked: it owns its argument, lets others run, leaves what blocks to a thread,
 * has a name, may go on after a cancellation, is found in a list, and has a stack whose size can be chosen.
 *
 *     cc 82_tasks.c $(pkg-config --cflags --libs hence) && ./a.out
 *     hello, one
 *     hello, two
 *     ping 1
 *     pong 1
 *     ping 2
 *     pong 2
 *     a thread has found 42
 *     I am the clerk, on the loop: true
 *     cancelled, which is dealt with: 0 cancellations left
 *     the answer is 7 all the same
 *     2 tasks: main, sleeper
 *     a megabyte of stack, of which some was used: true
 */
/* real time */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

//! [own]
static hence_result greet(void *arg)
{
    const char *name = arg;
    hence_co_yield();
    printf("hello, %s\n", name ? name : "whoever you are");
    return hence_none();
}

static void own(hence_loop *loop)
{
    hence_future *one = hence_spawn_own(loop, greet, strdup("one"), free);
    hence_drop(hence_await(one));
    hence_deferred *two = hence_inline_callbacks_own(greet, strdup("two"), free);
    hence_drop(hence_await_deferred(two));
}
//! [own]

//! [yield]
static hence_result count(void *arg)
{
    for (int i = 1; i <= 2; i++) {
        printf("%s %d\n", (const char *)arg, i);
        hence_result r = hence_co_yield(); /* the others run */
        if (hence_is_failure(&r))
            return r;
    }
    return hence_none();
}

static void take_turns(hence_loop *loop)
{
    char ping[] = "ping", pong[] = "pong";
    hence_future *both[] = {hence_spawn(loop, count, ping), hence_spawn(loop, count, pong)};
    hence_future *all = hence_gather(loop, both, 2, 0);
    hence_future_unref_all(both, 2);
    hence_drop(hence_await(all));
}
//! [yield]

//! [run-blocking]
static hence_result find(void *arg) /* on another thread */
{
    (void)arg;
    usleep(10000);
    return hence_int(42);
}

static void use_thread(void)
{
    hence_result r = hence_co_run_blocking(find, NULL); /* the loop goes on meanwhile */
    printf("a thread has found %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
}
//! [run-blocking]

//! [name]
static hence_result say_name(void *loop)
{
    printf("I am %s, on the loop: %s\n", hence_task_name(hence_current_task()),
           hence_current_loop() == loop ? "true" : "false");
    return hence_none();
}

static void give_name(hence_loop *loop)
{
    hence_future *f = hence_spawn(loop, say_name, loop);
    hence_task_set_name(f, "the clerk");
    hence_drop(hence_await(f));
}
//! [name]

//! [uncancel]
static hence_result insist(void *arg)
{
    (void)arg;
    hence_result r = hence_co_sleep(HENCE_SECONDS(60));
    if (hence_is_cancelled(&r) && hence_task_cancelling(hence_current_task()) == 1) {
        unsigned left = hence_task_uncancel(hence_current_task());
        printf("cancelled, which is dealt with: %u cancellations left\n", left);
        hence_co_yield(); /* it may wait as before */
        return hence_int(7);
    }
    return r;
}

static void cancel(hence_loop *loop)
{
    hence_future *f = hence_spawn(loop, insist, NULL);
    hence_co_yield(); /* it begins */
    hence_future_cancel(f);
    hence_result r = hence_await(f);
    printf("the answer is %" PRId64 " all the same\n", hence_as_int(&r));
    hence_drop(r);
}
//! [uncancel]

//! [all-tasks]
static hence_result sleep_long(void *arg)
{
    (void)arg;
    return hence_co_sleep(HENCE_SECONDS(60));
}

static void list_tasks(hence_loop *loop)
{
    hence_future *tasks[8], *sleeper = hence_spawn(loop, sleep_long, NULL);
    hence_task_set_name(sleeper, "sleeper");

    size_t n = hence_all_tasks(loop, tasks, 8);
    printf("%zu tasks:", n);
    for (size_t i = 0; i < n && i < 8; i++) {
        printf("%s %s", i ? "," : "", hence_task_name(tasks[i]));
        hence_future_unref(tasks[i]);
    }
    puts("");

    hence_future_cancel(sleeper);
    hence_drop(hence_await(sleeper));
}
//! [all-tasks]

//! [stacks]
static hence_result use_stack(void *arg)
{
    char text[200000];
    (void)arg;
    memset(text, 'x', sizeof text);
    return hence_int(text[sizeof text / 2]);
}

static void choose_stack(hence_loop *loop)
{
    hence_coroutine_set_stack_size(1 << 20); /* of coroutines that begin from now on */
    hence_drop(hence_await(hence_spawn(loop, use_stack, NULL)));
    printf("a megabyte of stack, of which some was used: %s\n",
           hence_coroutine_stack_peak() > 0 ? "true" : "false");
    hence_coroutine_set_stack_size(0); /* the default */
}
//! [stacks]

static hence_result show_all(void *arg)
{
    hence_loop *loop = arg;
    own(loop);
    take_turns(loop);
    use_thread();
    give_name(loop);
    cancel(loop);
    list_tasks(loop);
    choose_stack(loop);
    return hence_none();
}

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    hence_future *f = hence_spawn(loop, show_all, loop);
    hence_task_set_name(f, "main");
    hence_result r = hence_loop_run_until_complete(loop, f);
    bool failed = hence_is_failure(&r);
    hence_drop(r);
    hence_future_unref(f);
    hence_loop_free(loop);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
