/* SPDX-License-Identifier: BSD-3-Clause */
/* Semaphores. */
#include "sync_support.h"

SUITE(semaphore);

/* rule 154 */
TEST(semaphore, as_many_as_there_are_tokens_are_let_in_and_the_others_in_order)
{
    struct loop_and_clock both = begin_loop();
    hence_semaphore *semaphore = hence_semaphore_new(2);
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"}, d = {.word = "d"};
    check_int(hence_semaphore_value(semaphore), 2);
    ask(&a, hence_semaphore_acquire(semaphore));
    ask(&b, hence_semaphore_acquire(semaphore));
    ask_future(&c, hence_semaphore_acquire_future(both.loop, semaphore));
    ask(&d, hence_semaphore_acquire(semaphore));
    check_trace("a:hold b:hold");
    check_int(hence_semaphore_value(semaphore), 0);
    let_go(&b);
    if (!support_faulty)
        check(hence_future_done(c.f));
    check_int(hence_semaphore_value(semaphore), 0);
    let_go(&a);
    check_trace("d:hold");
    run_loop(&both);
    check_trace("c:hold");
    let_go(&c);
    let_go(&d);
    check_int(hence_semaphore_value(semaphore), 2);
    hence_semaphore_free(semaphore);
    end_loop(&both);
}

/* rule 155 */
TEST(semaphore, it_may_begin_without_tokens_and_be_given_some)
{
    hence_semaphore *semaphore = hence_semaphore_new(0);
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"};
    ask(&a, hence_semaphore_acquire(semaphore));
    ask(&b, hence_semaphore_acquire(semaphore));
    ask(&c, hence_semaphore_acquire(semaphore));
    check_int(hence_semaphore_release(semaphore, 2), 0);
    check_trace("a:hold b:hold");
    check_int(hence_semaphore_release(semaphore, 3), 0);
    check_trace("c:hold");
    check_int(hence_semaphore_value(semaphore), 2);
    check_int(hence_semaphore_release(semaphore, SIZE_MAX - 4), -EOVERFLOW);
    check(had_report(HENCE_REPORT_MISUSE));
    let_go(&a);
    let_go(&b);
    let_go(&c);
    hence_semaphore_free(semaphore);
}

