/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads that wait for concurrent Futures: for one, for some, or for one after the other. */
#include <errno.h>

#include "base/memory.h"
#include "exec/blocking.h"
#include "exec/concurrent_future.h"
#include "loop/loop.h"
#include "value/failure.h"

/* A thread that waits. Its mutex is taken with that of a Future held, never the other way round. */
struct wait {
    pthread_mutex_t mutex;
    pthread_cond_t told;
    struct hence_ring done; /* of inputs, in the order in which they were done */
    size_t n, done_count, failed_count;
};

struct input {
    struct concurrent_waiter waiter; /* first */
    struct wait *wait;
    hence_concurrent_future *f; /* NULL counts as one that has failed */
};

static void wait_init(struct wait *wait, size_t n)
{
    pthread_mutex_init(&wait->mutex, NULL);
    hence_blocking_condition_init(&wait->told);
    hence_ring_init(&wait->done);
    wait->n = n;
    wait->done_count = wait->failed_count = 0;
}

static void wait_end(struct wait *wait)
{
    pthread_cond_destroy(&wait->told);
    pthread_mutex_destroy(&wait->mutex);
}

static bool has_failed(const hence_concurrent_future *f)
{
    const hence_failure *failure = f ? hence_as_failure(&f->waitable.slot) : NULL;
    return !f || (failure && !hence_failure_is_cancelled(failure));
}

static void input_done(struct concurrent_waiter *waiter)
{
    struct input *input = (struct input *)waiter;
    struct wait *wait = input->wait;
    pthread_mutex_lock(&wait->mutex);
    hence_ring_append(&wait->done, &input->waiter.ring);
    wait->done_count++;
    wait->failed_count += has_failed(input->f);
    pthread_cond_signal(&wait->told);
    pthread_mutex_unlock(&wait->mutex);
}

static void input_begin(struct input *input, struct wait *wait, hence_concurrent_future *f)
{
    *input = (struct input){.waiter = {.told = input_done}, .wait = wait, .f = f};
    hence_ring_init(&input->waiter.ring);
    if (f && hence_concurrent_add_waiter(f, &input->waiter))
        return;
    input->waiter.is_told = true;
    input_done(&input->waiter);
}

static void input_end(struct input *input)
{
    if (input->f)
        hence_concurrent_remove_waiter(input->f, &input->waiter);
}

/* ---- one ---- */

static bool wait_for_one(hence_concurrent_future *f, int64_t timeout)
{
    const struct hence_blocking_deadline deadline = hence_blocking_deadline_after(timeout);
    struct wait wait;
    struct input input;
    bool in_time = true;
    wait_init(&wait, 1);
    input_begin(&input, &wait, f);
    pthread_mutex_lock(&wait.mutex);
    while (!wait.done_count && in_time)
        in_time = hence_blocking_wait_until(&wait.told, &wait.mutex, &deadline);
    pthread_mutex_unlock(&wait.mutex);
    input_end(&input);
    wait_end(&wait);
    return hence_concurrent_is_done(f);
}

hence_result hence_concurrent_future_result(hence_concurrent_future *f, int64_t timeout)
{
    const char *what = "hence_concurrent_future_result()";
    if (!f)
        return hence_fail_static(HENCE_ENOMEM);
    if (!hence_concurrent_is_done(f)) {
        if (hence_concurrent_is_parents(f, what))
            return hence_fail_static(HENCE_EDIED);
        if (!hence_blocking_is_allowed(what, timeout))
            return hence_fail_static(HENCE_EDEADLK);
        if (!timeout || !wait_for_one(f, timeout))
            return hence_fail_static(HENCE_ETIMEDOUT);
    }
    atomic_store_explicit(&f->looked_at, true, memory_order_relaxed);
    return hence_read_slot(&f->waitable);
}

/* ---- some ---- */

static bool is_enough(const struct wait *wait, hence_wait_condition condition)
{
    if (condition == HENCE_FIRST_COMPLETED && wait->done_count)
        return true;
    if (condition == HENCE_FIRST_EXCEPTION && wait->failed_count)
        return true;
    return wait->done_count == wait->n;
}

static bool is_enough_now(struct wait *wait, hence_wait_condition condition)
{
    pthread_mutex_lock(&wait->mutex);
    const bool enough = is_enough(wait, condition);
    pthread_mutex_unlock(&wait->mutex);
    return enough;
}

static bool one_is_parents(hence_concurrent_future *const *futures, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        if (futures[i] && hence_concurrent_is_parents(futures[i], what))
            return true;
    }
    return false;
}

