/* SPDX-License-Identifier: BSD-3-Clause */
/* Events: rule 156. */
#include "sync_support.h"

SUITE(sync_event);

static hence_sync_event *event;
static struct asker a, b, c;

static void begin(void)
{
    event = hence_sync_event_new();
    a = (struct asker){.word = "a"};
    b = (struct asker){.word = "b"};
    c = (struct asker){.word = "c"};
}

static void end(void)
{
    let_go(&a);
    let_go(&b);
    let_go(&c);
    event = hence_sync_event_free(event);
}

/* rule 156 */
TEST(sync_event, setting_tells_all_who_wait_in_order)
{
    struct loop_and_clock both = begin_loop();
    begin();
    ask(&a, hence_sync_event_wait(event));
    ask_future(&b, hence_sync_event_wait_future(both.loop, event));
    ask(&c, hence_sync_event_wait(event));
    check(!hence_sync_event_is_set(event));
    check_int(hence_sync_event_set(event), 0);
    check(hence_sync_event_is_set(event));
    check_trace("a:none c:none");
    run_loop(&both);
    check_trace("b:none");
    end();
    end_loop(&both);
}

TEST(sync_event, who_waits_for_one_that_is_set_is_told_at_once)
{
    begin();
    hence_sync_event_set(event);
    ask(&a, hence_sync_event_wait(event));
    check_int(hence_sync_event_clear(event), 0);
    ask(&b, hence_sync_event_wait(event));
    check_trace("a:none");
    end();
}

static void clear_and_wait(struct asker *asker)
{
    (void)asker;
    hence_sync_event_clear(event);
    ask(&c, hence_sync_event_wait(event));
}

/* rule 156 */
TEST(sync_event, clearing_it_takes_it_from_nobody_who_waited)
{
    begin();
    a.then = clear_and_wait;
    ask(&a, hence_sync_event_wait(event));
    ask(&b, hence_sync_event_wait(event));
    hence_sync_event_set(event);
    check_trace("a:none b:none");
    check(!hence_sync_event_is_set(event));
    hence_sync_event_set(event);
    check_trace("c:none");
    end();
}

static void cancel_b_and_free(struct asker *asker)
{
    (void)asker;
    cancel(&b);
    ask(&c, hence_sync_event_wait(event));
    event = hence_sync_event_free(event);
}

TEST(sync_event, who_is_cancelled_after_it_was_set_for_it_is_told_so)
{
    begin();
    a.then = cancel_b_and_free;
    ask(&a, hence_sync_event_wait(event));
    ask(&b, hence_sync_event_wait(event));
    hence_sync_event_set(event);
    check_trace("a:none b:none c:none");
    end();
}

TEST(sync_event, who_is_cancelled_while_it_waits_leaves_the_row)
{
    begin();
    ask(&a, hence_sync_event_wait(event));
    ask(&b, hence_sync_event_wait(event));
    cancel(&a);
    hence_sync_event_set(event);
    check_trace("a:cancelled b:none");
    end();
}

static void wait_for_freed(struct asker *asker)
{
    (void)asker;
    ask(&c, hence_sync_event_wait(event));
}

TEST(sync_event, who_asks_for_one_that_is_being_freed_is_told)
{
    begin();
    a.then = wait_for_freed;
    ask(&a, hence_sync_event_wait(event));
    hence_sync_event_free(event);
    event = NULL;
    check_trace("a:abandoned c:abandoned");
    end();
}

TEST(sync_event, who_waits_for_one_that_is_freed_is_told)
{
    begin();
    ask(&a, hence_sync_event_wait(event));
    event = hence_sync_event_free(event);
    check_trace("a:abandoned");
    check_int(hence_sync_event_set(NULL), -ENOMEM);
    check_int(hence_sync_event_clear(NULL), -ENOMEM);
    check(!hence_sync_event_wait(NULL) && !hence_sync_event_is_set(NULL));
    end();
}
