/* SPDX-License-Identifier: BSD-3-Clause */
/* Locks, and what is true of all holds. */
#include "sync_support.h"

SUITE(lock);

/* ---- in order ---- */

/* rules 63, 64 */
TEST(lock, one_that_is_free_is_had_at_once)
{
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"};
    check(!hence_lock_is_locked(lock));
    ask(&a, hence_lock_acquire(lock));
    check_trace("a:hold");
    check(hence_lock_is_locked(lock));
    let_go(&a);
    check(!hence_lock_is_locked(lock));
    hence_lock_free(lock);
}

/* rule 63 */
TEST(lock, who_waits_gets_it_inside_the_release_in_order)
{
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"};
    ask(&a, hence_lock_acquire(lock));
    ask(&b, hence_lock_acquire(lock));
    ask(&c, hence_lock_acquire(lock));
    trace("before");
    let_go(&a);
    trace("between");
    let_go(&b);
    trace("after");
    check_trace("a:hold before b:hold between c:hold after");
    let_go(&c);
    hence_lock_free(lock);
}

/* rule 153 */
TEST(lock, a_Future_is_told_through_the_loop_but_has_the_lock_at_once)
{
    struct loop_and_clock both = begin_loop();
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b"};
    ask_future(&a, hence_lock_acquire_future(both.loop, lock));
    ask_future(&b, hence_lock_acquire_future(both.loop, lock));
    check_trace("");
    run_loop(&both);
    check_trace("a:hold");
    let_go(&a);
    check(hence_future_done(b.f));
    check_trace("");
    run_loop(&both);
    check_trace("b:hold");
    let_go(&b);
    check(!hence_lock_is_locked(lock));
    hence_lock_free(lock);
    end_loop(&both);
}

/* rule 153 */
TEST(lock, nobody_overtakes_those_who_wait)
{
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b"};
    hence_hold *hold;
    ask(&a, hence_lock_acquire(lock));
    ask(&b, hence_lock_acquire(lock));
    check_int(hence_lock_try_acquire(lock, &hold), -EBUSY);
    check(!hold);
    hence_hold_free(hold);
    hence_hold_release(a.hold);
    check_int(hence_lock_try_acquire(lock, &hold), -EBUSY);
    hence_hold_free(hold);
    let_go(&a);
    let_go(&b);
    if (hence_lock_try_acquire(lock, &hold) == 0)
        check(hence_hold_holds(hold));
    check_int(hence_lock_is_locked(lock), 1);
    hence_hold_free(hold);
    check_trace("a:hold b:hold");
    hence_lock_free(lock);
}

static hence_lock *the_lock;
static struct asker next;

static void ask_again(struct asker *asker)
{
    asker->then = NULL;
    hence_hold_release(asker->hold);
    ask(&next, hence_lock_acquire(the_lock));
    trace("asked");
}

TEST(lock, who_releases_and_asks_again_inside_its_steps_stands_behind_those_who_wait)
{
    the_lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b", .then = ask_again}, c = {.word = "c"};
    next = (struct asker){.word = "again"};
    ask(&a, hence_lock_acquire(the_lock));
    ask(&b, hence_lock_acquire(the_lock));
    ask(&c, hence_lock_acquire(the_lock));
    let_go(&a);
    check_trace("a:hold b:hold asked c:hold");
    let_go(&b);
    let_go(&c);
    check_trace("again:hold");
    let_go(&next);
    hence_lock_free(the_lock);
}

TEST(lock, who_releases_and_asks_again_has_it_at_once_if_nobody_waits)
{
    the_lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b", .then = ask_again};
    next = (struct asker){.word = "again"};
    ask(&a, hence_lock_acquire(the_lock));
    ask(&b, hence_lock_acquire(the_lock));
    let_go(&a);
    check_trace("a:hold b:hold again:hold asked");
    let_go(&b);
    let_go(&next);
    hence_lock_free(the_lock);
}

/* difference 40 */
static void let_go_inside(struct asker *asker)
{
    hence_hold_free(asker->hold);
    asker->hold = NULL;
    trace("%s-went", asker->word);
}