int64_t hence_concurrent_wait(hence_concurrent_future *const *futures, size_t n,
                              hence_wait_condition condition, int64_t timeout)
{
    const char *what = "hence_concurrent_wait()";
    struct wait wait;
    bool in_time = true;
    if (!n || !futures || condition > HENCE_FIRST_EXCEPTION)
        return -EINVAL;
    if (one_is_parents(futures, n, what))
        return -EPERM;
    const struct hence_blocking_deadline deadline = hence_blocking_deadline_after(timeout);
    struct input *inputs =
        n < SIZE_MAX / sizeof *inputs ? hence_memory_get(n * sizeof *inputs) : NULL;
    if (!inputs)
        return -ENOMEM;
    wait_init(&wait, n);
    for (size_t i = 0; i < n; i++)
        input_begin(&inputs[i], &wait, futures[i]);
    const bool may_wait =
        is_enough_now(&wait, condition) || hence_blocking_is_allowed(what, timeout);
    pthread_mutex_lock(&wait.mutex);
    while (may_wait && !is_enough(&wait, condition) && in_time && timeout)
        in_time = hence_blocking_wait_until(&wait.told, &wait.mutex, &deadline);
    pthread_mutex_unlock(&wait.mutex);
    for (size_t i = 0; i < n; i++)
        input_end(&inputs[i]);
    const size_t done = wait.done_count;
    wait_end(&wait);
    hence_memory_put(inputs, n * sizeof *inputs);
    return may_wait ? (int64_t)done : -EDEADLK;
}

/* ---- one after the other ---- */

struct hence_concurrent_completions {
    struct wait wait;
    struct hence_blocking_deadline deadline;
    size_t given;
    struct input inputs[];
};

static size_t completions_size(size_t n)
{
    return sizeof(hence_concurrent_completions) + n * sizeof(struct input);
}

hence_concurrent_completions *hence_concurrent_as_completed(hence_concurrent_future *const *futures,
                                                            size_t n, int64_t timeout)
{
    hence_concurrent_completions *completions = NULL;
    if (n < SIZE_MAX / sizeof(struct input) / 2 &&
        !one_is_parents(futures, n, "hence_concurrent_as_completed()"))
        completions = hence_memory_get(completions_size(n));
    if (!completions)
        return NULL;
    wait_init(&completions->wait, n);
    completions->deadline = hence_blocking_deadline_after(timeout);
    completions->given = 0;
    for (size_t i = 0; i < n; i++)
        input_begin(&completions->inputs[i], &completions->wait,
                    hence_concurrent_future_ref(futures[i]));
    return completions;
}

hence_concurrent_completions *hence_concurrent_completions_free(
    hence_concurrent_completions *completions)
{
    if (!completions)
        return NULL;
    const size_t n = completions->wait.n;
    for (size_t i = 0; i < n; i++)
        input_end(&completions->inputs[i]);
    for (size_t i = 0; i < n; i++)
        hence_concurrent_future_unref(completions->inputs[i].f);
    wait_end(&completions->wait);
    hence_memory_put(completions, completions_size(n));
    return NULL;
}

/* With the mutex held. */
static struct input *take_first(hence_concurrent_completions *completions)
{
    struct wait *wait = &completions->wait;
    if (hence_ring_is_empty(&wait->done))
        return NULL;
    struct input *input = (struct input *)wait->done.next;
    hence_ring_remove(&input->waiter.ring);
    completions->given++;
    return input;
}

/* The next that is done, or NULL: when the time is over, or at once where a loop runs. */
static struct input *next_input(hence_concurrent_completions *completions)
{
    struct wait *wait = &completions->wait;
    bool in_time = !hence_loop_running_here;
    pthread_mutex_lock(&wait->mutex);
    while (hence_ring_is_empty(&wait->done) && in_time)
        in_time = hence_blocking_wait_until(&wait->told, &wait->mutex, &completions->deadline);
    struct input *input = take_first(completions);
    pthread_mutex_unlock(&wait->mutex);
    return input;
}

/* The same for one that is done, but whose thread is only about to tell: who has seen that it is done gets it. */
static struct input *next_untold(hence_concurrent_completions *completions)
{
    struct wait *wait = &completions->wait;
    for (size_t i = 0; i < wait->n; i++) {
        hence_concurrent_future *f = completions->inputs[i].f;
        if (!f || !hence_concurrent_is_done(f))
            continue;
        pthread_mutex_lock(&f->mutex); /* it tells all with that held */
        pthread_mutex_unlock(&f->mutex);
    }
    pthread_mutex_lock(&wait->mutex);
    struct input *input = take_first(completions);
    pthread_mutex_unlock(&wait->mutex);
    return input;
}

hence_result hence_concurrent_completions_next(hence_concurrent_completions *completions,
                                               hence_concurrent_future **out)
{
    *out = NULL;
    if (!completions)
        return hence_fail_static(HENCE_ENOMEM);
    const struct wait *wait = &completions->wait;
    if (completions->given == wait->n)
        return hence_fail_static(HENCE_EEND);
    struct input *input = next_input(completions);
    if (!input)
        input = next_untold(completions);
    if (!input && !hence_blocking_is_allowed("hence_concurrent_completions_next()", -1))
        return hence_fail_static(HENCE_EDEADLK);
    if (!input)
        return hence_fail_at(NULL, HENCE_ETIMEDOUT, "%zu (of %zu) futures unfinished",
                             wait->n - completions->given, wait->n);
    if (!input->f)
        return hence_fail_static(HENCE_ENOMEM);
    *out = input->f;
    return hence_none();
}
