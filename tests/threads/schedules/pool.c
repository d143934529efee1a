/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The executor in every order: each job runs once, or is given back or dropped, and ends once; no thread sleeps
 * while a job waits; shutting down waits for all that run; who stands in line is let in, in order; results come
 * through the door.
 *
 * A thread without a job looks whether one has come a number of times before it sleeps: here once, or not at all.
 * What it sees says only when it goes on to lock the mutex, which it may do at any time, so to look more often
 * gives no order of anything else that looking once does not.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <hence/hence.h>

#include "exec/executor.h"
#include "loop/loop.h"
#include "schedule.h"

#define JOBS 4

struct work {
    struct hence_job job; /* of the scenarios without a loop; first */
    int runs, drops, ends, refusals, given_back, left_line;
    bool dies;
    struct work *other; /* it waits in its job until that one is in its own */
    int began_at;       /* the step */
};

static struct work works[JOBS];
static hence_executor *executor;
static int jobs;
static bool takes_back, drops_queued, is_open;
static int let_in; /* the latest that came out of the line */

/* ---- what the jobs do ---- */

_Noreturn void schedule_exit(void);
int schedule_mutex_lock(pthread_mutex_t *mutex);
int schedule_mutex_unlock(pthread_mutex_t *mutex);

static bool has_begun(const void *work)
{
    return ((const struct work *)work)->began_at > 0;
}

static void wait_for(const struct work *work)
{
    schedule_point(&(struct schedule_operation){.what = "waits for a job to begin",
                                                .object = &work->began_at,
                                                .touch = READS,
                                                .may_go = has_begun,
                                                .arg = work,
                                                .enabler = &work->began_at});
}

static void meet(struct work *work)
{
    schedule_point(&(struct schedule_operation){
        .what = "begins a job", .object = &work->began_at, .touch = WRITES});
    work->began_at = schedule_step();
    wait_for(work->other);
}

static hence_result run(void *arg)
{
    struct work *work = arg;
    work->runs++;
    if (work->other)
        meet(work);
    if (work->dies)
        schedule_exit();
    return hence_job_is_cancelled() ? hence_none() : hence_int(1);
}

static void drop(void *arg)
{
    struct work *work = arg;
    if (work->drops++)
        schedule_fail("an argument is dropped twice");
}

static void ended(struct hence_job *job, hence_result r)
{
    struct work *work = (struct work *)job;
    if (work->ends++)
        schedule_fail("a job ends twice");
    hence_drop(r);
}

static void left_line(struct hence_job *job, bool is_in)
{
    struct work *work = (struct work *)job;
    const int number = (int)(work - works);
    if (work->left_line++)
        schedule_fail("a job leaves the line twice");
    if (is_in && number <= let_in)
        schedule_fail("a job in line is overtaken");
    if (is_in)
        let_in = number;
}

static const struct hence_job_kind kind = {ended, left_line};

static void begin(int max_workers)
{
    const hence_executor_options options = {.max_workers = (size_t)max_workers};
    jobs = schedule_number(0);
    memset(works, 0, sizeof works);
    for (int i = 0; i < jobs; i++)
        works[i].job = (struct hence_job){.fn = run, .arg = &works[i], .drop = drop, .kind = &kind};
    executor = hence_executor_new(&options);
    executor->spins = (unsigned)schedule_number(2);
}

/* All threads are there, so the inbox is open, if it may be. */
static void begin_open(int max_workers, size_t max_queued)
{
    begin(max_workers);
    executor->max_queued = max_queued;
    schedule_mutex_lock(&executor->mutex);
    for (int i = 0; i < max_workers; i++)
        if (hence_executor_start_worker(executor) != 0)
            schedule_fail("no thread can be had");
    hence_executor_set_inbox(executor, true);
    schedule_mutex_unlock(&executor->mutex);
}

/* ---- without a loop ---- */

/* Each thread queues a job, and may take it back. */
static void submit(void *arg)
{
    struct work *work = arg;
    int error = hence_executor_queue(executor, &work->job, false);
    work->refusals = error != 0;
    if (error && error != -ESHUTDOWN)
        schedule_fail("queueing fails with %d", error);
    if (!error && takes_back && hence_executor_unqueue(executor, &work->job))
        work->given_back++;
}