TEST(lock, a_release_inside_the_steps_of_who_was_just_let_in_lets_the_next_one_in_after_them)
{
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b", .then = let_go_inside},
                 c = {.word = "c", .then = let_go_inside};
    ask(&a, hence_lock_acquire(lock));
    ask(&b, hence_lock_acquire(lock));
    ask(&c, hence_lock_acquire(lock));
    let_go(&a);
    check_trace("a:hold b:hold b-went c:hold c-went");
    check(!hence_lock_is_locked(lock));
    let_go(&b);
    let_go(&c);
    hence_lock_free(lock);
}

/* ---- cancelled ---- */

/* rules 64, 153 */
TEST(lock, who_is_cancelled_while_it_waits_leaves_the_row)
{
    struct loop_and_clock both = begin_loop();
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"}, d = {.word = "d"};
    ask(&a, hence_lock_acquire(lock));
    ask(&b, hence_lock_acquire(lock));
    ask_future(&c, hence_lock_acquire_future(both.loop, lock));
    ask(&d, hence_lock_acquire(lock));
    cancel(&b);
    cancel(&c);
    run_loop(&both);
    check_trace("a:hold b:cancelled c:cancelled");
    let_go(&a);
    check_trace("d:hold");
    cancel(&d); /* rule 64: too late */
    check(hence_hold_holds(d.hold));
    let_go(&b);
    let_go(&c);
    let_go(&d);
    hence_lock_free(lock);
    end_loop(&both);
}

/* rule 154 */
TEST(lock, a_Future_that_has_the_lock_and_is_let_go_unseen_releases_it)
{
    struct loop_and_clock both = begin_loop();
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, c = {.word = "c"};
    ask(&a, hence_lock_acquire(lock));
    hence_future *f = hence_lock_acquire_future(both.loop, lock);
    ask(&c, hence_lock_acquire(lock));
    let_go(&a);
    check(hence_future_done(f));
    check_int(hence_future_cancel(f), -EALREADY);
    hence_future_unref(f);
    check_trace("a:hold c:hold");
    let_go(&c);
    check(!hence_lock_is_locked(lock));
    hence_lock_free(lock);
    end_loop(&both);
}

TEST(lock, the_loser_of_a_race_for_two_locks_lets_go_of_its_own)
{
    hence_lock *one = hence_lock_new(), *other = hence_lock_new();
    hence_deferred *both[] = {hence_lock_acquire(one), hence_lock_acquire(other)};
    hence_deferred *race = hence_race(both, 2);
    if (!support_faulty) {
        check(hence_lock_is_locked(one));
        check(!hence_lock_is_locked(other));
    }
    hence_deferred_forget(race);
    check(!hence_lock_is_locked(one));
    hence_lock_free(one);
    hence_lock_free(other);
}

TEST(lock, who_waits_too_long_leaves_the_row)
{
    struct loop_and_clock both = begin_loop();
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"}, d = {.word = "d"};
    ask(&a, hence_lock_acquire(lock));
    hence_deferred *limited = hence_lock_acquire(lock);
    hence_deferred_add_timeout(limited, both.loop, HENCE_SECONDS(1), NULL, NULL);
    ask(&b, limited);
    hence_future *asked = hence_lock_acquire_future(both.loop, lock);
    ask_future(&c, hence_wait_for(asked, HENCE_SECONDS(2)));
    hence_future_unref(asked);
    ask(&d, hence_lock_acquire(lock));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(3));
    let_go(&a);
    if (!support_faulty)
        check(hence_hold_holds(d.hold));
    let_go(&b);
    let_go(&c);
    let_go(&d);
    hence_lock_free(lock);
    end_loop(&both);
    forget_reports();
}

/* ---- holds ---- */

TEST(lock, a_step_that_leaves_the_hold_holds_it_until_its_outcome_is_known)
{
    hence_lock *lock = hence_lock_new();
    hence_promise *work;
    hence_deferred *done = hence_deferred_new(&work);
    hence_deferred *d = hence_lock_acquire(lock);
    hence_deferred_add_callback(d, chain_to_moved, &done);
    check(hence_lock_is_locked(lock));
    hence_resolve(work, hence_int(7));
    check(!hence_lock_is_locked(lock));
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    hence_deferred_unref(done);
    hence_lock_free(lock);
}

