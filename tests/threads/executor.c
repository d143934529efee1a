/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads resolve promises of one loop; and loops share one executor, cancel jobs at random, and close with
 * jobs in every state: each result and each argument is destroyed exactly once. */
#include <sched.h>

#include "support/random.h"
#include "threads/threads.h"

#define PRODUCERS 8
#define PROMISES  20000

#define LOOPS  4
#define ROUNDS 30
#define JOBS   100

static void say_nothing(const hence_report *report, void *arg)
{
    (void)report; /* of failures that nobody looked at: there are many */
    (void)arg;
}

/* ---- promises ---- */

static hence_threadsafe_promise *promises[PROMISES];
static atomic_int next_promise, too_late;
static atomic_bool may_go_on; /* with the second half: then the loop is about to close */
static int told, sum_of_told, told_at_most; /* the loop's thread only */

static void *resolve_all(void *arg)
{
    (void)arg;
    for (int i; (i = atomic_fetch_add(&next_promise, 1)) < PROMISES;) {
        while (i >= PROMISES / 2 && !atomic_load(&may_go_on))
            sched_yield();
        if (i % 16) {
            int error = hence_threadsafe_resolve(promises[i], hence_int(1));
            check(error == 0 || error == -ESHUTDOWN);
            atomic_fetch_add(&too_late, error != 0);
        } else {
            hence_threadsafe_abandon(promises[i]);
        }
    }
    return NULL;
}

static void tell(hence_future *f, void *arg)
{
    hence_result r = hence_future_result(f);
    told++;
    if (hence_is_int(&r))
        sum_of_told += (int)hence_as_int(&r);
    hence_drop(r);
    if (told == told_at_most) {
        atomic_store(&may_go_on, true);
        hence_loop_stop(arg);
    }
}

/* The loop closes when it has been told of so many. */
static void resolve_from_everywhere(int enough)
{
    pthread_t threads[PRODUCERS];
    hence_loop *loop = hence_loop_new(NULL);
    check(loop);
    atomic_store(&next_promise, 0);
    atomic_store(&may_go_on, enough == PROMISES);
    told = sum_of_told = 0;
    told_at_most = enough;
    for (int i = 0; i < PROMISES; i++) {
        hence_promise *p;
        hence_future *f = hence_future_new(loop, &p);
        promises[i] = hence_threadsafe_promise_new(loop, p);
        check(promises[i] && hence_future_add_done_callback(f, tell, loop) == 0);
        hence_future_unref(f);
    }
    for (int i = 0; i < PRODUCERS; i++)
        threads[i] = start(resolve_all, NULL);
    check(hence_loop_run_forever(loop) == 0);
    hence_loop_free(loop); /* the other threads may still be at it */
    for (int i = 0; i < PRODUCERS; i++)
        join(threads[i]);
    check(told >= enough && (enough < PROMISES || sum_of_told == PROMISES - PROMISES / 16));
}

/* ---- jobs ---- */

static hence_executor *executor;
static atomic_int jobs_begun, results_made, results_destroyed, arguments_destroyed;

struct job {
    unsigned number;
    int destroyed;
};

static void destroy_result(void *result)
{
    free(result);
    atomic_fetch_add(&results_destroyed, 1);
}

static void destroy_job(void *arg)
{
    struct job *job = arg;
    check(job->destroyed++ == 0);
    free(job);
    atomic_fetch_add(&arguments_destroyed, 1);
}

static hence_result work(void *arg)
{
    const struct job *job = arg;
    atomic_fetch_add(&jobs_begun, 1);
    for (unsigned i = 0; i < job->number % 64 && !hence_job_is_cancelled(); i++)
        sched_yield();
    if (job->number % 97 == 0)
        pthread_exit(NULL);
    void *result = malloc(1);
    check(result);
    atomic_fetch_add(&results_made, 1);
    return hence_own(result, destroy_result);
}

static void stop(void *loop)
{
    hence_loop_stop(loop);
}