static void check_works(void)
{
    for (int i = 0; i < jobs; i++) {
        const struct work *work = &works[i];
        if (work->runs > 1 || work->refusals + work->given_back + work->ends != 1)
            schedule_fail("a job runs %d times, ends %d times, is refused %d times, taken back %d "
                          "times",
                          work->runs, work->ends, work->refusals, work->given_back);
        if (work->ends != work->drops)
            schedule_fail("a job ends, its argument is dropped %d times", work->drops);
    }
}

static void begin_either(void)
{
    if (is_open)
        begin_open(schedule_number(1), SIZE_MAX);
    else
        begin(schedule_number(1));
}

static void queue_jobs(bool takes_them_back)
{
    static const char *const names[JOBS] = {"thread 1", "thread 2", "thread 3", "thread 4"};
    int threads[JOBS];
    takes_back = takes_them_back;
    begin_either();
    for (int i = 0; i < jobs; i++)
        threads[i] = schedule_start(names[i], submit, &works[i]);
    for (int i = 0; i < jobs; i++)
        schedule_join(threads[i]);
    if (hence_executor_shutdown(executor, false, -1) != 0)
        schedule_fail("shutting down fails");
    check_works();
    hence_executor_unref(executor);
}

static void queue(void *unused)
{
    (void)unused;
    is_open = false;
    queue_jobs(false);
}

static void queue_open(void *unused)
{
    (void)unused;
    is_open = true;
    queue_jobs(false);
}

static void take_back(void *unused)
{
    (void)unused;
    is_open = false;
    queue_jobs(true);
}

static void take_back_open(void *unused)
{
    (void)unused;
    is_open = true;
    queue_jobs(true);
}

/* The threads end by themselves, without being waited for. */
static void leave(void *unused)
{
    (void)unused;
    takes_back = false;
    begin(schedule_number(1));
    for (int i = 0; i < jobs; i++)
        submit(&works[i]);
    hence_executor_unref(executor);
}

static void shut_down(void *unused)
{
    (void)unused;
    int error = hence_executor_shutdown(executor, drops_queued, -1);
    if (error)
        schedule_fail("shutting down fails with %d", error);
}

/* Another thread shuts it down, and waits, while jobs are queued. */
static void end_meanwhile(bool drops)
{
    drops_queued = drops;
    begin_either();
    const int thread = schedule_start("the end", shut_down, NULL);
    for (int i = 0; i < jobs; i++)
        works[i].refusals = hence_executor_queue(executor, &works[i].job, false) != 0;
    schedule_join(thread);
    check_works();
    hence_executor_unref(executor);
}

static void end_early(void *unused)
{
    (void)unused;
    is_open = false;
    end_meanwhile(false);
}

static void end_early_open(void *unused)
{
    (void)unused;
    is_open = true;
    end_meanwhile(false);
}

static void drop_early(void *unused)
{
    (void)unused;
    is_open = false;
    end_meanwhile(true);
}

static void drop_early_open(void *unused)
{
    (void)unused;
    is_open = true;
    end_meanwhile(true);
}

static void take_back_two(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++)
        works[i].given_back = hence_executor_unqueue(executor, &works[i].job);
}

/* There is room for one job behind those that run. */
static void line(void *unused)
{
    (void)unused;
    begin(schedule_number(1));
    executor->max_queued = 1;
    let_in = -1;
    for (int i = 0; i < jobs; i++)
        if (hence_executor_queue(executor, &works[i].job, true) < 0)
            schedule_fail("a job may not stand in line");
    const int thread = schedule_start("thread 1", take_back_two, NULL);
    if (hence_executor_shutdown(executor, false, -1) != 0)
        schedule_fail("shutting down fails");
    schedule_join(thread);
    check_works();
    for (int i = 0; i < jobs; i++)
        if (works[i].left_line != 1)
            schedule_fail("a job leaves the line %d times", works[i].left_line);
    hence_executor_unref(executor);
}

/* The same place; who comes when it is taken is refused. */
static void room(void *unused)
{
    (void)unused;
    begin_open(schedule_number(1), 1);
    for (int i = 0; i < jobs; i++) {
        works[i].refusals = hence_executor_queue(executor, &works[i].job, false) != 0;
        schedule_mutex_lock(&executor->mutex);
        if (hence_executor_queued(executor) > executor->idle + executor->max_queued)
            schedule_fail("a job waits for which there is no room");
        schedule_mutex_unlock(&executor->mutex);
    }
    hence_executor_shutdown(executor, false, -1);
    check_works();
    hence_executor_unref(executor);
}

