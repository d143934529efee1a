/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Small tasks, and a slow function that blocks. Called in the loop it stops them all; on a thread of the executor
 * they go on meanwhile.
 *
 *     cc 68_async_executor.c $(pkg-config --cflags --libs hence) && ./a.out
 *     task: 1 run
 *     task: 2 run
 *     task: 3 run
 *     task: 4 run
 *     running the slow task - blocking!
 *     slow task complete
 *     slow function done: result 0.3
 *     the small tasks went on meanwhile: no
 *     task: 1 run
 *     task: 2 run
 *     task: 3 run
 *     task: 4 run
 *     running the slow task - on a thread
 *     slow task complete
 *     slow function done: result 0.3
 *     the small tasks went on meanwhile: yes
 *
 * With an argument, the number of seconds that the slow function takes, each run of a small task is printed.
 */
/* real time */
#include <hence/hence.h>

#include <stdlib.h>
#include <unistd.h>

#define TASKS 4

static void run_both(hence_loop *loop);

static double duration = 0.3; /* seconds */
static bool prints_all;

int main(int argc, char **argv)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    if (argc > 1) {
        duration = strtod(argv[1], NULL);
        prints_all = true;
    }
    run_both(loop);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

/* ---- small tasks ---- */

static struct small_task {
    hence_loop *loop;
    int number;
    int runs;
    hence_call next;
} tasks[TASKS];

static int runs; /* of all of them */

static void run_small_task(void *arg)
{
    struct small_task *task = arg;
    runs++;
    if (task->runs++ == 0 || prints_all)
        printf("task: %d run\n", task->number);
    /* a pause of a random time between 0 and a tenth of the slow one */
    double pause = duration / 10 * rand() / RAND_MAX;
    hence_call_later(task->loop, HENCE_SECONDS(pause), run_small_task, task, &task->next);
}

static void begin_small_tasks(hence_loop *loop)
{
    for (int i = 0; i < TASKS; i++) {
        tasks[i] = (struct small_task){.loop = loop, .number = i + 1};
        hence_call_soon(loop, run_small_task, &tasks[i], &tasks[i].next);
    }
}

static void end_small_tasks(void)
{
    for (int i = 0; i < TASKS; i++)
        hence_call_cancel(tasks[i].loop, tasks[i].next);
}

/* ---- the slow one ---- */

static hence_result slow_function(void *arg)
{
    (void)arg;
    usleep((useconds_t)(duration * 1e6));
    puts("slow task complete");
    return hence_real(duration);
}

static int runs_before;

static hence_future *slow_task_blocking(hence_loop *loop)
{
    puts("running the slow task - blocking!");
    runs_before = runs;
    return hence_future_succeed(loop, slow_function(NULL)); /* the loop waits here */
}

static hence_future *slow_task_on_a_thread(hence_loop *loop)
{
    puts("running the slow task - on a thread");
    runs_before = runs;
    return hence_run_in_executor(loop, NULL, slow_function, NULL, NULL);
}

struct slow_task {
    hence_loop *loop;
    hence_future *(*begin)(hence_loop *loop);
};

static hence_future *slow; /* what it is at */

static void slow_task_done(hence_future *f, void *arg)
{
    hence_result r = hence_future_result(f);
    (void)arg;
    printf("slow function done: result %.1f\n", hence_as_real(&r));
    printf("the small tasks went on meanwhile: %s\n", runs - runs_before > TASKS ? "yes" : "no");
    hence_drop(r);
    hence_loop_stop(hence_future_loop(f));
}

static void run_slow_task(void *arg)
{
    const struct slow_task *task = arg;
    slow = task->begin(task->loop);
    if (hence_future_add_done_callback(slow, slow_task_done, NULL) < 0)
        hence_loop_stop(task->loop);
}

static void run_one(hence_loop *loop, hence_future *(*begin)(hence_loop *loop))
{
    struct slow_task task = {loop, begin};
    begin_small_tasks(loop);
    hence_call_soon(loop, run_slow_task, &task, NULL);
    hence_loop_run_forever(loop);
    hence_future_unref(slow);
    end_small_tasks();
}

static void run_both(hence_loop *loop)
{
    run_one(loop, slow_task_blocking);
    run_one(loop, slow_task_on_a_thread);
    hence_executor_shutdown(hence_executor_default(loop), false, -1);
}
