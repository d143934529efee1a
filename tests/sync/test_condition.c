/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions: rule 157. */
#include "sync_support.h"

SUITE(condition);

static hence_lock *lock;
static hence_condition *condition;
static struct asker a, b, c;
static hence_hold *of_a, *of_b, *of_c;
static hence_hold *held; /* of who tells */

static void begin(void)
{
    lock = hence_lock_new();
    condition = hence_condition_new(lock);
    a = (struct asker){.word = "a"};
    b = (struct asker){.word = "b"};
    c = (struct asker){.word = "c"};
    of_a = of_b = of_c = held = NULL;
}

/* Takes the lock, which must be free. */
static hence_hold *hold_now(void)
{
    hence_hold *hold;
    int error = hence_lock_try_acquire(lock, &hold);
    check_int(error, 0);
    return hold;
}

static void wait_as(struct asker *asker, hence_hold **hold)
{
    *hold = hold_now();
    ask(asker, hence_condition_wait(condition, *hold));
    forget_reports(); /* without memory for the hold */
}

static void end(void)
{
    let_go(&a);
    let_go(&b);
    let_go(&c);
    hence_hold_free(of_a);
    hence_hold_free(of_b);
    hence_hold_free(of_c);
    hence_hold_free(held);
    condition = hence_condition_free(condition);
    if (!support_faulty)
        check(!hence_lock_is_locked(lock));
    lock = hence_lock_free(lock);
}

/* rule 157 */
TEST(condition, who_waits_has_let_go_of_the_lock_and_has_it_again_when_the_wait_ends)
{
    begin();
    wait_as(&a, &of_a);
    check(!hence_lock_is_locked(lock) && !hence_hold_holds(of_a));
    held = hold_now();
    check_int(hence_condition_notify(condition, 1), 0); /* does not let go of the lock */
    check_trace("");
    check(hence_hold_holds(held));
    hence_hold_release(held);
    check_trace("a:none");
    check(hence_hold_holds(of_a));
    end();
}

/* rule 157 */
TEST(condition, as_many_as_asked_for_are_notified_in_order)
{
    begin();
    wait_as(&a, &of_a);
    wait_as(&b, &of_b);
    wait_as(&c, &of_c);
    held = hold_now();
    hence_condition_notify(condition, 2);
    hence_hold_release(held);
    check_trace("a:none");
    hence_hold_release(of_a);
    check_trace("b:none");
    hence_hold_release(of_b);
    check_trace("");
    hence_hold_free(held);
    held = hold_now();
    hence_condition_notify_all(condition);
    hence_condition_notify(condition, 0);
    hence_hold_release(held);
    check_trace("c:none");
    end();
    forget_reports();
}

TEST(condition, Futures_are_told_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    begin();
    of_a = hold_now();
    ask_future(&a, hence_condition_wait_future(both.loop, condition, of_a));
    held = hold_now();
    hence_condition_notify(condition, 1);
    hence_hold_release(held);
    check(hence_hold_holds(of_a));
    check_trace("");
    run_loop(&both);
    check_trace("a:none");
    end();
    end_loop(&both);
    forget_reports();
}

/* rule 157 */
TEST(condition, who_is_notified_stands_behind_those_who_wait_for_the_lock)
{
    begin();
    wait_as(&a, &of_a);
    held = hold_now();
    ask(&b, hence_lock_acquire(lock));
    hence_condition_notify(condition, 1);
    ask(&c, hence_lock_acquire(lock));
    hence_hold_release(held);
    check_trace("b:hold");
    hence_hold_release(b.hold);
    check_trace("a:none");
    hence_hold_release(of_a);
    check_trace("c:hold");
    end();
    forget_reports();
}

/* ---- cancelled ---- */

/* rule 157 */
TEST(condition, who_is_cancelled_gets_the_lock_again_first)
{
    begin();
    wait_as(&a, &of_a);
    held = hold_now();
    cancel(&a);
    cancel(&a);
    check_trace("");
    hence_hold_release(held);
    check_trace("a:cancelled");
    check(hence_hold_holds(of_a));
    end();
    forget_reports();
}

