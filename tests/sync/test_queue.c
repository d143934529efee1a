/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues: rules 67, 159 and 160. */
#include <stdlib.h>

#include "sync_support.h"

SUITE(queue);

static hence_queue *queue;
static struct asker a, b, c, p, q;

static void begin(hence_queue *of)
{
    queue = of;
    a = (struct asker){.word = "a"};
    b = (struct asker){.word = "b"};
    c = (struct asker){.word = "c"};
    p = (struct asker){.word = "p"};
    q = (struct asker){.word = "q"};
}

static void end(void)
{
    let_go(&a);
    let_go(&b);
    let_go(&c);
    let_go(&p);
    let_go(&q);
    queue = hence_queue_free(queue);
    check_int(payloads_alive(), 0);
}

static const char *get_now(void)
{
    hence_result r = hence_none();
    int error = hence_queue_try_get(queue, &r);
    return error == -EAGAIN      ? "empty"
           : error == -ESHUTDOWN ? "shutdown"
           : error               ? "error"
                                 : describe_and_drop(r);
}

static int put_now(int64_t i)
{
    return hence_queue_try_put(queue, hence_int(i));
}

/* ---- in and out ---- */

/* rules 67, 159 */
TEST(queue, items_come_out_as_they_went_in)
{
    begin(hence_queue_new(0));
    for (int i = 0; i < 20; i++)
        check_int(put_now(i), 0);
    check_int(hence_queue_size(queue), 20);
    check(!hence_queue_is_full(queue));
    for (int i = 0; i < 15; i++)
        check(atoi(get_now()) == i);
    for (int i = 20; i < 40; i++)
        check_int(put_now(i), 0);
    for (int i = 15; i < 40; i++)
        check(atoi(get_now()) == i);
    check_string(get_now(), "empty");
    end();
}

/* rule 67 */
TEST(queue, who_waits_gets_the_item_inside_the_put)
{
    struct loop_and_clock both = begin_loop();
    begin(hence_queue_new(0));
    ask(&a, hence_queue_get(queue));
    ask_future(&b, hence_queue_get_future(both.loop, queue));
    ask(&c, hence_queue_get(queue));
    ask(&p, hence_queue_put(queue, hence_int(1)));
    trace("put");
    check_int(put_now(2), 0);
    check_int(put_now(3), 0);
    check_trace("a:1 p:none put c:3");
    run_loop(&both);
    check_trace("b:2");
    check_int(hence_queue_size(queue), 0);
    end();
    end_loop(&both);
}

TEST(queue, an_item_may_be_owned_or_a_failure)
{
    begin(hence_queue_new(0));
    hence_queue_try_put(queue, payload());
    hence_queue_try_put(queue, failure("broken"));
    hence_queue_try_put(queue, payload());
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    check_trace("a:payload b:broken");
    end();
}

/* ---- bounds ---- */

/* rule 159 */
TEST(queue, who_puts_into_a_full_one_waits_and_nobody_overtakes)
{
    struct loop_and_clock both = begin_loop();
    begin(hence_queue_new(1));
    check_int(put_now(1), 0);
    check(hence_queue_is_full(queue));
    check_int(put_now(2), -EAGAIN);
    ask(&p, hence_queue_put(queue, hence_int(3)));
    ask_future(&q, hence_queue_put_future(both.loop, queue, hence_int(4)));
    check_trace("");
    check_string(get_now(), "1");
    check_trace("p:none");
    check_int(put_now(5), -EAGAIN);
    check_string(get_now(), "3");
    run_loop(&both);
    check_trace("q:none");
    check_string(get_now(), "4");
    check_string(get_now(), "empty");
    end();
    end_loop(&both);
}

/* rule 159 */
TEST(queue, an_item_that_was_not_let_in_goes_with_its_put)
{
    begin(hence_queue_new(1));
    check_int(put_now(1), 0);
    ask(&p, hence_queue_put(queue, payload()));
    ask(&q, hence_queue_put(queue, hence_int(2)));
    cancel(&p);
    check_int(payloads_alive(), 0);
    check_trace("p:cancelled");
    check_string(get_now(), "1");
    check_trace("q:none");
    check_int(hence_queue_try_put(queue, payload()), -EAGAIN);
    check_int(payloads_alive(), 0);
    check_string(get_now(), "2");
    end();
}

