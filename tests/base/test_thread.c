/* SPDX-License-Identifier: BSD-3-Clause */
/* The number of each thread, by which a foreign one is known. */
#include "base/thread.h"

#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

SUITE(thread);

TEST(thread, its_number_stays_the_same)
{
    uint64_t number = hence_thread();
    check(number != 0);
    check(hence_thread() == number);
}

static void tell_number(void *number)
{
    *(uint64_t *)number = hence_thread();
}

TEST(thread, its_number_is_never_used_again)
{
    enum {
        THREADS = 10
    };
    uint64_t numbers[THREADS + 1];
    numbers[0] = hence_thread();
    for (int i = 1; i <= THREADS; i++)
        on_small_stack(tell_number, &numbers[i]);
    for (int i = 0; i <= THREADS; i++)
        for (int j = 0; j < i; j++)
            check(numbers[i] != numbers[j]);
}

/* Runs `fn` in a forked child; did it return true there? */
static bool in_child(bool (*fn)(uint64_t number), uint64_t number)
{
    int status = 1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        end_forked_child(fn(number) ? 0 : 1);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static bool is_another(uint64_t number)
{
    return hence_thread() != number && hence_thread() != 0;
}

static bool knows_the_old_number(uint64_t number)
{
    return hence_thread_is_from_before_fork(number) &&
           !hence_thread_is_from_before_fork(hence_thread());
}

static bool grandchild_knows_both(uint64_t number)
{
    return knows_the_old_number(number) && in_child(knows_the_old_number, hence_thread());
}

TEST(thread, a_forked_child_has_another_number)
{
    check(in_child(is_another, hence_thread()));
}

TEST(thread, a_forked_child_knows_which_numbers_are_from_before)
{
    check(!hence_thread_is_from_before_fork(hence_thread()));
    check(in_child(knows_the_old_number, hence_thread()));
    check(in_child(grandchild_knows_both, hence_thread()));
    check(!hence_thread_is_from_before_fork(hence_thread()));
}