/* The first job comes before it is shut down, the others afterwards. */
static void refuse(void *unused)
{
    (void)unused;
    begin_open(schedule_number(1), SIZE_MAX);
    for (int i = 0; i < jobs; i++) {
        works[i].refusals = hence_executor_queue(executor, &works[i].job, false) == -ESHUTDOWN;
        if (works[i].refusals != (i > 0))
            schedule_fail("a job is refused before it is shut down, or is not afterwards");
        hence_executor_shutdown(executor, false, 0);
    }
    hence_executor_shutdown(executor, false, -1);
    check_works();
    hence_executor_unref(executor);
}

/* The thread ends in the first job: nobody overtakes those that stand in line for the next one. */
static void line_dies(void *unused)
{
    (void)unused;
    begin(schedule_number(1));
    executor->max_queued = 1;
    let_in = -1;
    works[0].dies = true;
    for (int i = 0; i < jobs; i++)
        if (hence_executor_queue(executor, &works[i].job, true) < 0)
            schedule_fail("a job may not stand in line");
    if (hence_executor_shutdown(executor, false, -1) != 0)
        schedule_fail("shutting down fails");
    check_works();
    hence_executor_unref(executor);
}

/* Two jobs that wait for each other, once the threads may sleep already. */
static void together(void *unused)
{
    (void)unused;
    begin(schedule_number(1));
    for (int i = 0; i < jobs; i++) {
        works[i].other = &works[i ^ 1];
        works[i].refusals = hence_executor_queue(executor, &works[i].job, false) != 0;
    }
    for (int i = 0; i < jobs; i++)
        wait_for(&works[i]); /* shutting down wakes all threads */
    hence_executor_shutdown(executor, false, -1);
    check_works();
    hence_executor_unref(executor);
}

/* Two jobs that wait for each other again. One comes into the inbox; the other comes into the queue, since another is
 * taken back or since it may stand in line. */
static void meet_open(bool takes_one_back, bool stands_in_line)
{
    let_in = -1;
    begin_open(schedule_number(1), SIZE_MAX);
    works[1].other = &works[2];
    works[2].other = &works[1];
    works[0].refusals = hence_executor_queue(executor, &works[0].job, false) != 0;
    works[1].refusals = hence_executor_queue(executor, &works[1].job, stands_in_line) != 0;
    if (takes_one_back)
        works[0].given_back = hence_executor_unqueue(executor, &works[0].job);
    works[2].refusals = hence_executor_queue(executor, &works[2].job, false) != 0;
    wait_for(&works[1]);
    wait_for(&works[2]);
    hence_executor_shutdown(executor, false, -1);
    check_works();
    hence_executor_unref(executor);
}

static void meet_in_inbox(void *unused)
{
    (void)unused;
    meet_open(true, false);
}

static void meet_late(void *unused)
{
    (void)unused;
    meet_open(false, false);
}

static void meet_in_line(void *unused)
{
    (void)unused;
    meet_open(true, true);
}

/* The first job's thread ends in it. */
static void die(void *unused)
{
    (void)unused;
    begin(schedule_number(1));
    works[0].dies = true;
    for (int i = 0; i < jobs; i++)
        works[i].refusals = hence_executor_queue(executor, &works[i].job, false) != 0;
    hence_executor_shutdown(executor, false, -1);
    check_works();
    hence_executor_unref(executor);
}

/* The same, and no thread can be had but the first ones. */
static void die_alone(void *unused)
{
    (void)unused;
    begin(schedule_number(1));
    schedule_allow_workers(schedule_number(1));
    works[0].dies = true;
    for (int i = 0; i < jobs; i++) {
        int error = hence_executor_queue(executor, &works[i].job, false);
        works[i].refusals = error != 0;
        if (error && error != -ENOMEM)
            schedule_fail("queueing fails with %d", error);
    }
    hence_executor_shutdown(executor, false, -1);
    check_works();
    hence_executor_unref(executor);
}

/* ---- results that come back into a loop ---- */

static hence_loop *loop;
static hence_future *futures[JOBS];
static int told;

static void say_nothing(const hence_report *report, void *arg)
{
    (void)report; /* of failures that nobody looked at */
    (void)arg;
}

static void tell(hence_future *f, void *arg)
{
    (void)arg;
    hence_drop(hence_future_result(f));
    if (++told == jobs)
        hence_loop_stop(loop);
}

