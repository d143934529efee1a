/* SPDX-License-Identifier: BSD-3-Clause */
/* Promises for any thread in every order: each result arrives, or is destroyed, once; each listener is told
 * once; nothing is touched after it is freed, whoever comes last. */
#include <errno.h>

#include <hence/hence.h>

#include "loop/loop.h"
#include "schedule.h"

#define PRODUCERS 3

static hence_loop *loop;
static hence_threadsafe_promise *promises[PRODUCERS];
static hence_future *futures[PRODUCERS];
static int results_destroyed[PRODUCERS], told, with_value, accepted;

static void destroy(void *result)
{
    results_destroyed[(int *)result - results_destroyed]++;
}

static void destroy_0(void *unused)
{
    (void)unused;
    destroy(&results_destroyed[0]);
}

static void destroy_1(void *unused)
{
    (void)unused;
    destroy(&results_destroyed[1]);
}

static void destroy_2(void *unused)
{
    (void)unused;
    destroy(&results_destroyed[2]);
}

static void say_nothing(const hence_report *report, void *arg)
{
    (void)report; /* of failures that nobody looked at */
    (void)arg;
}

static void produce(void *arg)
{
    static hence_drop_fn *const destructors[PRODUCERS] = {destroy_0, destroy_1, destroy_2};
    hence_threadsafe_promise **promise = arg;
    const int i = (int)(promise - promises);
    hence_threadsafe_is_wanted(*promise);
    int error = hence_threadsafe_resolve(*promise, hence_own(promise, destructors[i]));
    if (error && error != -ESHUTDOWN)
        schedule_fail("resolving fails with %d", error);
    if (error && !results_destroyed[i])
        schedule_fail("a result that was refused is not destroyed at once");
    accepted += !error;
}

static void tell(hence_future *f, void *arg)
{
    hence_result r = hence_future_result(f);
    (void)arg;
    with_value += hence_is_value(&r);
    hence_drop(r);
    if (++told == schedule_number(0))
        hence_loop_stop(loop);
}

static void begin(int *threads)
{
    static const char *const names[PRODUCERS] = {"producer 1", "producer 2", "producer 3"};
    hence_set_report_handler(say_nothing, NULL);
    told = with_value = accepted = 0;
    loop = hence_loop_new(NULL);
    schedule_name(&loop->door.posted, "the posts");
    schedule_name(&loop->closed, "closed");
    schedule_name(&loop->references, "the references");
    for (int i = 0; i < schedule_number(0); i++) {
        hence_promise *p;
        results_destroyed[i] = 0;
        futures[i] = hence_future_new(loop, &p);
        promises[i] = hence_threadsafe_promise_new(loop, p);
        hence_future_add_done_callback(futures[i], tell, NULL);
    }
    for (int i = 0; i < schedule_number(0); i++)
        threads[i] = schedule_start(names[i], produce, &promises[i]);
}

static void end(const int *threads)
{
    hence_loop_free(loop); /* while producers may still be at it */
    for (int i = 0; i < schedule_number(0); i++) {
        if (!hence_future_done(futures[i]))
            schedule_fail("a Future is not done when its loop is gone");
        hence_future_unref(futures[i]);
    }
    for (int i = 0; i < schedule_number(0); i++)
        schedule_join(threads[i]);
    for (int i = 0; i < schedule_number(0); i++)
        if (results_destroyed[i] != 1)
            schedule_fail("a result is destroyed %d times", results_destroyed[i]);
    if (told > schedule_number(0) || with_value > accepted)
        schedule_fail("%d listeners are told, %d of a value", told, with_value);
}

/* The loop waits for all. */
static void resolve(void *unused)
{
    int threads[PRODUCERS];
    (void)unused;
    begin(threads);
    hence_loop_run_forever(loop);
    if (told != schedule_number(0) || with_value != told)
        schedule_fail("%d values arrive", with_value);
    end(threads);
}

/* The loop closes at once. */
static void close_early(void *unused)
{
    int threads[PRODUCERS];
    (void)unused;
    begin(threads);
    schedule_allow_wakeups(1 + (uint64_t)schedule_number(1));
    for (int i = 0; i < schedule_number(1); i++)
        hence_loop_poll(loop, false);
    end(threads);
}

/* The first one is cancelled meanwhile. */
static void cancel(void *unused)
{
    int threads[PRODUCERS];
    (void)unused;
    begin(threads);
    hence_future_cancel(futures[0]);
    hence_loop_run_forever(loop);
    end(threads);
}

static const char resolve_does[] = "%d promises resolved by as many threads";
static const char close_does[] = "%d promises, the loop looks %d times and is freed";
static const char cancel_does[] = "%d promises, one is cancelled meanwhile";

static const struct schedule_scenario scenarios[] = {
    {"resolve", resolve, resolve_does, {2}, 1, UNBOUNDED, false, 0},
    {"resolve", resolve, resolve_does, {3}, 0, 2, false, 0},
    {"close", close_early, close_does, {2, 0}, 1, UNBOUNDED, false, 0},
    {"close", close_early, close_does, {2, 1}, 0, UNBOUNDED, false, 0},
    {"cancel", cancel, cancel_does, {2}, 1, UNBOUNDED, false, 0},
    {"resolve", resolve, resolve_does, {3}, 0, UNBOUNDED, true, 500000},
    {"close", close_early, close_does, {3, 0}, 0, UNBOUNDED, true, 500000},
    {"close", close_early, close_does, {2, 1}, 1, UNBOUNDED, true, 500000},
    {"cancel", cancel, cancel_does, {3}, 0, UNBOUNDED, true, 500000},
    {.name = NULL},
};

int main(int argc, char **argv)
{
    return schedule_main(argc, argv, scenarios);
}
