/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Three factorials at once, each a Future: one Future for all of them, whose result has theirs in the order
 * of the inputs. And two that are asked for the same, of which the first to answer is enough; of that
 * nothing is printed, it only decides on the exit status.
 *
 *     cc 50_gather.c $(pkg-config --cflags --libs hence) && ./a.out
 *     Task A: Compute factorial(2)...
 *     Task B: Compute factorial(2)...
 *     Task C: Compute factorial(2)...
 *     Task A: factorial(2) = 2                                    (after a second)
 *     Task B: Compute factorial(3)...
 *     Task C: Compute factorial(3)...
 *     Task B: factorial(3) = 6                                    (after two seconds)
 *     Task C: Compute factorial(4)...
 *     Task C: factorial(4) = 24                                   (after three seconds)
 */
/* long: 4 s */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct task {
    hence_loop *loop;
    const char *name;
    int number;
    int factor;
    int64_t product;
};

static hence_future *compute_all(struct task *tasks);
static hence_future *ask_two(hence_loop *loop);
static hence_future *factorial(struct task *task);
static hence_result multiply(hence_result *in, void *arg);
static hence_future *ask(hence_loop *loop, double seconds);
static hence_result answer(hence_result *in, void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    struct task tasks[] = {{loop, "A", 2, 2, 1}, {loop, "B", 3, 2, 1}, {loop, "C", 4, 2, 1}};
    hence_future *all = compute_all(tasks);
    hence_result r = hence_loop_run_until_complete(loop, all);
    const hence_list *list = hence_as_list(&r); /* NULL, which has no size, if one has failed */
    bool ok = hence_list_size(list) == 3 && hence_as_int(hence_list_at(list, 2)) == 24;
    hence_drop(r);
    hence_future_unref(all);

    hence_future *first = ask_two(loop);
    r = hence_loop_run_until_complete(loop, first);
    const hence_winner *winner = hence_as_winner(&r); /* which it was, and its result */
    ok = ok && winner && winner->index == 1 && hence_as_int(&winner->result) == 24;
    hence_drop(r);
    hence_future_unref(first);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [gather]
static hence_future *compute_all(struct task *tasks)
{
    hence_future *futures[3];
    for (int i = 0; i < 3; i++)
        futures[i] = factorial(&tasks[i]); /* all of them begin now */

    hence_future *all = hence_gather(tasks->loop, futures, 3, 0);
    hence_future_unref_all(futures, 3); /* it has references of its own */
    return all;
}
//! [gather]

//! [factorial]
static hence_future *factorial(struct task *task)
{
    printf("Task %s: Compute factorial(%d)...\n", task->name, task->factor);
    hence_future *pause = hence_sleep_future(task->loop, HENCE_SECONDS(1));
    hence_future *product = hence_future_then(pause, multiply, NULL, task);
    hence_future_unref(pause);
    return product;
}

static hence_result multiply(hence_result *in, void *arg)
{
    struct task *task = arg;
    (void)in;
    task->product *= task->factor++;
    if (task->factor <= task->number)
        return hence_chain_future(factorial(task)); /* goes on when that is done */
    printf("Task %s: factorial(%d) = %" PRId64 "\n", task->name, task->number, task->product);
    return hence_int(task->product);
}
//! [factorial]

//! [race]
static hence_future *ask_two(hence_loop *loop)
{
    hence_future *answers[] = {ask(loop, 60), ask(loop, 1)};
    hence_future *first = hence_race_future(loop, answers, 2); /* the other one is cancelled then */
    hence_future_unref_all(answers, 2);
    return first;
}
//! [race]

static hence_future *ask(hence_loop *loop, double seconds)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(seconds));
    hence_deferred_add_callback(d, answer, NULL);
    return hence_deferred_as_future(loop, d);
}

static hence_result answer(hence_result *in, void *arg)
{
    (void)in;
    (void)arg;
    return hence_int(24);
}
