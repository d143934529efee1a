/* SPDX-License-Identifier: BSD-3-Clause */
/* A report of a call that was refused names that very call, and its line if it has one. */
#include <hence/hence.h>

#include "coro/coro_support.h"

SUITE(refused_reports);

static hence_loop *home;
static hence_future *at_home;
static hence_promise *promise;

static void check_misuse(const char *text)
{
    check(had_report(HENCE_REPORT_MISUSE));
    check(strstr(report_text(), text));
}

TEST(refused_reports, outside_of_a_coroutine_each_wait_says_its_own_name)
{
    begin();
    hence_drop(hence_co_sleep(1));
    check_misuse("hence_co_sleep() outside of a coroutine");
    hence_drop(hence_co_yield());
    check_misuse("hence_co_yield() outside of a coroutine");
    forget_reports();
    end();
}

TEST(refused_reports, what_is_no_failure_is_told_with_its_line)
{
    begin();
    hence_deferred_unref(hence_deferred_fail_at("there.c:1", hence_int(7)));
    if (!support_faulty)
        check_misuse("\n    now at there.c:1\n");
    forget_reports();
    hence_future_unref(hence_future_fail_at("there.c:2", both.loop, hence_int(7)));
    if (!support_faulty)
        check_misuse("\n    now at there.c:2\n");
    forget_reports();
    end();
}

static hence_result leaves_it_open(void *unused)
{
    (void)unused;
    hence_task_set_name(hence_current_task(), "reader");
    hence_timeout_enter_at("here.c:1", 1);
    return hence_none();
}

TEST(refused_reports, a_timeout_that_was_not_exited_tells_where_it_was_entered_and_by_which_task)
{
    begin();
    hence_future_unref(hence_spawn(both.loop, leaves_it_open, NULL));
    run();
    if (!support_faulty)
        check_misuse("a timeout was entered, but not exited, in the task \"reader\"\n"
                     "    made at here.c:1\n");
    forget_reports();
    end();
}

TEST(refused_reports, what_cannot_be_waited_for_fails_with_the_line_of_the_call)
{
    begin();
    hence_future *f = hence_event_wait_future_at("here.c:1", both.loop, -1, 2, -1);
    hence_future *bad = hence_event_wait_future_at("here.c:2", both.loop, 1000000, 2, -1);
    const hence_failure *failure = hence_future_failure(f);
    if (!support_faulty) {
        check_string(hence_failure_message(failure),
                     "waiting for an event on a negative descriptor or signal: -1, 0x2");
        check_string(hence_failure_site(failure), "here.c:1");
        failure = hence_future_failure(bad);
        check_string(hence_failure_message(failure), "cannot wait for descriptor 1000000");
        check_string(hence_failure_site(failure), "here.c:2");
    }
    hence_future_unref(f);
    hence_future_unref(bad);
    forget_reports();
    end();
}

/* ---- on another thread ---- */

static void spawn_there(void *unused)
{
    (void)unused;
    hence_future_unref(hence_spawn_at("there.c:1", home, give_seven, NULL, NULL));
}

static void then_there(void *unused)
{
    (void)unused;
    hence_future_unref(hence_future_then_at("there.c:1", at_home, pass, NULL, "x"));
}

static void combine_there(void *unused)
{
    (void)unused;
    hence_future_unref(hence_combine2_at("there.c:1", at_home, at_home, NULL, NULL));
    hence_future_unref(hence_gather_at("there.c:1", home, &at_home, 1, 0));
}

static void wait_for_there(void *unused)
{
    (void)unused;
    hence_future_unref(hence_wait_for_at("there.c:1", at_home, 1));
}

static void shield_there(void *unused)
{
    (void)unused;
    hence_future_unref(hence_shield_at("there.c:1", at_home));
}

static void sleep_there(void *unused)
{
    (void)unused;
    hence_deferred_forget(hence_sleep_at("there.c:1", home, 1));
}

static void defer_there(void *unused)
{
    (void)unused;
    hence_deferred_forget(
        hence_defer_to_thread_at("there.c:1", home, NULL, give_seven, NULL, NULL));
}

static void event_there(void *unused)
{
    (void)unused;
    hence_deferred_forget(hence_event_wait_at("there.c:1", home, 0, 2, -1));
}

static void free_there(void *unused)
{
    (void)unused;
    hence_loop_free(home);
}

static void check_refused(void (*there)(void *unused), const char *what, const char *site)
{
    on_another_thread(there, NULL);
    if (support_faulty) {
        forget_reports();
        return;
    }
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check(strstr(report_text(), what));
    check(strstr(report_text(), site));
}

/* rule 135 */
TEST(refused_reports, another_thread_is_told_which_call_it_was_and_where)
{
    const char *site = "\n    now at there.c:1\n";
    begin();
    home = both.loop;
    at_home = hence_future_new(home, &promise);
    if (!at_home) {
        end();
        return;
    }
    check_refused(spawn_there, "hence: making a Future on another thread than the loop's", site);
    check_refused(then_there, "hence: hence_future_then() on another thread", site);
    check_refused(combine_there, "hence: combining Futures on another thread", site);
    check_refused(wait_for_there, "hence: hence_wait_for() on another thread", site);
    check_refused(shield_there, "hence: hence_shield() on another thread", site);
    check_refused(sleep_there, "hence: sleeping on another thread", site);
    check_refused(defer_there, "hence: hence_defer_to_thread() on another thread", site);
    check_refused(event_there, "hence: waiting for an event on another thread", site);
    check_refused(free_there, "hence: hence_loop_free() on another thread", "");
    hence_resolve(promise, hence_none());
    hence_drop(hence_future_result(at_home));
    hence_future_unref(at_home);
    forget_reports();
    end();
}