/* rule 66, rule 155 */
TEST(semaphore, a_bounded_one_has_never_more_tokens_than_in_the_beginning)
{
    hence_semaphore *semaphore = hence_bounded_semaphore_new(2);
    hence_hold *hold = NULL, *other = NULL;
    check_int(hence_semaphore_release(semaphore, 1), -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    if (hence_semaphore_try_acquire(semaphore, &hold) == 0) {
        check_int(hence_semaphore_release(semaphore, 1), -EINVAL); /* it will come back */
        check(had_report(HENCE_REPORT_MISUSE));
        check_int(hence_semaphore_value(semaphore), 1);
    }
    if (hence_semaphore_try_acquire(semaphore, &other) == 0)
        check_int(hence_hold_keep(other), 0); /* and this one will not */
    hence_hold_free(other);
    check_int(hence_semaphore_value(semaphore), 0);
    check_int(hence_semaphore_release(semaphore, 2), -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    check_int(hence_semaphore_release(semaphore, 1), 0);
    check_int(hence_semaphore_value(semaphore), 1);
    hence_hold_free(hold);
    check_int(hence_semaphore_value(semaphore), 2);
    hence_semaphore_free(semaphore);
    forget_reports();
}

/* rule 154 */
TEST(semaphore, nobody_overtakes_those_who_wait)
{
    hence_semaphore *semaphore = hence_semaphore_new(1);
    struct asker a = {.word = "a"}, b = {.word = "b"};
    hence_hold *hold;
    ask(&a, hence_semaphore_acquire(semaphore));
    ask(&b, hence_semaphore_acquire(semaphore));
    check_int(hence_semaphore_try_acquire(semaphore, &hold), -EBUSY);
    hence_hold_free(hold);
    let_go(&a);
    check_int(hence_semaphore_try_acquire(semaphore, &hold), -EBUSY);
    hence_hold_free(hold);
    check_trace("a:hold b:hold");
    let_go(&b);
    hence_semaphore_free(semaphore);
}

/* rule 154 */
TEST(semaphore, who_is_cancelled_or_let_go_after_its_turn_came_passes_the_token_on)
{
    struct loop_and_clock both = begin_loop();
    hence_semaphore *semaphore = hence_semaphore_new(0);
    struct asker c = {.word = "c"};
    hence_future *a = hence_semaphore_acquire_future(both.loop, semaphore);
    hence_future *b = hence_semaphore_acquire_future(both.loop, semaphore);
    ask(&c, hence_semaphore_acquire(semaphore));
    hence_future_cancel(a);
    hence_semaphore_release(semaphore, 1);
    check_int(hence_future_cancel(b), -EALREADY);
    check_trace("");
    hence_future_unref(b);
    check_trace("c:hold");
    hence_future_unref(a);
    let_go(&c);
    hence_semaphore_free(semaphore);
    end_loop(&both);
}

static hence_result work(void *arg)
{
    *(int *)arg += 1;
    return hence_int(*(int *)arg);
}

static hence_promise *works[3];
static int begun, most, at_once;

static hence_result ended(hence_result *in, void *arg)
{
    (void)arg;
    at_once--;
    return *in;
}

static hence_result long_work(void *arg)
{
    (void)arg;
    hence_deferred *d = hence_deferred_new(&works[begun % 3]);
    begun++;
    most = ++at_once > most ? at_once : most;
    hence_deferred_add_both(d, ended, NULL);
    return hence_chain(d);
}

/* rule 65 */
TEST(semaphore, run_calls_with_a_token)
{
    struct loop_and_clock both = begin_loop();
    hence_semaphore *semaphore = hence_semaphore_new(1);
    int runs = 0;
    hence_deferred *d = hence_semaphore_run(semaphore, work, &runs);
    hence_future *f = hence_semaphore_run_future(both.loop, semaphore, work, &runs);
    check_string(outcome(d), "1");
    check_string(outcome_of(f), "2");
    check_int(hence_semaphore_value(semaphore), 1);
    hence_deferred_unref(d);
    hence_future_unref(f);
    hence_semaphore_free(semaphore);
    end_loop(&both);
    forget_reports();
}

/* rule 65 */
TEST(semaphore, run_lets_as_many_work_at_once_as_there_are_tokens)
{
    hence_semaphore *semaphore = hence_bounded_semaphore_new(2);
    hence_deferred *runs[3];
    memset(works, 0, sizeof works);
    begun = most = at_once = 0;
    for (int i = 0; i < 3; i++)
        runs[i] = hence_semaphore_run(semaphore, long_work, NULL);
    check_int(begun, 2);
    for (int i = 0; i < 3; i++)
        hence_resolve(hence_promise_take(&works[i]), hence_int(i));
    check_int(begun, 3);
    check_int(most, 2);
    check_int(hence_semaphore_value(semaphore), 2);
    for (int i = 0; i < 3; i++)
        hence_deferred_forget(runs[i]);
    hence_semaphore_free(semaphore);
}

TEST(semaphore, who_waits_for_one_that_is_freed_is_told)
{
    hence_semaphore *semaphore = hence_semaphore_new(0);
    struct asker a = {.word = "a"};
    ask(&a, hence_semaphore_acquire(semaphore));
    check(!hence_semaphore_free(semaphore));
    check_trace("a:abandoned");
    let_go(&a);
}

TEST(semaphore, NULL_is_a_semaphore_that_could_not_be_had)
{
    struct loop_and_clock both = begin_loop();
    hence_hold *hold;
    check(!hence_semaphore_acquire(NULL));
    check(!hence_semaphore_acquire_future(both.loop, NULL));
    check(!hence_semaphore_run(NULL, work, NULL));
    check(!hence_semaphore_run_future(both.loop, NULL, work, NULL));
    check_int(hence_semaphore_try_acquire(NULL, &hold), -ENOMEM);
    check_int(hence_semaphore_release(NULL, 1), -ENOMEM);
    check_int(hence_semaphore_value(NULL), 0);
    check(!hold && !hence_semaphore_free(NULL));
    end_loop(&both);
}
