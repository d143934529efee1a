/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops that run for a Deferred. */
#include "support/support.h"

SUITE(adapters);

static hence_promise *the_promise;

static void resolve(void *word)
{
    trace("%s", (const char *)word);
    hence_resolve(the_promise, payload());
}

TEST_ONCE(adapters, the_loop_can_be_run_until_a_Deferred_has_ended)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_deferred_new(&the_promise);
    hence_test_clock_autojump(both.clock, true);
    hence_call_later(both.loop, HENCE_SECONDS(10), resolve, "resolve", NULL);
    hence_result r = hence_loop_run_until_complete_deferred(both.loop, d);
    check(hence_as(&r, payload_destroy));
    check_trace("resolve");
    hence_drop(r);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

static const char *run(hence_loop *loop, hence_deferred *d)
{
    return describe_and_drop(hence_loop_run_until_complete_deferred(loop, d));
}

TEST(adapters, running_for_a_Deferred_that_is_done_gives_its_result)
{
    struct loop_and_clock both = begin_loop();
    check_string(run(both.loop, hence_deferred_succeed(hence_int(7))), "7");
    check_string(run(both.loop, hence_deferred_fail(failure("broken"))), "broken");
    check_string(run(both.loop, NULL), "nomem");
    end_loop(&both);
}

static void stop(void *loop)
{
    hence_loop_stop(loop);
}

TEST_ONCE(adapters, a_loop_that_is_stopped_first_lets_the_Deferred_go_and_does_not_cancel_it)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "d");
    hence_call_soon(both.loop, stop, both.loop, NULL);
    check_string(run(both.loop, d), "stopped");
    check(hence_promise_is_wanted(p));
    hence_resolve(p, payload());
    check_trace("d:payload");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(adapters, a_loop_that_can_not_run_lets_the_Deferred_go)
{
    struct loop_and_clock both = begin_loop();
    hence_loop_close(both.loop);
    check_string(run(both.loop, hence_deferred_succeed(payload())), "closed");
    check_int(payloads_alive(), 0);
    check_string(run(NULL, hence_deferred_succeed(payload())), "nomem");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

static void run_inside(void *loop)
{
    trace("%s", run(loop, hence_deferred_succeed(payload())));
}

TEST(adapters, a_loop_that_runs_can_not_be_run_for_a_Deferred)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon(both.loop, run_inside, both.loop, NULL);
    hence_test_turn(both.loop);
    check_trace("invalid");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

struct foreign {
    hence_loop *loop;
    hence_future *f;
    hence_result r;
};

static void use_all(void *arg)
{
    struct foreign *foreign = arg;
    foreign->f =
        hence_deferred_as_future(foreign->loop, hence_deferred_succeed(hence_take(&foreign->r)));
    foreign->r = hence_loop_run_until_complete_deferred(foreign->loop, NULL);
}

/* rule 135 */
TEST(adapters, another_thread_is_refused)
{
    struct loop_and_clock both = begin_loop();
    struct foreign foreign = {both.loop, NULL, payload()};
    if (both.loop)
        on_another_thread(use_all, &foreign);
    check(!foreign.f);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_drop(foreign.r);
    check_int(payloads_alive(), 0);
    if (!support_faulty)
        had_report(HENCE_REPORT_WRONG_THREAD); /* refused there, too; or out of memory before */
    end_loop(&both);
}
