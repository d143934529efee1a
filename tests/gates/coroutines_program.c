/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A user's program with coroutines, for the gate "coroutines": they stop and go on at different depths, hold
 * text on their stacks meanwhile, round numbers in different ways, and are closed in the middle. Prints "ok".
 */
#include <fenv.h>
#include <hence/hence.h>
#include <stdio.h>
#include <string.h>

#define TASKS  100
#define ROUNDS 20

static int wrong;

/* Waits at this depth, and looks whether what stands on the stack is still the same. */
static int wait_at(int depth, int number)
{
    char text[64], expected[64];
    snprintf(text, sizeof text, "task %d at depth %d", number, depth);
    if (depth > 0)
        wrong += wait_at(depth - 1, number);
    else
        hence_co_yield();
    snprintf(expected, sizeof expected, "task %d at depth %d", number, depth);
    return strcmp(text, expected) != 0;
}

static hence_result count_up_to(hence_generator *g, void *arg)
{
    const int *end = (const int *)arg;
    for (int i = 0; i < *end; i++) {
        hence_result r = hence_yield(g, hence_int(i));
        if (hence_is_failure(&r))
            return r;
    }
    return hence_none();
}

static hence_result work(void *arg)
{
    int *number = (int *)arg;
    int64_t sum = 0;
    hence_result r;
    const int rounding = *number % 2 ? FE_UPWARD : FE_DOWNWARD;
    wrong += fegetround() != FE_TONEAREST;
    fesetround(rounding);
    for (int i = 0; i < ROUNDS; i++)
        wrong += wait_at((*number + i) % 30, *number);
    hence_generator *g = hence_generator_new(count_up_to, number);
    while (hence_generator_next(g, &r))
        sum += hence_as_int(&r);
    hence_drop(r);
    hence_generator_unref(g);
    wrong += fegetround() != rounding;
    return hence_int(sum);
}

static hence_result sleep_long(void *arg)
{
    (void)arg;
    return hence_co_sleep(HENCE_SECONDS(3600));
}

int main(void)
{
    int numbers[TASKS];
    hence_future *tasks[TASKS];
    hence_loop *loop = hence_loop_new(NULL);
    for (int i = 0; i < TASKS; i++) {
        numbers[i] = i;
        tasks[i] = hence_spawn(loop, work, &numbers[i]);
    }
    hence_future_unref(hence_spawn(loop, sleep_long, NULL)); /* is cancelled when the loop closes */
    hence_future *all = hence_gather(loop, tasks, TASKS, 0);
    hence_future_unref_all(tasks, TASKS);
    hence_result r = hence_loop_run_until_complete(loop, all);
    const hence_list *list = hence_as_list(&r);
    for (int i = 0; i < TASKS; i++)
        wrong += hence_as_int(hence_list_at(list, (size_t)i)) != i * (i - 1) / 2;
    hence_drop(r);
    hence_future_unref(all);
    hence_loop_free(loop);
    wrong += fegetround() != FE_TONEAREST;
    puts(wrong ? "wrong" : "ok");
    return wrong != 0;
}