TEST(condition, who_is_cancelled_while_nobody_has_the_lock_ends_at_once)
{
    begin();
    wait_as(&a, &of_a);
    cancel(&a);
    check_trace("a:cancelled");
    check(hence_hold_holds(of_a));
    end();
}

/* rule 157, difference 41 */
TEST(condition, who_is_cancelled_after_it_was_notified_passes_that_on)
{
    begin();
    wait_as(&a, &of_a);
    wait_as(&b, &of_b);
    held = hold_now();
    hence_condition_notify(condition, 1);
    cancel(&a);
    hence_hold_release(held);
    check_trace("a:cancelled");
    hence_hold_release(of_a);
    check_trace("b:none");
    end();
    forget_reports();
}

TEST(condition, a_hold_that_goes_while_it_waits_ends_the_wait)
{
    begin();
    wait_as(&a, &of_a);
    wait_as(&b, &of_b);
    wait_as(&c, &of_c);
    hence_hold_free(of_a);
    of_a = NULL;
    check_trace("a:abandoned");
    held = hold_now();
    hence_condition_notify(condition, 1);
    hence_hold_free(of_b); /* notified in vain: that is passed on */
    of_b = NULL;
    check_trace("b:abandoned");
    hence_hold_release(held);
    check_trace("c:none");
    end();
    forget_reports();
}

TEST(condition, a_Deferred_that_is_forgotten_ends_its_wait)
{
    begin();
    wait_as(&a, &of_a);
    held = hold_now();
    hence_deferred_forget(a.d);
    a.d = NULL;
    hence_hold_free(held);
    held = NULL;
    if (of_a)
        check(hence_hold_holds(of_a));
    check_trace("");
    end();
    forget_reports();
}

TEST(condition, a_wait_may_be_handed_on_through_chains)
{
    hence_promise *outer;
    begin();
    of_a = hold_now();
    hence_deferred *d = hence_deferred_new(&outer);
    hence_promise *middle;
    hence_deferred *inner = hence_deferred_new(&middle);
    hence_resolve(outer, hence_chain(inner));
    hence_resolve(middle, hence_chain(hence_condition_wait(condition, of_a)));
    ask(&a, d);
    held = hold_now();
    hence_condition_notify(condition, 1);
    hence_hold_release(held);
    check_trace("a:none");
    end();
    forget_reports();
}

static void wait_for_freed(struct asker *asker)
{
    hence_condition_free(condition);
    ask(asker == &a ? &b : &a, hence_condition_wait(condition, of_a));
    condition = NULL;
}

TEST(condition, who_waits_for_one_that_is_being_freed_is_told)
{
    begin();
    wait_as(&a, &of_a);
    a.then = wait_for_freed;
    held = hold_now();
    hence_condition_notify(condition, 1);
    hence_hold_release(held);
    check_trace("a:none b:abandoned");
    end();
    forget_reports();
}

/* ---- predicates ---- */

static int level;

static bool is_high(void *arg)
{
    trace("is %d>=%d", level, *(int *)arg);
    return level >= *(int *)arg;
}

/* rule 157 */
TEST(condition, waiting_for_something_goes_on_until_it_is_so)
{
    int two = 2, three = 3;
    begin();
    level = 0;
    of_a = hold_now();
    ask(&a, hence_condition_wait_for(condition, of_a, is_high, &three));
    of_b = hold_now();
    ask(&b, hence_condition_wait_for(condition, of_b, is_high, &two));
    check_trace("is 0>=3 is 0>=2");
    held = hold_now();
    level = 2;
    hence_condition_notify_all(condition);
    hence_hold_release(held);
    check_trace("is 2>=3 is 2>=2 b:none");
    hence_hold_release(of_b);
    hence_hold_free(held);
    held = hold_now();
    level = 3;
    hence_condition_notify(condition, 1);
    hence_hold_release(held);
    check_trace("is 3>=3 a:none");
    end();
    forget_reports();
}

TEST(condition, what_is_so_already_is_not_waited_for)
{
    int two = 2;
    begin();
    level = 2;
    of_a = hold_now();
    ask(&a, hence_condition_wait_for(condition, of_a, is_high, &two));
    check_trace("is 2>=2 a:none");
    check(hence_hold_holds(of_a));
    end();
    forget_reports();
}