/* rules 67, 159 */
TEST(queue, who_is_cancelled_while_it_waits_takes_no_item_along)
{
    struct loop_and_clock both = begin_loop();
    begin(hence_queue_new(0));
    ask(&a, hence_queue_get(queue));
    ask_future(&b, hence_queue_get_future(both.loop, queue));
    ask(&c, hence_queue_get(queue));
    cancel(&a);
    cancel(&b);
    check_int(put_now(1), 0);
    check_trace("a:cancelled c:1");
    check_int(put_now(2), 0);
    check_string(get_now(), "2");
    run_loop(&both);
    check_trace("b:cancelled");
    end();
    end_loop(&both);
}

static void cancel_b_and_put(struct asker *asker)
{
    (void)asker;
    check_int(put_now(2), 0);
    cancel(&b);
    check_string(get_now(), "2");
}

TEST(queue, who_is_cancelled_after_an_item_was_put_for_it_leaves_it_there)
{
    begin(hence_queue_new(0));
    a.then = cancel_b_and_put;
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    check_int(put_now(1), 0);
    check_trace("a:1 b:cancelled");
    end();
}

static void put_and_try_to_overtake(struct asker *asker)
{
    (void)asker;
    check_int(put_now(2), 0);
    check_string(get_now(), "empty"); /* it is for b */
    ask(&c, hence_queue_get(queue));
    trace("asked");
}

TEST(queue, nobody_overtakes_those_who_wait_to_get)
{
    begin(hence_queue_new(0));
    a.then = put_and_try_to_overtake;
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    check_int(put_now(1), 0);
    check_int(put_now(3), 0);
    check_trace("a:1 asked b:2 c:3");
    end();
}

/* rule 67 */
TEST(queue, the_number_of_those_who_wait_may_be_limited)
{
    begin(hence_queue_new(0));
    check_int(hence_queue_set_backlog(queue, 1), 0);
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    check_trace("b:full");
    cancel(&a);
    ask(&c, hence_queue_get(queue));
    check_int(put_now(1), 0);
    check_trace("a:cancelled c:1");
    end();
}

/* ---- kinds ---- */

TEST(queue, a_stack_gives_the_last_one_first)
{
    begin(hence_lifo_queue_new(3));
    for (int i = 1; i < 4; i++)
        check_int(put_now(i), 0);
    ask(&p, hence_queue_put(queue, hence_int(4)));
    check_string(get_now(), "3");
    check_string(get_now(), "4");
    check_string(get_now(), "2");
    check_string(get_now(), "1");
    check_trace("p:none");
    end();
}

TEST(queue, a_priority_queue_gives_the_smallest_first_and_equal_ones_in_order)
{
    begin(hence_priority_queue_new(0));
    const int priorities[] = {5, 3, 9, 3, -1, 5, 3, 0, 9, 5, -1};
    for (int i = 0; i < 11; i++)
        check_int(hence_queue_try_put_priority(queue, hence_int(i), priorities[i]), 0);
    const int expected[] = {4, 10, 7, 1, 3, 6, 0, 5, 9, 2, 8};
    for (int i = 0; i < 11; i++)
        check(atoi(get_now()) == expected[i] || support_faulty);
    end();
}

TEST(queue, who_waits_to_put_into_a_priority_queue_keeps_its_priority)
{
    struct loop_and_clock both = begin_loop();
    begin(hence_priority_queue_new(1));
    check_int(hence_queue_try_put_priority(queue, hence_int(5), 5), 0);
    ask(&p, hence_queue_put_priority(queue, hence_int(9), 9));
    ask_future(&q, hence_queue_put_priority_future(both.loop, queue, hence_int(1), 1));
    check_string(get_now(), "5");
    check_string(get_now(), "9");
    check_string(get_now(), "1");
    check_trace("p:none");
    run_loop(&both);
    check_trace("q:none");
    end();
    end_loop(&both);
}

/* ---- channels ---- */

TEST(queue, through_a_channel_items_go_from_hand_to_hand)
{
    begin(hence_channel_new());
    check_int(put_now(1), -EAGAIN);
    check(hence_queue_is_full(queue));
    ask(&p, hence_queue_put(queue, hence_int(2)));
    ask(&q, hence_queue_put(queue, hence_int(3)));
    check_int(hence_queue_size(queue), 0);
    ask(&a, hence_queue_get(queue));
    check_trace("p:none a:2");
    check_string(get_now(), "3");
    check_trace("q:none");
    check_string(get_now(), "empty");
    ask(&b, hence_queue_get(queue));
    check(!hence_queue_is_full(queue));
    check_int(put_now(4), 0);
    check_trace("b:4");
    end();
}

