/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that wait for a loop, in every order: each gets its answer, or that time is over, or that the loop has
 * closed; none waits for ever, and nothing is touched after it is freed, whoever comes last. */
#include <hence/hence.h>

#include "loop/loop.h"
#include "schedule.h"

#define CALLERS 2

static hence_loop *loop;
static hence_promise *pending[CALLERS]; /* of answers that are Deferreds */
static int answers, answered, callers;
static bool answers_later;
static int64_t timeout;

static hence_result answer(void *arg)
{
    (void)arg;
    hence_result r = hence_int(7);
    if (answers_later)
        r = hence_chain(hence_deferred_new(&pending[answers]));
    if (++answers == callers && !answers_later)
        hence_loop_stop(loop);
    return r;
}

static void call(void *arg)
{
    const hence_result r = hence_blocking_call_from_thread(loop, answer, arg, timeout);
    const bool is_late = hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT);
    const bool is_closed = hence_is_failure_of(&r, &hence_domain_hence, HENCE_ECLOSED);
    if (hence_is_int(&r))
        answered++;
    else if (is_late ? timeout < 0 : !is_closed)
        schedule_fail("a call that waits fails in another way");
    hence_drop(r);
}

static void begin(int *threads, int64_t limit)
{
    static const char *const names[CALLERS] = {"caller 1", "caller 2"};
    callers = schedule_number(0);
    answers = answered = 0;
    timeout = limit;
    loop = hence_loop_new(NULL);
    schedule_name(&loop->door.posted, "the posts");
    schedule_name(&loop->closed, "closed");
    for (int i = 0; i < callers; i++)
        threads[i] = schedule_start(names[i], call, NULL);
}

static void end(const int *threads)
{
    hence_loop_close(loop);
    for (int i = 0; i < answers && answers_later; i++)
        hence_abandon(pending[i]);
    for (int i = 0; i < callers; i++)
        schedule_join(threads[i]);
    hence_loop_free(loop);
}

static void wait_for_answer(void *unused)
{
    int threads[CALLERS];
    (void)unused;
    answers_later = false;
    begin(threads, -1);
    hence_loop_run_forever(loop);
    end(threads);
    if (answered != callers)
        schedule_fail("%d of %d calls have an answer", answered, callers);
}

static void run_out_of_time(void *unused)
{
    int threads[CALLERS];
    (void)unused;
    answers_later = false;
    begin(threads, 1);
    hence_loop_run_forever(loop);
    end(threads);
}

/* The loop closes before, while, or after it answers. */
static void close_early(void *unused)
{
    int threads[CALLERS];
    (void)unused;
    answers_later = schedule_number(1);
    begin(threads, -1);
    schedule_allow_wakeups(2);
    hence_loop_poll(loop, false);
    end(threads);
}

static const char answer_does[] = "%d calls that wait";
static const char timeout_does[] = "%d calls with a time limit";
static const char close_does[] = "%d calls to a loop that is closed";
static const char close_pending_does[] = "%d calls to a loop that is closed with answers to come";

static const struct schedule_scenario scenarios[] = {
    {"answer", wait_for_answer, answer_does, {2}, 1, UNBOUNDED, false, 0},
    {"timeout", run_out_of_time, timeout_does, {1}, 2, UNBOUNDED, false, 0},
    {"close", close_early, close_does, {2, 0}, 1, UNBOUNDED, false, 0},
    {"close-pending", close_early, close_pending_does, {2, 1}, 0, UNBOUNDED, false, 0},
    {"timeout", run_out_of_time, timeout_does, {2}, 0, UNBOUNDED, true, 500000},
    {"answer", wait_for_answer, answer_does, {2}, 3, UNBOUNDED, true, 500000},
    {"close", close_early, close_does, {2, 0}, 2, UNBOUNDED, true, 500000},
    {"close-pending", close_early, close_pending_does, {2, 1}, 1, UNBOUNDED, true, 500000},
    {.name = NULL},
};

int main(int argc, char **argv)
{
    return schedule_main(argc, argv, scenarios);
}