/* What the next predicate does when it is asked the second time, or the first time. */
static void (*then_do)(void);
static int asked, asked_until;

static bool does_something_and_is_not_so(void *arg)
{
    (void)arg;
    if (++asked == asked_until)
        then_do();
    return false;
}

static void free_condition(void)
{
    condition = hence_condition_free(condition);
}

static void free_hold(void)
{
    hence_hold_free(of_a);
    of_a = NULL;
}

static void release_hold(void)
{
    hence_hold_release(of_a);
}

static void wait_with_the_same_hold(void)
{
    ask(&b, hence_condition_wait(condition, of_a));
}

static void cancel_a(void)
{
    cancel(&a);
}

/* A waits, and does that when its predicate is asked the first or, after it was notified, the second time. */
static void wait_and_do(void (*what)(void), int when)
{
    then_do = what;
    asked = 0;
    asked_until = when;
    of_a = condition ? hold_now() : NULL;
    ask(&a, hence_condition_wait_for(condition, of_a, does_something_and_is_not_so, NULL));
    held = when == 2 ? hold_now() : NULL;
    if (held)
        hence_condition_notify(condition, 1);
    hence_hold_free(held);
    held = NULL;
}

TEST(condition, a_predicate_may_free_the_condition)
{
    for (int when = 1; when <= 2; when++) {
        begin();
        wait_and_do(free_condition, when);
        check_trace("a:abandoned");
        check(hence_hold_holds(of_a));
        end();
        forget_reports();
    }
}

TEST(condition, a_predicate_may_let_go_of_the_hold)
{
    for (int when = 1; when <= 2; when++) {
        begin();
        wait_and_do(free_hold, when);
        check_trace("a:abandoned");
        check(!hence_lock_is_locked(lock));
        end();
        begin();
        wait_and_do(release_hold, when);
        check_trace("a:abandoned");
        check(!hence_hold_holds(of_a) && !hence_lock_is_locked(lock));
        end();
        forget_reports();
    }
}

TEST(condition, a_predicate_that_lets_go_of_its_hold_does_not_let_two_others_in)
{
    begin();
    then_do = release_hold;
    asked = 0;
    asked_until = 1;
    of_a = hold_now();
    ask(&b, hence_lock_acquire(lock));
    ask(&c, hence_lock_acquire(lock));
    ask(&a, hence_condition_wait_for(condition, of_a, does_something_and_is_not_so, NULL));
    check_trace("b:hold a:abandoned");
    hence_hold_release(b.hold);
    check_trace("c:hold");
    end();
    forget_reports();
}

TEST(condition, a_hold_whose_predicate_is_being_asked_cannot_wait_twice)
{
    begin();
    wait_and_do(wait_with_the_same_hold, 2);
    check(had_report(HENCE_REPORT_MISUSE));
    check_trace("b:invalid");
    check(!hence_hold_holds(of_a));
    cancel(&a);
    check_trace("a:cancelled");
    end();
    forget_reports();
}

TEST(condition, what_was_not_so_when_the_condition_was_freed_is_not_taken_for_so)
{
    int two = 2;
    begin();
    level = 0;
    of_a = hold_now();
    ask(&a, hence_condition_wait_for(condition, of_a, is_high, &two));
    held = hold_now();
    check_trace("is 0>=2");
    hence_condition_notify_all(condition);
    condition = hence_condition_free(condition);
    hence_hold_free(held);
    held = NULL;
    check_trace("is 0>=2 a:abandoned");
    end();
    forget_reports();
}

/* ---- without a lock ---- */

/* rule 157, of Tornado and toro */
TEST(condition, one_without_a_lock_tells_at_once)
{
    struct loop_and_clock both = begin_loop();
    begin();
    hence_condition_free(condition);
    condition = hence_condition_new(NULL);
    ask(&a, hence_condition_wait(condition, NULL));
    ask_future(&b, hence_condition_wait_future(both.loop, condition, NULL));
    ask(&c, hence_condition_wait(condition, NULL));
    cancel(&a); /* does not count */
    hence_condition_notify(condition, 1);
    run_loop(&both);
    check_trace("a:cancelled b:none");
    hence_condition_notify_all(condition);
    check_trace("c:none");
    end();
    end_loop(&both);
}