static void one_loop(unsigned *state)
{
    hence_future *futures[JOBS];
    hence_loop *loop = hence_loop_new(NULL);
    check(loop);
    for (int i = 0; i < JOBS; i++) {
        struct job *job = calloc(1, sizeof *job);
        check(job);
        job->number = next_random(state);
        futures[i] = hence_run_in_executor(loop, executor, work, job, destroy_job);
        check(futures[i]);
        if (next_random(state) % 4 == 0)
            hence_future_cancel(futures[next_random(state) % (unsigned)(i + 1)]);
    }
    if (next_random(state) % 2) { /* some of them end */
        hence_call_later(loop, (int64_t)(next_random(state) % 2000000), stop, loop, NULL);
        check(hence_loop_run_forever(loop) == 0);
    }
    if (next_random(state) % 4 == 0) { /* all of them */
        for (int i = 0; i < JOBS; i++)
            hence_drop(hence_loop_run_until_complete(loop, futures[i]));
    }
    bool early = next_random(state) % 2;
    if (early)
        check(hence_loop_close(loop) == 0);
    for (int i = 0; i < JOBS; i++) {
        check(!early || hence_future_done(futures[i]));
        hence_future_unref(futures[i]);
    }
    hence_loop_free(loop);
}

/* ---- an executor whose inbox is open ---- */

#define SUBMITTERS      6
#define SUBMITTED       2000
#define OPEN_WORKERS    3
#define OPEN_ROUNDS     4
#define AT_ONCE         8
#define BARRIER_TIMEOUT (INT64_C(60) * 1000000000)

static atomic_int begun_together, small_begun, small_dropped, small_ended, small_refused;

static hence_result come_together(void *arg)
{
    (void)arg;
    atomic_fetch_add(&begun_together, 1);
    while (atomic_load(&begun_together) < OPEN_WORKERS)
        sched_yield();
    return hence_none();
}

/* All threads are there afterwards. */
static void open_inbox(void)
{
    hence_concurrent_future *f[OPEN_WORKERS];
    atomic_store(&begun_together, 0);
    for (int i = 0; i < OPEN_WORKERS; i++)
        check((f[i] = hence_executor_submit(executor, come_together, NULL, NULL)));
    for (int i = 0; i < OPEN_WORKERS; i++) {
        hence_result r = hence_concurrent_future_result(f[i], BARRIER_TIMEOUT);
        check(hence_is_value(&r));
        hence_drop(r);
        hence_concurrent_future_unref(f[i]);
    }
}

static hence_result small_work(void *arg)
{
    const unsigned number = *(unsigned *)arg;
    atomic_fetch_add(&small_begun, 1);
    if (number % 1009 == 0)
        pthread_exit(NULL);
    if (number % 31 == 0)
        sched_yield();
    return hence_int(1);
}

static void drop_small(void *arg)
{
    free(arg);
    atomic_fetch_add(&small_dropped, 1);
}

/* Waits for some, cancels some, lets go of some before they end. The executor may be shut down at any time. */
static void *submit_many(void *arg)
{
    hence_concurrent_future *futures[AT_ONCE] = {NULL};
    unsigned state = 362436069u + (unsigned)(intptr_t)arg * 7919u;
    hence_set_report_handler(say_nothing, NULL);
    for (int i = 0; i < SUBMITTED; i++) {
        hence_concurrent_future **f = &futures[i % AT_ONCE];
        unsigned *number = malloc(sizeof *number);
        check(number);
        *number = next_random(&state);
        const unsigned what = next_random(&state) % 8;
        if (what < 2)
            hence_concurrent_future_cancel(*f);
        if (what < 4 && *f) {
            hence_result r = hence_concurrent_future_result(*f, -1);
            atomic_fetch_add(&small_refused,
                             hence_is_failure_of(&r, &hence_domain_hence, HENCE_ESHUTDOWN));
            hence_drop(r);
            atomic_fetch_add(&small_ended, 1);
        }
        hence_concurrent_future_unref(*f);
        *f = hence_executor_submit(executor, small_work, number, drop_small);
        check(*f);
    }
    for (int i = 0; i < AT_ONCE; i++)
        hence_concurrent_future_unref(futures[i]);
    hence_executor_unref(executor);
    return NULL;
}

static void submit_through_inbox(int round)
{
    pthread_t threads[SUBMITTERS];
    const hence_executor_options options = {.max_workers = OPEN_WORKERS, .name = "open"};
    executor = hence_executor_new(&options);
    check(executor);
    const int dropped = atomic_load(&small_dropped);
    open_inbox();
    for (intptr_t i = 0; i < SUBMITTERS; i++) {
        hence_executor_ref(executor);
        threads[i] = start(submit_many, (void *)(i + round * SUBMITTERS)); /* NOLINT: a number */
    }
    if (round % 4) { /* in their midst: waiting, or dropping what waits */
        while (atomic_load(&small_dropped) < dropped + SUBMITTERS * SUBMITTED / 2)
            sched_yield();
        check(hence_executor_shutdown(executor, round % 2, -1) == 0);
    }
    for (int i = 0; i < SUBMITTERS; i++)
        join(threads[i]);
    check(hence_executor_shutdown(executor, false, -1) == 0);
    hence_executor_unref(executor);
    check(small_dropped == dropped + SUBMITTERS * SUBMITTED);
}