TEST(lock, a_Deferred_that_is_let_go_with_the_hold_releases_it)
{
    hence_lock *lock = hence_lock_new();
    hence_deferred *d = hence_lock_acquire(lock);
    check(hence_lock_is_locked(lock));
    hence_deferred_unref(d);
    check(!hence_lock_is_locked(lock));
    hence_lock_free(lock);
}

TEST(lock, a_hold_is_released_once)
{
    hence_lock *lock = hence_lock_new();
    hence_hold *hold;
    int error = hence_lock_try_acquire(lock, &hold);
    if (!error) {
        check_int(hence_hold_keep(hold), -EPERM); /* it is no token of a semaphore */
        check(had_report(HENCE_REPORT_MISUSE));
        check(hence_hold_holds(hold));
        check_int(hence_hold_release(hold), 0);
        check(!hence_hold_holds(hold));
        check(!hence_lock_is_locked(lock));
        check_int(hence_hold_release(hold), -EPERM);
        check(had_report(HENCE_REPORT_MISUSE));
        check_int(hence_hold_keep(hold), -EPERM);
        check(had_report(HENCE_REPORT_MISUSE));
        check(!hence_lock_is_locked(lock));
    }
    hence_hold_free(hold);
    check_int(hence_hold_release(NULL), -ENOMEM);
    check_int(hence_hold_keep(NULL), -ENOMEM);
    hence_hold_free(NULL);
    hence_lock_free(lock);
}

TEST(lock, the_hold_of_a_Future_is_shared_and_can_be_released_but_not_taken)
{
    struct loop_and_clock both = begin_loop();
    hence_lock *lock = hence_lock_new();
    hence_future *f = hence_lock_acquire_future(both.loop, lock);
    hence_result r = hence_future_result(f);
    check(!hence_take_hold(&r));
    check(hence_as_hold(&r) != NULL);
    check_int(hence_hold_release(hence_as_hold(&r)), 0);
    check(!hence_lock_is_locked(lock));
    hence_drop(r);
    hence_future_unref(f);
    hence_lock_free(lock);
    end_loop(&both);
}

/* ---- run ---- */

static hence_promise *of_work;

static hence_result work(void *word)
{
    trace("work");
    return word ? failure(word) : hence_int(7);
}

static hence_result long_work(void *word)
{
    trace("%s", (const char *)word);
    return hence_chain(hence_deferred_new(&of_work));
}

/* rule 65 */
TEST(lock, run_calls_with_the_lock_and_releases_it_whatever_comes)
{
    hence_lock *lock = hence_lock_new();
    hence_deferred *d = hence_lock_run(lock, work, NULL);
    hence_deferred *e = hence_lock_run(lock, work, "broken");
    check_trace("work work");
    check(!hence_lock_is_locked(lock));
    check_string(outcome(d), "7");
    check_string(outcome(e), "broken");
    hence_deferred_unref(d);
    hence_deferred_forget(e);
    d = hence_lock_run(lock, NULL, NULL);
    check_string(outcome(d), "invalid");
    hence_deferred_unref(d);
    hence_lock_free(lock);
}

/* rule 65 */
TEST(lock, run_holds_the_lock_until_what_was_returned_has_ended)
{
    hence_lock *lock = hence_lock_new();
    struct asker b = {.word = "b"};
    of_work = NULL;
    hence_deferred *d = hence_lock_run(lock, long_work, (void *)(uintptr_t) "begin");
    hence_deferred_add_both(d, pass, (void *)(uintptr_t) "done");
    ask(&b, hence_lock_acquire(lock));
    check_trace("begin");
    hence_resolve(of_work, hence_int(7));
    check_trace("b:hold done:7"); /* as in Twisted: released before the result goes on */
    hence_deferred_unref(d);
    let_go(&b);
    hence_lock_free(lock);
}

TEST(lock, run_that_is_cancelled_while_it_waits_does_not_call)
{
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, c = {.word = "c"};
    ask(&a, hence_lock_acquire(lock));
    hence_deferred *d = hence_lock_run(lock, work, NULL);
    ask(&c, hence_lock_acquire(lock));
    hence_deferred_cancel(d);
    check_string(outcome(d), "cancelled");
    let_go(&a);
    check_trace("a:hold c:hold");
    let_go(&c);
    hence_deferred_unref(d);
    hence_lock_free(lock);
}

