/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Functions that block, on threads of their own: the loop goes on meanwhile, and five naps on five threads take
 * as long as one.
 *
 *     cc 61_executor.c $(pkg-config --cflags --libs hence) && ./a.out
 *     five naps at once: true
 *     6 squared is 36
 *     7 squared is 49
 *     squares: 0 1 4 9 16
 *     the loop's own threads: 64
 *     cancelled, and the job has noticed: true
 */
/* real time */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define JOBS 5

static hence_executor *make_executor(void);
static void end_executor(hence_executor *executor);
static void nap_five_times(hence_loop *loop, hence_executor *executor);
static void print_square(hence_loop *loop, hence_executor *executor);
static void print_square_deferred(hence_loop *loop, hence_executor *executor);
static void print_squares(hence_loop *loop, hence_executor *executor);
static void use_default(hence_loop *loop);
static void cancel_one(hence_loop *loop, hence_executor *executor);

static int numbers[] = {0, 1, 2, 3, 4, 6, 7, 8};
static atomic_bool has_begun, has_noticed;

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_executor *executor = make_executor();
    if (!loop || !executor)
        return EXIT_FAILURE;

    nap_five_times(loop, executor);
    print_square(loop, executor);
    print_square_deferred(loop, executor);
    print_squares(loop, executor);
    use_default(loop);
    cancel_one(loop, executor);

    end_executor(executor);
    printf("cancelled, and the job has noticed: %s\n", has_noticed ? "true" : "false");
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [executor]
static hence_executor *make_executor(void)
{
    const hence_executor_options options = {.max_workers = JOBS, .name = "squares"};
    return hence_executor_new(&options);
}

static void end_executor(hence_executor *executor)
{
    hence_executor_shutdown(executor, true,
                            -1); /* what waits is dropped, what runs comes to its end */
    hence_executor_unref(executor);
}
//! [executor]

static hence_result nap(void *arg)
{
    (void)arg;
    usleep(100000);
    return hence_none();
}

static void nap_five_times(hence_loop *loop, hence_executor *executor)
{
    void *none[JOBS] = {NULL};
    int64_t begun = hence_loop_time(loop);
    hence_future *all = hence_executor_map(loop, executor, nap, none, JOBS);
    hence_drop(hence_loop_run_until_complete(loop, all));
    hence_future_unref(all);
    bool at_once = hence_loop_time(loop) - begun < JOBS * HENCE_MS(100);
    printf("five naps at once: %s\n", at_once ? "true" : "false");
}

//! [run]
static hence_result square(void *arg)
{
    const int *x = arg;
    return hence_int((int64_t)*x * *x); /* hours of work */
}

static void print_square(hence_loop *loop, hence_executor *executor)
{
    hence_future *f = hence_run_in_executor(loop, executor, square, &numbers[5], NULL);
    hence_result r = hence_loop_run_until_complete(loop, f);
    if (hence_is_int(&r))
        printf("6 squared is %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_future_unref(f);
}
//! [run]

//! [defer]
static hence_result print_it(hence_result *in, void *arg)
{
    (void)arg;
    printf("7 squared is %" PRId64 "\n", hence_as_int(in));
    return hence_none();
}

static void print_square_deferred(hence_loop *loop, hence_executor *executor)
{
    hence_deferred *d = hence_defer_to_thread(loop, executor, square, &numbers[6], NULL);
    hence_deferred_add_callback(d, print_it, NULL); /* back on the loop's thread */
    hence_drop(hence_loop_run_until_complete_deferred(loop, d));
}
//! [defer]

//! [map]
static void print_squares(hence_loop *loop, hence_executor *executor)
{
    void *args[JOBS];
    for (size_t i = 0; i < JOBS; i++)
        args[i] = &numbers[i];
    hence_future *all = hence_executor_map(loop, executor, square, args, JOBS);
    hence_result squares = hence_loop_run_until_complete(loop, all);
    printf("squares:");
    for (size_t i = 0; i < hence_list_size(hence_as_list(&squares)); i++)
        printf(" %" PRId64, hence_as_int(hence_list_at(hence_as_list(&squares), i)));
    puts("");
    hence_drop(squares);
    hence_future_unref(all);
}
//! [map]

//! [default]
static void use_default(hence_loop *loop)
{
    hence_executor *own = hence_executor_default(loop); /* NULL instead of it means the same */
    hence_future *f = hence_run_in_executor(loop, own, square, &numbers[7], NULL);
    hence_result r = hence_loop_run_until_complete(loop, f);
    printf("the loop's own threads: %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_future_unref(f);
}
//! [default]

//! [cancelled]
static hence_result work_until_cancelled(void *arg)
{
    (void)arg;
    has_begun = true;
    while (!hence_job_is_cancelled())
        usleep(1000);
    has_noticed = true;
    return hence_none();
}

static void cancel_one(hence_loop *loop, hence_executor *executor)
{
    hence_future *f = hence_run_in_executor(loop, executor, work_until_cancelled, NULL, NULL);
    while (!has_begun)
        usleep(1000);
    hence_future_cancel(f);
    hence_future_unref(f);
}
//! [cancelled]
