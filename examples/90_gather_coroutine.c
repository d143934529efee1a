/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The three factorials of 50_gather.c as coroutines: each is a loop, and all of them are one Future.
 *
 *     cc 90_gather_coroutine.c $(pkg-config --cflags --libs hence) && ./a.out
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
/* long: 3 s */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct task {
    const char *name;
    int number;
};

//! [factorial]
static hence_result factorial(void *arg)
{
    const struct task *task = arg;
    int64_t product = 1;
    for (int i = 2; i <= task->number; i++) {
        printf("Task %s: Compute factorial(%d)...\n", task->name, i);
        hence_result r = hence_co_sleep(HENCE_SECONDS(1));
        if (hence_is_failure(&r))
            return r;
        product *= i;
    }
    printf("Task %s: factorial(%d) = %" PRId64 "\n", task->name, task->number, product);
    return hence_int(product);
}
//! [factorial]

//! [gather]
static hence_future *compute_all(hence_loop *loop, struct task *tasks)
{
    hence_future *futures[3];
    for (int i = 0; i < 3; i++)
        futures[i] = hence_spawn(loop, factorial, &tasks[i]);
    hence_future *all = hence_gather(loop, futures, 3, 0);
    hence_future_unref_all(futures, 3);
    return all;
}
//! [gather]

int main(void)
{
    struct task tasks[] = {{"A", 2}, {"B", 3}, {"C", 4}};
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    hence_future *all = compute_all(loop, tasks);
    hence_result r = hence_loop_run_until_complete(loop, all);
    const hence_list *list = hence_as_list(&r);
    bool ok = hence_list_size(list) == 3 && hence_as_int(hence_list_at(list, 2)) == 24;
    hence_drop(r);
    hence_future_unref(all);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
