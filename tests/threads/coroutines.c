/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads with a loop each and coroutines in all of them, which sleep, wait for each other, use generators, block on other
 * threads, are cancelled at random, and are there when their loop closes. */
#include <sched.h>

#include "support/random.h"
#include "threads/threads.h"

#define LOOPS  2
#define ROUNDS 20
#define TASKS  50

struct loop_of_mine;

struct worker {
    struct loop_of_mine *mine;
    unsigned number;
};

struct loop_of_mine {
    hence_loop *loop;
    unsigned random;
    long ended, values, cancelled;
    struct worker workers[TASKS];
    hence_future *tasks[TASKS];
};

static atomic_long blocked;

static hence_result block(void *arg)
{
    for (unsigned n = next_random(&(unsigned){(unsigned)(uintptr_t)arg | 1}) % 64; n; n--)
        sched_yield();
    atomic_fetch_add(&blocked, 1);
    return hence_int(1);
}

static hence_result count(hence_generator *g, void *arg)
{
    const int *end = arg;
    for (int i = 0; i < *end; i++) {
        hence_result r = hence_co_yield();
        if (!hence_is_failure(&r))
            r = hence_yield(g, hence_int(i));
        if (hence_is_failure(&r))
            return r;
    }
    return hence_int(*end);
}

static hence_result use_generator(int n)
{
    hence_result r;
    hence_generator *g = hence_generator_new(count, &n);
    while (hence_generator_next(g, &r))
        hence_drop(r);
    hence_generator_unref(g);
    return r;
}

static hence_result wait_somehow(const struct worker *worker)
{
    struct loop_of_mine *mine = worker->mine;
    unsigned random = next_random(&mine->random);
    /* no circles: those through shields are not looked for */
    hence_future *other = worker->number ? mine->tasks[random / 8 % worker->number] : NULL;
    switch (random % 6) {
    case 0:
        return hence_co_sleep((int64_t)(random / 8 % 300000));
    case 1:
        return hence_co_yield();
    case 2:
        return hence_co_run_blocking(block, (void *)(uintptr_t)random); /* NOLINT: a number */
    case 3:
        return use_generator((int)(random / 8 % 5));
    case 4:
        return hence_await_deferred(hence_sleep(mine->loop, (int64_t)(random / 8 % 100000)));
    default:
        return other ? hence_await(hence_shield(other)) : hence_none();
    }
}

static hence_result work(void *arg)
{
    const struct worker *worker = arg;
    struct loop_of_mine *mine = worker->mine;
    hence_result r = hence_none();
    for (int i = 0; i < 5; i++) {
        hence_drop(r);
        r = wait_somehow(worker);
        if (hence_is_failure(&r) && next_random(&mine->random) % 2)
            break;
    }
    if (next_random(&mine->random) % 16 == 0)
        hence_future_cancel(mine->tasks[next_random(&mine->random) % TASKS]);
    return r;
}

static void end_one(hence_future *f, void *arg)
{
    struct loop_of_mine *mine = arg;
    hence_result r = hence_future_result(f);
    mine->values += hence_is_value(&r);
    mine->cancelled += hence_is_cancelled(&r);
    hence_drop(r);
    if (++mine->ended == TASKS)
        hence_loop_stop(mine->loop);
}

static void stop(void *loop)
{
    hence_loop_stop(loop);
}

static void one_loop(struct loop_of_mine *mine)
{
    mine->ended = 0;
    mine->loop = hence_loop_new(NULL);
    check(mine->loop);
    for (unsigned i = 0; i < TASKS; i++) {
        mine->workers[i] = (struct worker){mine, i};
        mine->tasks[i] = hence_spawn(mine->loop, work, &mine->workers[i]);
        check(hence_future_add_done_callback(mine->tasks[i], end_one, mine) == 0);
    }
    bool early = next_random(&mine->random) % 2;
    if (early)
        hence_call_later(mine->loop, (int64_t)(next_random(&mine->random) % 2000000), stop,
                         mine->loop, NULL);
    else
        hence_call_later(mine->loop, HENCE_SECONDS(20), stop, mine->loop, NULL);
    check(hence_loop_run_forever(mine->loop) == 0);
    check(early || mine->ended == TASKS);
    hence_executor *executor = hence_executor_ref(hence_executor_default(mine->loop));
    check(hence_loop_close(mine->loop) == 0);
    check(hence_all_tasks(mine->loop, NULL, 0) == 0);
    for (int i = 0; i < TASKS; i++) {
        check(hence_future_done(mine->tasks[i]));
        hence_future_unref(mine->tasks[i]);
    }
    hence_loop_free(mine->loop);
    check(hence_executor_shutdown(executor, false, -1) == 0); /* the loop does not wait for it */
    hence_executor_unref(executor);
}

static void say_nothing(const hence_report *report, void *arg)
{
    (void)report; /* of failures that nobody looked at */
    (void)arg;
}

static void *run_loops(void *arg)
{
    struct loop_of_mine *mine = arg;
    hence_set_report_handler(say_nothing, NULL);
    for (int i = 0; i < ROUNDS; i++)
        one_loop(mine);
    return NULL;
}

int main(void)
{
    pthread_t threads[LOOPS];
    static struct loop_of_mine mine[LOOPS];
    long values = 0, cancelled = 0;
    for (unsigned i = 0; i < LOOPS; i++) {
        mine[i].random = 88172645u + i * 7919u;
        threads[i] = start(run_loops, &mine[i]);
    }
    for (int i = 0; i < LOOPS; i++) {
        join(threads[i]);
        values += mine[i].values;
        cancelled += mine[i].cancelled;
    }
    check_ledger();
    printf("%d threads, %d loops, %d coroutines: %ld have given values, %ld were cancelled; %ld "
           "calls blocked\n",
           LOOPS, LOOPS * ROUNDS, LOOPS * ROUNDS * TASKS, values, cancelled, atomic_load(&blocked));
    return 0;
}
