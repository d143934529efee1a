/* SPDX-License-Identifier: BSD-3-Clause */
/* Executors on machines with one processor, with very many, and with nobody knows how many. */
#include <errno.h>
#include <sched.h>

#include "exec/exec_support.h"
#include "exec/executor.h"
#include "support/system.h"

SUITE(processors);

/* Jobs come one at a time, so that the thread has none in between, and then all at once. */
static void check_works(hence_executor *executor)
{
    struct work work[20];
    hence_concurrent_future *f[20];
    for (int i = 0; i < 20; i++) {
        work[i] = (struct work){.number = i};
        f[i] = hence_executor_submit(executor, work_number, &work[i], NULL);
        hence_drop(hence_concurrent_future_result(f[i], -1));
        hence_concurrent_future_unref(f[i]);
    }
    for (int i = 0; i < 20; i++)
        f[i] = hence_executor_submit(executor, work_number, &work[i], NULL);
    for (int i = 0; i < 20; i++) {
        hence_result r = hence_concurrent_future_result(f[i], -1);
        check_int(hence_as_int(&r), i);
        hence_drop(r);
        hence_concurrent_future_unref(f[i]);
    }
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    hence_executor_unref(executor);
}

TEST_ONCE(processors, on_one_nobody_waits_for_a_job_without_sleeping)
{
    cpu_set_t before, one;
    cr_assert_eq(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    hence_executor *executor = pool(2, 0);
    check_int(executor->spins, 0);
    check_works(executor);
    cr_assert_eq(sched_setaffinity(0, sizeof before, &before), 0);
}

TEST_ONCE(processors, with_more_than_can_be_told_it_works_as_with_several)
{
    system_call_fails(CALL_SCHED_GETAFFINITY, EINVAL, 1);
    hence_executor *executor = pool(2, 0);
    check_int(system_call_failures_left(CALL_SCHED_GETAFFINITY), 0);
    check(executor->spins > 0);
    check_works(executor);
}

TEST_ONCE(processors, where_their_number_is_not_known_there_are_threads_for_one)
{
    system_call_fails(CALL_SYSCONF, EINVAL, 1);
    hence_executor *executor = hence_executor_new(NULL);
    check_int(executor->max_workers, 5);
    check_works(executor);
}