static void begin_loop(void)
{
    begin(schedule_number(1));
    hence_set_report_handler(say_nothing, NULL);
    told = 0;
    loop = hence_loop_new(NULL);
    schedule_name(&loop->door.posted, "the posts");
    for (int i = 0; i < jobs; i++) {
        futures[i] = hence_run_in_executor(loop, executor, run, &works[i], drop);
        hence_future_add_done_callback(futures[i], tell, NULL);
    }
}

static void end_loop(void)
{
    hence_loop_free(loop);
    for (int i = 0; i < jobs; i++) {
        if (!hence_future_done(futures[i]))
            schedule_fail("a Future is not done when its loop is gone");
        hence_future_unref(futures[i]);
    }
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
    for (int i = 0; i < jobs; i++)
        if (works[i].runs > 1 || works[i].drops != 1)
            schedule_fail("a job runs %d times, its argument is dropped %d times", works[i].runs,
                          works[i].drops);
}

static void results(void *unused)
{
    (void)unused;
    begin_loop();
    hence_loop_run_forever(loop);
    for (int i = 0; i < jobs; i++)
        if (works[i].runs != 1)
            schedule_fail("a job runs %d times", works[i].runs);
    end_loop();
}

/* The last job is cancelled: it waits, it runs, or it has ended. */
static void cancel(void *unused)
{
    (void)unused;
    begin_loop();
    hence_future_cancel(futures[jobs - 1]);
    hence_loop_run_forever(loop);
    end_loop();
}

static void close_early(void *unused)
{
    (void)unused;
    begin_loop();
    end_loop();
}

static const char queue_does[] =
    "%d threads queue a job each, %d workers that look %d times before they sleep";
static const char take_back_does[] =
    "%d threads queue a job each and take it back, %d workers that look %d times before they sleep";
static const char leave_does[] =
    "%d jobs, %d workers that look %d times before they sleep, nobody waits for them";
static const char shutdown_does[] =
    "%d jobs, %d workers that look %d times before they sleep, shut down meanwhile";
static const char drop_does[] =
    "%d jobs, %d workers that look %d times before they sleep, shut down and dropped meanwhile";
static const char line_does[] = "%d jobs in line for one place, %d workers that look %d times "
                                "before they sleep, two are taken back";
static const char room_does[] =
    "%d jobs, room for one, %d workers that look %d times before they sleep";
static const char refuse_does[] =
    "%d jobs, all but one after shutting down, %d workers that look %d times before they sleep";
static const char line_dies_does[] = "%d jobs in line for one place, %d workers that look %d times "
                                     "before they sleep, one ends in a job";
static const char die_does[] =
    "%d jobs, %d workers that look %d times before they sleep, one ends in a job";
static const char die_alone_does[] =
    "%d jobs, %d workers that look %d times before they sleep, one "
    "ends in a job, and no other can be had";
static const char together_does[] =
    "%d jobs, two wait for each other, %d workers that look %d times before they sleep";
static const char queue_open_does[] = "%d threads queue a job each through the inbox, %d workers "
                                      "that look %d times before they sleep";
static const char take_back_open_does[] =
    "%d threads queue a job each through the inbox and take it back, %d workers that look %d times "
    "before they sleep";
static const char shutdown_open_does[] = "%d jobs through the inbox, %d workers that look %d times "
                                         "before they sleep, shut down meanwhile";
static const char drop_open_does[] = "%d jobs through the inbox, %d workers that look %d times "
                                     "before they sleep, shut down and dropped meanwhile";
static const char inbox_does[] = "%d jobs, one is taken back, two wait for each other, %d workers "
                                 "that look %d times before they sleep";
static const char inbox_late_does[] =
    "%d jobs through the inbox, two wait for each other, %d workers that look %d times before they "
    "sleep";
static const char inbox_line_does[] =
    "%d jobs, one is taken back, two wait for each other, one may stand in line, %d workers that "
    "look %d times before they sleep";
static const char results_does[] =
    "%d jobs for a loop, %d workers that look %d times before they sleep";
static const char cancel_does[] =
    "%d jobs for a loop, %d workers that look %d times before they sleep, one is cancelled";
static const char close_does[] =
    "%d jobs for a loop that is freed, %d workers that look %d times before they sleep";