/* ---- calls that wait ---- */

static hence_loop *asked; /* each caller has a reference */
static atomic_int calls_made, calls_answered, calls_late;

static hence_result answer(void *arg)
{
    hence_loop *loop = arg;
    int n = atomic_fetch_add(&calls_made, 1);
    if (n % 1000 == 999)
        hence_loop_stop(loop);
    return n % 3 ? hence_int(n) : hence_chain(hence_sleep(loop, n % 100 * 1000));
}

static void *ask(void *arg)
{
    unsigned state = 88172645u + (unsigned)(intptr_t)arg * 7919u;
    for (bool is_closed = false; !is_closed;) {
        int64_t timeout = next_random(&state) % 2 ? -1 : (int64_t)(next_random(&state) % 100000);
        hence_result r = hence_blocking_call_from_thread(asked, answer, asked, timeout);
        is_closed = hence_is_failure_of(&r, &hence_domain_hence, HENCE_ECLOSED);
        bool is_late = hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT);
        check(is_closed || is_late || hence_is_value(&r));
        atomic_fetch_add(is_late ? &calls_late : &calls_answered, !is_closed);
        hence_drop(r);
    }
    hence_loop_unref(asked);
    return NULL;
}

static void ask_one_loop(void)
{
    pthread_t threads[LOOPS];
    hence_loop *loop = asked = hence_loop_new(NULL);
    check(loop);
    for (intptr_t i = 0; i < LOOPS; i++) {
        hence_loop_ref(loop);
        threads[i] = start(ask, (void *)i); /* NOLINT: a number */
    }
    check(hence_loop_run_forever(loop) == 0);
    hence_loop_free(loop);
    for (int i = 0; i < LOOPS; i++)
        join(threads[i]);
}

static void *run_loops(void *arg)
{
    hence_set_report_handler(say_nothing, NULL); /* it is this thread's */
    unsigned state = 2463534242u + (unsigned)(intptr_t)arg * 7919u;
    for (int i = 0; i < ROUNDS; i++)
        one_loop(&state);
    return NULL;
}

static void share_executor(void)
{
    pthread_t threads[LOOPS];
    const hence_executor_options options = {.max_workers = 6, .max_queued = 300, .name = "shared"};
    executor = hence_executor_new(&options);
    check(executor);
    for (intptr_t i = 0; i < LOOPS; i++)
        threads[i] = start(run_loops, (void *)i); /* NOLINT: a number */
    for (int i = 0; i < LOOPS; i++)
        join(threads[i]);
    check(hence_executor_shutdown(executor, false, -1) == 0);
    hence_executor_unref(executor);
    check(arguments_destroyed == LOOPS * ROUNDS * JOBS && results_made == results_destroyed);
}

int main(void)
{
    hence_set_report_handler(say_nothing, NULL);
    resolve_from_everywhere(PROMISES);
    resolve_from_everywhere(PROMISES / 10);
    resolve_from_everywhere(1);
    share_executor();
    for (int i = 0; i < OPEN_ROUNDS; i++)
        submit_through_inbox(i);
    for (int i = 0; i < 10; i++)
        ask_one_loop();
    check_ledger();
    printf("%d threads resolved 3 times %d promises, %d too late; %d loops with one executor: %d "
           "jobs, %d begun, %d "
           "results, "
           "each argument and each result was destroyed once\n",
           PRODUCERS, PROMISES, too_late, LOOPS * ROUNDS, LOOPS * ROUNDS * JOBS, jobs_begun,
           results_made);
    printf("%d jobs of %d threads through an open inbox: %d begun, %d waited for, of which %d were "
           "refused\n",
           small_dropped, SUBMITTERS, small_begun, small_ended, small_refused);
    printf("%d calls made from %d threads: %d answered, %d timed out\n", calls_made, LOOPS,
           calls_answered, calls_late);
    return 0;
}
