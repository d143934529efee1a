/* SPDX-License-Identifier: BSD-3-Clause */
/* Capacity limiters, as trio has them. */
#include "sync_support.h"

SUITE(limiter);

TEST(limiter, tokens_are_lent_in_order)
{
    struct loop_and_clock both = begin_loop();
    hence_capacity_limiter *limiter = hence_capacity_limiter_new(2);
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"}, d = {.word = "d"};
    ask(&a, hence_capacity_limiter_acquire(limiter, &a));
    ask(&b, hence_capacity_limiter_acquire(limiter, &b));
    ask(&c, hence_capacity_limiter_acquire(limiter, &c));
    ask_future(&d, hence_capacity_limiter_acquire_future(both.loop, limiter, &d));
    check_trace("a:hold b:hold");
    check_int(hence_capacity_limiter_total(limiter), 2);
    check_int(hence_capacity_limiter_borrowed(limiter), 2);
    check_int(hence_capacity_limiter_available(limiter), 0);
    let_go(&a);
    let_go(&b);
    run_loop(&both);
    check_trace("c:hold d:hold");
    let_go(&c);
    let_go(&d);
    check_int(hence_capacity_limiter_available(limiter), 2);
    hence_capacity_limiter_free(limiter);
    end_loop(&both);
}

TEST(limiter, with_more_tokens_those_who_wait_are_let_in)
{
    hence_capacity_limiter *limiter = hence_capacity_limiter_new(0);
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"};
    ask(&a, hence_capacity_limiter_acquire(limiter, &a));
    ask(&b, hence_capacity_limiter_acquire(limiter, &b));
    ask(&c, hence_capacity_limiter_acquire(limiter, NULL));
    check_trace("");
    check_int(hence_capacity_limiter_set_total(limiter, 2), 0);
    check_trace("a:hold b:hold");
    check_int(hence_capacity_limiter_set_total(limiter, 1), 0);
    check_int(hence_capacity_limiter_available(limiter), 0);
    let_go(&a);
    check_trace("");
    let_go(&b);
    check_trace("c:hold");
    check_int(hence_capacity_limiter_set_total(limiter, SIZE_MAX), 0);
    check_int(hence_capacity_limiter_available(limiter), SIZE_MAX - 1);
    let_go(&c);
    hence_capacity_limiter_free(limiter);
}

TEST(limiter, a_borrower_gets_one_token_at_a_time)
{
    hence_capacity_limiter *limiter = hence_capacity_limiter_new(1);
    struct asker a = {.word = "a"}, again = {.word = "again"}, waits = {.word = "waits"};
    hence_hold *hold;
    ask(&a, hence_capacity_limiter_acquire(limiter, &a));
    ask(&again, hence_capacity_limiter_acquire(limiter, &a));
    check(had_report(HENCE_REPORT_MISUSE));
    ask(&waits, hence_capacity_limiter_acquire(limiter, &waits));
    check_int(hence_capacity_limiter_try_acquire(limiter, &waits, &hold), -EINVAL);
    hence_hold_free(hold);
    check(had_report(HENCE_REPORT_MISUSE));
    check_trace("a:hold again:invalid");
    hence_hold_release(a.hold);
    check_trace("waits:hold");
    let_go(&waits);
    check_int(hence_capacity_limiter_try_acquire(limiter, &a, &hold), 0);
    hence_hold_free(hold);
    let_go(&a);
    let_go(&again);
    hence_capacity_limiter_free(limiter);
    forget_reports();
}

/* The table of borrowers grows. */
TEST(limiter, there_may_be_many_borrowers)
{
    enum {
        MANY = 100
    };
    hence_capacity_limiter *limiter = hence_capacity_limiter_new(SIZE_MAX);
    static char borrowers[MANY];
    hence_hold *holds[MANY], *hold;
    for (int i = 0; i < MANY; i++)
        check_int(hence_capacity_limiter_try_acquire(limiter, &borrowers[i], &holds[i]), 0);
    for (int i = 0; i < MANY; i++) {
        check_int(hence_capacity_limiter_try_acquire(limiter, &borrowers[i], &hold), -EINVAL);
        hence_hold_free(hold);
        check(had_report(HENCE_REPORT_MISUSE));
        forget_reports();
    }
    check_int(hence_capacity_limiter_borrowed(limiter), MANY);
    for (int i = 0; i < MANY; i++)
        hence_hold_free(holds[(i * 37) % MANY]);
    check_int(hence_capacity_limiter_borrowed(limiter), 0);
    hence_capacity_limiter_free(limiter);
}

TEST(limiter, who_is_cancelled_or_abandoned_does_not_borrow)
{
    hence_capacity_limiter *limiter = hence_capacity_limiter_new(1);
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"};
    hence_hold *hold;
    ask(&a, hence_capacity_limiter_acquire(limiter, &a));
    ask(&b, hence_capacity_limiter_acquire(limiter, &b));
    cancel(&b);
    let_go(&b);
    ask(&b, hence_capacity_limiter_acquire(limiter, &b));
    ask(&c, hence_capacity_limiter_acquire(limiter, &c));
    check_trace("a:hold b:cancelled");
    let_go(&a);
    hence_capacity_limiter_free(limiter);
    check_trace("b:hold c:abandoned");
    let_go(&b);
    let_go(&c);
    check(!hence_capacity_limiter_acquire(NULL, &a) && !hence_capacity_limiter_free(NULL));
    check_int(hence_capacity_limiter_try_acquire(NULL, &a, &hold), -ENOMEM);
    check_int(hence_capacity_limiter_set_total(NULL, 1), -ENOMEM);
    check(!hence_capacity_limiter_total(NULL) && !hence_capacity_limiter_borrowed(NULL) &&
          !hence_capacity_limiter_available(NULL));
}