TEST(lock, run_that_is_cancelled_later_cancels_what_was_returned)
{
    struct loop_and_clock both = begin_loop();
    hence_lock *lock = hence_lock_new();
    of_work = NULL;
    hence_future *f =
        hence_lock_run_future(both.loop, lock, long_work, (void *)(uintptr_t) "begin");
    check_trace("begin");
    hence_future_cancel(f);
    check(!hence_lock_is_locked(lock));
    run_loop(&both);
    check_string(outcome_of(f), "cancelled");
    hence_future_unref(f);
    hence_abandon(of_work);
    f = hence_lock_run_future(both.loop, lock, work, NULL);
    check_string(outcome_of(f), "7");
    check_trace("work");
    hence_future_unref(f);
    hence_lock_free(lock);
    end_loop(&both);
}

/* ---- the end of a lock ---- */

TEST(lock, who_waits_for_one_that_is_freed_is_told)
{
    struct loop_and_clock both = begin_loop();
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"};
    ask(&a, hence_lock_acquire(lock));
    ask(&b, hence_lock_acquire(lock));
    ask_future(&c, hence_lock_acquire_future(both.loop, lock));
    hence_lock_free(lock);
    run_loop(&both);
    check_trace("a:hold b:abandoned c:abandoned");
    let_go(&a); /* after the lock */
    let_go(&b);
    let_go(&c);
    end_loop(&both);
}

static void free_lock(struct asker *asker)
{
    (void)asker;
    the_lock = hence_lock_free(the_lock);
}

TEST(lock, it_may_be_freed_by_who_has_just_been_let_in)
{
    the_lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b", .then = free_lock}, c = {.word = "c"};
    ask(&a, hence_lock_acquire(the_lock));
    ask(&b, hence_lock_acquire(the_lock));
    ask(&c, hence_lock_acquire(the_lock));
    let_go(&a);
    check_trace("a:hold b:hold c:abandoned");
    let_go(&b);
    let_go(&c);
    hence_lock_free(the_lock);
}

static void ask_for_freed(struct asker *asker)
{
    asker->then = NULL;
    ask(&next, hence_lock_acquire(the_lock));
}

TEST(lock, who_asks_for_one_that_is_being_freed_is_told)
{
    the_lock = hence_lock_new();
    struct asker a = {.word = "a"}, b = {.word = "b", .then = ask_for_freed};
    next = (struct asker){.word = "next"};
    ask(&a, hence_lock_acquire(the_lock));
    ask(&b, hence_lock_acquire(the_lock));
    hence_lock_free(the_lock);
    check_trace("a:hold b:abandoned next:abandoned");
    let_go(&a);
    let_go(&b);
    let_go(&next);
}

TEST(lock, a_Future_that_waits_when_its_loop_closes_ends_with_the_lock)
{
    struct loop_and_clock both = begin_loop();
    hence_lock *lock = hence_lock_new();
    struct asker a = {.word = "a"}, c = {.word = "c"};
    ask(&a, hence_lock_acquire(lock));
    hence_future *f = hence_lock_acquire_future(both.loop, lock);
    hence_future *kept = hence_lock_acquire_future(both.loop, lock);
    ask(&c, hence_lock_acquire(lock));
    hence_loop_close(both.loop);
    hence_future_unref(f);
    let_go(&a);
    check_string(outcome_of(kept), "hold");
    check_trace("a:hold");
    hence_future_unref(kept);
    check_trace("c:hold");
    let_go(&c);
    hence_lock_free(lock);
    end_loop(&both);
}

TEST(lock, NULL_is_a_lock_that_could_not_be_had)
{
    struct loop_and_clock both = begin_loop();
    hence_hold *hold;
    check(!hence_lock_acquire(NULL));
    check(!hence_lock_acquire_future(both.loop, NULL));
    check(!hence_lock_run(NULL, work, NULL));
    check(!hence_lock_run_future(both.loop, NULL, work, NULL));
    check_int(hence_lock_try_acquire(NULL, &hold), -ENOMEM);
    check(!hold && !hence_lock_is_locked(NULL) && !hence_hold_holds(NULL));
    check(!hence_lock_free(NULL));
    end_loop(&both);
}
