/* SPDX-License-Identifier: BSD-3-Clause */
/* Barriers: rule 158. */
#include "sync_support.h"

SUITE(barrier);

static hence_barrier *barrier;
static struct asker a, b, c, d;

static void begin(size_t parties)
{
    barrier = hence_barrier_new(parties);
    a = (struct asker){.word = "a"};
    b = (struct asker){.word = "b"};
    c = (struct asker){.word = "c"};
    d = (struct asker){.word = "d"};
}

static void end(void)
{
    let_go(&a);
    let_go(&b);
    let_go(&c);
    let_go(&d);
    barrier = hence_barrier_free(barrier);
}

/* rule 158 */
TEST(barrier, when_all_are_there_each_gets_its_place)
{
    struct loop_and_clock both = begin_loop();
    begin(3);
    ask(&a, hence_barrier_wait(barrier));
    ask_future(&b, hence_barrier_wait_future(both.loop, barrier));
    check_int(hence_barrier_waiting(barrier), 2);
    check_int(hence_barrier_parties(barrier), 3);
    ask(&c, hence_barrier_wait(barrier));
    check_trace("a:0 c:2");
    run_loop(&both);
    check_trace("b:1");
    check_int(hence_barrier_waiting(barrier), 0);
    end();
    end_loop(&both);
}

static void wait_again(struct asker *asker)
{
    asker->then = NULL;
    ask(&d, hence_barrier_wait(barrier));
}

/* rule 158 */
TEST(barrier, it_may_be_used_again_also_by_who_has_just_passed)
{
    begin(2);
    a.then = wait_again;
    ask(&a, hence_barrier_wait(barrier));
    ask(&b, hence_barrier_wait(barrier));
    check_trace("a:0 b:1");
    ask(&c, hence_barrier_wait(barrier));
    check_trace("d:0 c:1");
    end();
}

TEST(barrier, one_of_one_does_not_wait)
{
    begin(1);
    ask(&a, hence_barrier_wait(barrier));
    check_trace("a:0");
    check(!hence_barrier_new(0));
    end();
}

/* rule 158, difference 42 */
TEST(barrier, who_is_cancelled_leaves_its_place_to_the_others)
{
    begin(3);
    ask(&a, hence_barrier_wait(barrier));
    ask(&b, hence_barrier_wait(barrier));
    cancel(&a);
    check_int(hence_barrier_waiting(barrier), 1);
    ask(&c, hence_barrier_wait(barrier));
    ask(&d, hence_barrier_wait(barrier));
    check_trace("a:cancelled b:0 c:1 d:2");
    check(!hence_barrier_is_broken(barrier));
    end();
}

static void cancel_b(struct asker *asker)
{
    (void)asker;
    cancel(&b);
}

TEST(barrier, who_is_cancelled_after_all_were_there_has_passed)
{
    begin(3);
    a.then = cancel_b;
    ask(&a, hence_barrier_wait(barrier));
    ask(&b, hence_barrier_wait(barrier));
    ask(&c, hence_barrier_wait(barrier));
    check_trace("a:0 b:1 c:2");
    end();
}

/* rule 158 */
TEST(barrier, resetting_breaks_those_who_wait_and_nobody_else)
{
    begin(2);
    ask(&a, hence_barrier_wait(barrier));
    check_int(hence_barrier_reset(barrier), 0);
    check(!hence_barrier_is_broken(barrier));
    ask(&b, hence_barrier_wait(barrier));
    ask(&c, hence_barrier_wait(barrier));
    check_trace("a:broken b:0 c:1");
    end();
}

/* rule 158 */
TEST(barrier, aborting_breaks_it_until_it_is_reset)
{
    begin(2);
    ask(&a, hence_barrier_wait(barrier));
    check_int(hence_barrier_abort(barrier), 0);
    check(hence_barrier_is_broken(barrier));
    ask(&b, hence_barrier_wait(barrier));
    check_trace("a:broken b:broken");
    hence_barrier_reset(barrier);
    ask(&c, hence_barrier_wait(barrier));
    ask(&d, hence_barrier_wait(barrier));
    check_trace("c:0 d:1");
    end();
}

TEST(barrier, who_waits_at_one_that_is_freed_is_told)
{
    begin(2);
    ask(&a, hence_barrier_wait(barrier));
    barrier = hence_barrier_free(barrier);
    check_trace("a:abandoned");
    check(!hence_barrier_wait(NULL) && !hence_barrier_is_broken(NULL));
    check_int(hence_barrier_reset(NULL), -ENOMEM);
    check_int(hence_barrier_abort(NULL), -ENOMEM);
    check_int(hence_barrier_waiting(NULL), 0);
    check_int(hence_barrier_parties(NULL), 0);
    end();
}