static const struct schedule_scenario scenarios[] = {
    /* the cheap ones first */
    {"inbox", queue_open, queue_open_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"inbox", take_back_open, take_back_open_does, {2, 1, 0}, 0, UNBOUNDED, false, 0},
    {"inbox", end_early_open, shutdown_open_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"inbox", drop_early_open, drop_open_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"refuse", refuse, refuse_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"room", room, room_does, {3, 1, 1}, 0, UNBOUNDED, false, 0},
    {"die", die, die_does, {2, 1, 1}, 1, UNBOUNDED, false, 0},
    {"die", die, die_does, {3, 2, 1}, 0, UNBOUNDED, false, 0},
    {"together", together, together_does, {4, 2, 0}, 0, UNBOUNDED, false, 0},
    {"inbox", meet_in_inbox, inbox_does, {3, 2, 1}, 0, 1, false, 0},
    {"inbox", meet_in_line, inbox_line_does, {3, 2, 1}, 0, 1, false, 0},
    {"line", line_dies, line_dies_does, {4, 1, 1}, 0, UNBOUNDED, false, 0},
    {"alone", die_alone, die_alone_does, {3, 1, 1}, 1, UNBOUNDED, false, 0},
    {"alone", die_alone, die_alone_does, {3, 2, 1}, 0, UNBOUNDED, false, 0},
    {"results", results, results_does, {2, 1, 1}, 1, UNBOUNDED, false, 0},
    {"queue", queue, queue_does, {2, 2, 1}, 1, UNBOUNDED, false, 0},
    {"shutdown", end_early, shutdown_does, {2, 2, 1}, 1, UNBOUNDED, false, 0},
    {"drop", drop_early, drop_does, {2, 2, 1}, 1, UNBOUNDED, false, 0},
    {"line", line, line_does, {4, 2, 1}, 0, 1, false, 0},
    {"close", close_early, close_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"take-back", take_back, take_back_does, {2, 2, 1}, 0, UNBOUNDED, false, 0},
    {"take-back", take_back, take_back_does, {2, 2, 0}, 1, UNBOUNDED, false, 0},
    {"line", line, line_does, {4, 1, 1}, 0, UNBOUNDED, false, 0},
    {"leave", leave, leave_does, {3, 2, 1}, 0, UNBOUNDED, false, 0},
    {"cancel", cancel, cancel_does, {2, 1, 1}, 1, UNBOUNDED, false, 0},
    {"shutdown", end_early, shutdown_does, {3, 2, 1}, 0, UNBOUNDED, false, 0},
    {"results", results, results_does, {2, 2, 1}, 0, UNBOUNDED, false, 0},
    {"queue", queue, queue_does, {3, 2, 0}, 0, UNBOUNDED, false, 0},
    {"drop", drop_early, drop_does, {3, 2, 0}, 0, UNBOUNDED, false, 0},
    {"meet", meet_late, inbox_late_does, {3, 2, 0}, 0, UNBOUNDED, false, 0},
    {"queue", queue, queue_does, {3, 2, 1}, 0, UNBOUNDED, true, 0},
    {"together", together, together_does, {4, 2, 1}, 0, UNBOUNDED, true, 0},
    {"drop", drop_early, drop_does, {3, 2, 1}, 0, UNBOUNDED, true, 0},
    {"take-back", take_back, take_back_does, {2, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"take-back", take_back, take_back_does, {3, 2, 1}, 0, UNBOUNDED, true, 1000000},
    {"queue", queue, queue_does, {3, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"inbox", meet_in_inbox, inbox_does, {3, 2, 0}, 0, UNBOUNDED, true, 0},
    {"inbox", meet_in_line, inbox_line_does, {3, 2, 0}, 0, UNBOUNDED, true, 0},
    {"shutdown", end_early, shutdown_does, {3, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"shutdown", end_early, shutdown_does, {4, 2, 1}, 0, UNBOUNDED, true, 1000000},
    {"drop", drop_early, drop_does, {3, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"line", line, line_does, {4, 1, 1}, 1, UNBOUNDED, true, 1000000},
    {"line", line, line_does, {4, 2, 1}, 0, UNBOUNDED, true, 1000000},
    {"die", die, die_does, {3, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"results", results, results_does, {2, 2, 1}, 1, UNBOUNDED, true, 500000},
    {"cancel", cancel, cancel_does, {2, 2, 1}, 0, UNBOUNDED, true, 500000},
    {"close", close_early, close_does, {2, 2, 1}, 0, UNBOUNDED, true, 500000},
    {.name = NULL},
};

int main(int argc, char **argv)
{
    return schedule_main(argc, argv, scenarios);
}
