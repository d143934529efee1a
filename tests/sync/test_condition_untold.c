/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions whose notification nobody is told of: it goes to the next one. Rule 157, gh-112202. */
#include "sync_support.h"

SUITE(condition_untold);

static struct loop_and_clock both;
static hence_lock *lock;
static hence_condition *condition;
static struct asker b;
static hence_hold *of_a, *of_b;

/* B waits behind whoever waits in the test. */
static void begin(bool has_lock)
{
    both = begin_loop();
    lock = has_lock ? hence_lock_new() : NULL;
    condition = hence_condition_new(lock);
    b = (struct asker){.word = "b"};
    of_a = of_b = NULL;
}

static hence_hold *hold_now(void)
{
    hence_hold *hold = NULL;
    if (lock)
        check_int(hence_lock_try_acquire(lock, &hold), 0);
    return hold;
}

static hence_future *wait_as_a(void)
{
    of_a = hold_now();
    return hence_condition_wait_future(both.loop, condition, of_a);
}

static void then_b(void)
{
    of_b = hold_now();
    ask(&b, hence_condition_wait(condition, of_b));
}

static void notify_one(void)
{
    hence_hold *hold = hold_now();
    hence_condition_notify(condition, 1);
    hence_hold_free(hold);
}

static void end(void)
{
    let_go(&b);
    hence_hold_free(of_a);
    hence_hold_free(of_b);
    condition = hence_condition_free(condition);
    lock = hence_lock_free(lock);
    end_loop(&both);
    forget_reports(); /* without memory for a hold */
}

TEST(condition_untold, a_future_that_was_let_go_of_before_it_was_notified_passes_that_on)
{
    for (int i = 0; i < 2; i++) {
        begin(i);
        hence_future_unref(wait_as_a());
        then_b();
        notify_one();
        if (i) {
            check_trace("");
            check(hence_hold_holds(of_a)); /* it has the lock all the same */
            hence_hold_release(of_a);
        }
        check_trace("b:none");
        end();
    }
}

TEST(condition_untold, so_does_one_that_was_let_go_of_before_it_was_told)
{
    for (int i = 0; i < 2; i++) {
        begin(i);
        hence_future *f = wait_as_a();
        then_b();
        notify_one();
        check(hence_future_done(f));
        hence_future_unref(f);
        check_trace(i ? "" : "b:none");
        if (i) {
            hence_hold_release(of_a);
            check_trace("b:none");
        }
        end();
    }
}

TEST(condition_untold, one_whose_result_was_read_does_not)
{
    begin(false);
    hence_future *f = wait_as_a();
    then_b();
    notify_one();
    check_string(outcome_of(f), "none");
    hence_future_unref(f);
    check_trace("");
    notify_one();
    check_trace("b:none");
    end();
}

TEST(condition_untold, one_whose_listener_was_called_does_not)
{
    begin(false);
    hence_future *f = wait_as_a();
    hence_future_add_done_callback(f, done, "a");
    then_b();
    notify_one();
    hence_future_unref(f);
    run_loop(&both);
    check_trace("a:none");
    end();
}

TEST(condition_untold, one_that_was_cancelled_or_failed_has_nothing_to_pass_on)
{
    begin(false);
    hence_future *f = wait_as_a();
    then_b();
    hence_future_cancel(f);
    hence_future_unref(f);
    run_loop(&both);
    check_trace("");
    end();
}

static bool is_so(void *arg)
{
    (void)arg;
    return true;
}

TEST(condition_untold, what_was_so_at_once_was_no_notification)
{
    begin(false);
    then_b();
    hence_future_unref(hence_condition_wait_for_future(both.loop, condition, NULL, is_so, NULL));
    check_trace("");
    end();
}

TEST(condition_untold, a_deferred_that_is_forgotten_before_it_was_told_passes_it_on)
{
    begin(false);
    hence_future *f = wait_as_a();
    hence_deferred *d = hence_deferred_from_future(f);
    hence_future_unref(f);
    hence_deferred_add_both(d, pass, "never");
    then_b();
    notify_one();
    check_trace("");
    hence_deferred_forget(d);
    run_loop(&both);
    if (!support_faulty)
        check_trace("b:none");
    end();
}

TEST(condition_untold, the_loser_of_a_race_passes_it_on)
{
    begin(false);
    hence_promise *p;
    hence_future *winner = hence_future_new(both.loop, &p);
    hence_future *f = wait_as_a();
    hence_future *race = hence_race_future(both.loop, (hence_future *const[]){winner, f}, 2);
    hence_future_unref(f);
    then_b();
    hence_resolve(p, hence_int(7));
    notify_one();
    run_loop(&both);
    if (!support_faulty)
        check_trace("b:none");
    hence_future_unref(race);
    hence_future_unref(winner);
    end();
}

static hence_result wait_in_a_task(void *arg)
{
    (void)arg;
    hence_result r = hence_await(wait_as_a());
    trace("a:%s", describe(&r));
    return r;
}

TEST(condition_untold, a_task_that_is_cancelled_between_passes_it_on)
{
    for (int i = 0; i < 2; i++) {
        begin(i);
        hence_future *task = hence_spawn(both.loop, wait_in_a_task, NULL);
        run_loop(&both);
        then_b();
        notify_one();
        hence_future_cancel(task);
        run_loop(&both);
        if (i && !support_faulty) {
            check_trace("a:cancelled");
            hence_hold_release(of_a);
        }
        if (!support_faulty)
            check_trace(i ? "b:none" : "b:none a:cancelled");
        hence_future_unref(task);
        end();
    }
}

TEST(condition_untold, the_loop_closes_between)
{
    begin(false);
    hence_future *f = wait_as_a();
    hence_deferred *d = hence_deferred_from_future(f);
    hence_future_unref(f);
    hence_deferred_add_both(d, swallow, "a");
    then_b();
    notify_one();
    hence_loop_close(both.loop);
    if (!support_faulty)
        check_trace("b:none a:closed");
    hence_deferred_unref(d);
    end();
}

TEST(condition_untold, a_condition_that_was_freed_has_nobody_to_pass_it_on_to)
{
    begin(false);
    hence_future *f = wait_as_a();
    then_b();
    notify_one();
    condition = hence_condition_free(condition);
    check_trace("b:abandoned");
    hence_future_unref(f);
    end();
}

static int64_t told;

static hence_result count(hence_result *in, void *arg)
{
    (void)arg;
    told += hence_is_none(in);
    return hence_none();
}

static void pass_on_many(void *unused)
{
    (void)unused;
    both = begin_loop();
    condition = hence_condition_new(NULL);
    for (int i = 0; i < support_many(); i++)
        hence_future_unref(hence_condition_wait_future(both.loop, condition, NULL));
    hence_deferred *d = hence_condition_wait(condition, NULL);
    hence_deferred_add_both(d, count, NULL);
    hence_condition_notify(condition, 1);
    hence_condition_free(condition);
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(condition_untold, through_a_million_in_constant_stack)
{
    told = 0;
    on_small_stack(pass_on_many, NULL);
    check_int(told, 1);
}