TEST(queue, who_is_cancelled_at_a_channel_takes_nothing_along)
{
    begin(hence_channel_new());
    ask(&p, hence_queue_put(queue, payload()));
    ask(&q, hence_queue_put(queue, hence_int(3)));
    cancel(&p);
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    cancel(&b);
    ask(&c, hence_queue_get(queue));
    check_int(put_now(4), 0);
    check_trace("p:cancelled q:none a:3 b:cancelled c:4");
    end();
}

/* ---- done ---- */

/* rule 159 */
TEST(queue, joining_waits_until_all_work_is_done)
{
    struct loop_and_clock both = begin_loop();
    begin(hence_queue_new(1));
    ask(&a, hence_queue_join(queue));
    check_trace("a:none");
    let_go(&a);
    check_int(put_now(1), 0);
    ask(&p, hence_queue_put(queue, hence_int(2)));
    ask(&a, hence_queue_join(queue));
    ask_future(&b, hence_queue_join_future(both.loop, queue));
    ask(&c, hence_queue_join(queue));
    cancel(&c);
    check_string(get_now(), "1");
    check_string(get_now(), "2");
    check_int(hence_queue_task_done(queue), 0);
    check_trace("c:cancelled p:none");
    check_int(hence_queue_task_done(queue), 0);
    check_trace("a:none");
    run_loop(&both);
    check_trace("b:none");
    check_int(hence_queue_task_done(queue), -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    end();
    end_loop(&both);
    forget_reports();
}

/* ---- shut down ---- */

/* rule 160 */
TEST(queue, one_that_is_shut_down_takes_nothing_in_and_gives_what_it_has)
{
    begin(hence_queue_new(1));
    check_int(put_now(1), 0);
    ask(&p, hence_queue_put(queue, payload()));
    ask(&c, hence_queue_join(queue));
    check_int(hence_queue_shutdown(queue, false), 0);
    check_trace("p:shutdown");
    check_int(put_now(2), -ESHUTDOWN);
    ask(&q, hence_queue_put(queue, hence_int(2)));
    check_trace("q:shutdown");
    check(hence_queue_is_full(queue));
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    check_trace("a:1 b:shutdown");
    check_string(get_now(), "shutdown");
    hence_queue_task_done(queue);
    check_trace("c:none");
    end();
}

/* rule 160 */
TEST(queue, those_who_wait_for_items_are_told_that_none_will_come)
{
    begin(hence_queue_new(0));
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    hence_queue_shutdown(queue, false);
    check_trace("a:shutdown b:shutdown");
    end();
}

/* rule 160 */
TEST(queue, one_that_is_shut_down_at_once_destroys_what_it_has)
{
    begin(hence_queue_new(0));
    hence_queue_try_put(queue, payload());
    hence_queue_try_put(queue, payload());
    ask(&c, hence_queue_join(queue));
    hence_queue_shutdown(queue, true);
    check_int(payloads_alive(), 0);
    check_trace("c:none");
    check_string(get_now(), "shutdown");
    end();
}

TEST(queue, work_that_was_done_before_it_was_got_is_not_counted_twice)
{
    begin(hence_queue_new(0));
    put_now(1);
    put_now(2);
    hence_queue_task_done(queue);
    hence_queue_task_done(queue);
    hence_queue_shutdown(queue, true);
    ask(&c, hence_queue_join(queue));
    check_trace("c:none");
    end();
    forget_reports();
}

/* rule 160 */
TEST(queue, work_that_was_got_before_is_still_waited_for)
{
    begin(hence_queue_new(0));
    put_now(1);
    put_now(2);
    check_string(get_now(), "1");
    ask(&c, hence_queue_join(queue));
    hence_queue_shutdown(queue, true);
    check_trace("");
    hence_queue_task_done(queue);
    check_trace("c:none");
    end();
    forget_reports();
}

static void shut_down(struct asker *asker)
{
    (void)asker;
    check_int(put_now(2), 0);
    hence_queue_shutdown(queue, false);
}

TEST(queue, it_may_be_shut_down_by_who_has_just_got_something)
{
    begin(hence_queue_new(0));
    a.then = shut_down;
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    ask(&c, hence_queue_get(queue));
    check_int(put_now(1), 0);
    check_trace("a:1 b:2 c:shutdown");
    end();
}

static void shut_down_and_ask(struct asker *asker)
{
    check_int(put_now(3), 0);
    shut_down(asker);
    ask(&c, hence_queue_get(queue));
    ask(&p, hence_queue_get(queue));
}

TEST(queue, who_asks_one_that_is_shut_down_behind_others_gets_what_they_leave)
{
    begin(hence_queue_new(0));
    a.then = shut_down_and_ask;
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    check_int(put_now(1), 0);
    check_trace("a:1 b:3 c:2 p:shutdown");
    end();
}

/* ---- freed ---- */

TEST(queue, who_waits_for_one_that_is_freed_is_told_and_its_items_go)
{
    begin(hence_queue_new(1));
    hence_queue_try_put(queue, payload());
    ask(&p, hence_queue_put(queue, payload()));
    ask(&c, hence_queue_join(queue));
    queue = hence_queue_free(queue);
    check_trace("p:abandoned c:abandoned");
    queue = hence_queue_new(0);
    ask(&a, hence_queue_get(queue));
    queue = hence_queue_free(queue);
    check_trace("a:abandoned");
    end();
}

static void free_it(struct asker *asker)
{
    (void)asker;
    queue = hence_queue_free(queue);
}

TEST(queue, it_may_be_freed_by_who_has_just_got_something)
{
    begin(hence_queue_new(0));
    a.then = free_it;
    ask(&a, hence_queue_get(queue));
    ask(&b, hence_queue_get(queue));
    hence_queue_try_put(queue, payload());
    check_trace("a:payload b:abandoned");
    end();
}

TEST(queue, NULL_is_a_queue_that_could_not_be_had)
{
    struct loop_and_clock both = begin_loop();
    hence_result r;
    begin(NULL);
    check(!hence_queue_get(NULL) && !hence_queue_join(NULL));
    check(!hence_queue_put(NULL, payload()));
    check(!hence_queue_put_future(both.loop, NULL, payload()));
    check_int(hence_queue_try_put(NULL, payload()), -ENOMEM);
    check_int(hence_queue_try_get(NULL, &r), -ENOMEM);
    check_int(hence_queue_task_done(NULL), -ENOMEM);
    check_int(hence_queue_shutdown(NULL, true), -ENOMEM);
    check_int(hence_queue_set_backlog(NULL, 1), -ENOMEM);
    check(hence_queue_is_full(NULL) && !hence_queue_size(NULL));
    check(!hence_queue_free(NULL));
    end();
    end_loop(&both);
}

/* ---- what comes back ---- */

/* Asks a queue with 0, 1, ... in it for each, and lets go of the Futures in steps of so many. */
/* ---- items that come back ---- */

static hence_result get_in_vain(void *loop)
{
    hence_result r = hence_await(hence_queue_get_future(loop, queue));
    trace("task:%s", describe(&r));
    hence_drop(r);
    trace("left:%s", get_now());
    return hence_none();
}

static void cancel_task(struct asker *asker)
{
    hence_future_cancel(asker->f);
}

/* The loop closes before it has told the task of its item, which goes to the next one: who is a step of a
 * Deferred, and cancels the task that still waits. */
TEST(queue, who_gets_what_came_back_may_cancel_the_one_it_came_from)
{
    struct loop_and_clock both = begin_loop();
    begin(hence_queue_new(0));
    hence_future *task = hence_spawn(both.loop, get_in_vain, both.loop);
    run_loop(&both);
    ask(&a, hence_queue_get(queue));
    a.f = task;
    a.then = cancel_task;
    put_now(1);
    hence_loop_close(both.loop);
    check_trace("a:1 task:cancelled left:empty");
    a.f = NULL;
    hence_future_unref(task);
    end();
    end_loop(&both);
}

static void get_and_let_go(hence_queue *of, int n, int step)
{
    struct loop_and_clock both = begin_loop();
    hence_future **asked = calloc((size_t)n, sizeof *asked);
    begin(of);
    for (int i = 0; i < n; i++)
        hence_queue_try_put_priority(queue, hence_int(i), i / 2);
    for (int i = 0; i < n && asked; i++)
        asked[i] = hence_queue_get_future(both.loop, queue);
    for (int i = 0, at = 0; i < n && asked; i++) {
        at = (at + step) % n;
        hence_future_unref(asked[at]);
    }
    free(asked);
    check_int(hence_queue_size(queue), n);
    for (int i = 0; i < n; i++)
        check_int(atoi(get_now()), i);
    end();
    end_loop(&both);
}

TEST(queue, items_that_come_back_in_any_order_are_given_in_that_of_before)
{
    for (int step = 1; step < 7; step++) {
        get_and_let_go(hence_queue_new(0), 7, step);
        get_and_let_go(hence_priority_queue_new(0), 7, step);
    }
}