TEST(condition, one_without_a_lock_may_be_waited_for_with_a_predicate)
{
    int two = 2;
    begin();
    hence_condition_free(condition);
    condition = hence_condition_new(NULL);
    level = 0;
    ask(&a, hence_condition_wait_for(condition, NULL, is_high, &two));
    hence_condition_notify_all(condition);
    level = 2;
    hence_condition_notify_all(condition);
    check_trace("is 0>=2 is 0>=2 is 2>=2 a:none");
    end();
}

TEST(condition, a_predicate_of_one_without_a_lock_may_free_or_cancel_it)
{
    static void (*const what[])(void) = {free_condition, cancel_a};
    for (int when = 1; when <= 2; when++) {
        for (int i = 0; i < (when == 1 ? 1 : 2); i++) {
            begin();
            hence_condition_free(condition);
            condition = hence_condition_new(NULL);
            then_do = what[i];
            asked = 0;
            asked_until = when;
            ask(&a, hence_condition_wait_for(condition, NULL, does_something_and_is_not_so, NULL));
            hence_condition_notify(condition, 1);
            check_trace(i ? "a:cancelled" : "a:abandoned");
            end();
            forget_reports();
        }
    }
}

/* ---- wrong, and ended ---- */

/* rule 157 */
TEST(condition, waiting_without_the_lock_and_notifying_without_it_are_refused)
{
    begin();
    hence_hold *hold;
    hence_lock *other = hence_lock_new();
    int error = hence_lock_try_acquire(other, &hold);
    ask(&a, hence_condition_wait(condition, NULL));
    check(had_report(HENCE_REPORT_MISUSE));
    if (!error) {
        ask(&b, hence_condition_wait(condition, hold));
        check(had_report(HENCE_REPORT_MISUSE));
    }
    check_trace("a:invalid b:invalid");
    check_int(hence_condition_notify(condition, 1), -EPERM);
    check(had_report(HENCE_REPORT_MISUSE));
    hence_hold_free(hold);
    hence_lock_free(other);
    check(!hence_condition_wait(NULL, NULL) && !hence_condition_free(NULL));
    check_int(hence_condition_notify(NULL, 1), -ENOMEM);
    check_int(hence_condition_notify_all(NULL), -ENOMEM);
    end();
    forget_reports();
}

TEST(condition, a_hold_that_waits_cannot_be_released_or_wait_twice)
{
    begin();
    wait_as(&a, &of_a);
    if (of_a) {
        check_int(hence_hold_release(of_a), -EPERM);
        check(had_report(HENCE_REPORT_MISUSE));
        ask(&b, hence_condition_wait(condition, of_a));
        check(had_report(HENCE_REPORT_MISUSE));
        check_trace("b:invalid");
    }
    end();
    forget_reports();
}

TEST(condition, who_waits_for_one_that_is_freed_is_told_with_the_lock_in_its_hands)
{
    begin();
    wait_as(&a, &of_a);
    wait_as(&b, &of_b);
    condition = hence_condition_free(condition);
    check_trace("a:abandoned");
    hence_hold_release(of_a);
    check_trace("b:abandoned");
    check(hence_hold_holds(of_b));
    end();
    forget_reports();
}

TEST(condition, who_waits_when_the_lock_is_freed_is_told_notified_or_not)
{
    begin();
    wait_as(&a, &of_a);
    wait_as(&b, &of_b);
    held = hold_now();
    hence_condition_notify(condition, 1);
    lock = hence_lock_free(lock);
    check_trace("a:abandoned b:abandoned");
    cancel(&b);
    check_trace("");
    check(!hence_hold_holds(of_a) && !hence_hold_holds(of_b) && hence_hold_holds(held));
    end();
    forget_reports();
}

TEST(condition, a_hold_that_holds_when_its_lock_was_freed_cannot_wait_any_more)
{
    begin();
    held = hold_now();
    lock = hence_lock_free(lock);
    ask(&a, hence_condition_wait(condition, held));
    check_trace("a:abandoned");
    check(!hence_hold_holds(held));
    end();
    forget_reports();
}
