/* SPDX-License-Identifier: BSD-3-Clause */
/* W5 and W6: one result for many, and many one by one; per child. */
#include "bench.h"

#include <event2/event.h>
#include <hence/hence.h>

static hence_loop *loop; /* the same for all samples, as it would be in a program */
static int64_t total;

static void open_loop(void)
{
    if (!loop)
        loop = hence_loop_new(NULL);
    bench_check(loop);
    total = 0;
}

static void run_loop(void)
{
    event_base_loop(hence_loop_base(loop), EVLOOP_NONBLOCK);
}

static void add_last(const hence_list *list)
{
    const hence_result *last = hence_list_at(list, hence_list_size(list) - 1);
    total += (int64_t)hence_list_size(list) + hence_as_int(last);
}

/* ---- W5: width children are made, gathered, resolved in random order, and freed; n in all ---- */

static hence_result add_list(hence_result *in, void *arg)
{
    (void)arg;
    add_last(hence_as_list(in));
    return hence_none();
}

static void gather_deferreds(long width, const uint32_t *order, hence_promise **promises,
                             hence_deferred **children)
{
    for (long k = 0; k < width; k++)
        children[k] = hence_deferred_new(&promises[k]);
    hence_deferred *all = hence_gather_results(children, (size_t)width, 0);
    hence_deferred_add_callback(all, add_list, NULL);
    hence_deferred_unref(all);
    for (long k = 0; k < width; k++)
        hence_resolve(promises[order[k]], hence_int(1));
}

static double on_deferreds(long n, long width)
{
    width = width < n ? width : n;
    uint32_t *order = bench_shuffled(width);
    hence_promise **promises = bench_allocate((size_t)width * sizeof *promises);
    hence_deferred **children = bench_allocate((size_t)width * sizeof *children);
    total = 0;
    double start = bench_now();
    for (long i = 0; i < n; i += width)
        gather_deferreds(width, order, promises, children);
    double end = bench_now();
    bench_check(total == n + n / width);
    free(order);
    free(promises);
    free(children);
    return end - start;
}

static double deferreds_10(long n)
{
    return on_deferreds(n, 10);
}

static double deferreds_1e3(long n)
{
    return on_deferreds(n, 1000);
}

static double deferreds_1e6(long n)
{
    return on_deferreds(n, 1000000);
}

static void add_gathered(hence_future *f, void *arg)
{
    (void)arg;
    hence_result r = hence_future_result(f);
    add_last(hence_as_list(&r));
    hence_drop(r);
}

static void gather_futures(long width, const uint32_t *order, hence_promise **promises,
                           hence_future **children)
{
    for (long k = 0; k < width; k++)
        children[k] = hence_future_new(loop, &promises[k]);
    hence_future *all = hence_gather(loop, children, (size_t)width, 0);
    hence_future_add_done_callback(all, add_gathered, NULL);
    hence_future_unref(all);
    for (long k = 0; k < width; k++)
        hence_resolve(promises[order[k]], hence_int(1));
    for (long k = 0; k < width; k++)
        hence_future_unref(children[k]);
    run_loop();
}

static double on_futures(long n, long width)
{
    width = width < n ? width : n;
    uint32_t *order = bench_shuffled(width);
    hence_promise **promises = bench_allocate((size_t)width * sizeof *promises);
    hence_future **children = bench_allocate((size_t)width * sizeof *children);
    open_loop();
    double start = bench_now();
    for (long i = 0; i < n; i += width)
        gather_futures(width, order, promises, children);
    double end = bench_now();
    bench_check(total == n + n / width);
    free(order);
    free(promises);
    free(children);
    return end - start;
}

static double futures_10(long n)
{
    return on_futures(n, 10);
}

static double futures_1e3(long n)
{
    return on_futures(n, 1000);
}

static double futures_1e6(long n)
{
    return on_futures(n, 1000000);
}

/* ---- W6: the same children, one by one in the order in which they are done ---- */

static hence_result add_completion(hence_result *in, void *arg)
{
    const hence_completion *completion = hence_as_completion(in);
    hence_result r = hence_future_result(completion->future);
    (void)arg;
    total += hence_as_int(&r);
    return hence_none();
}

static void iterate(long width, const uint32_t *order, hence_promise **promises,
                    hence_future **children)
{
    for (long k = 0; k < width; k++)
        children[k] = hence_future_new(loop, &promises[k]);
    hence_completion_queue *queue = hence_as_completed(loop, children, (size_t)width, -1);
    hence_future *all =
        hence_for_each(loop, hence_completion_queue_iterate, queue, add_completion, NULL);
    for (long k = 0; k < width; k++)
        hence_resolve(promises[order[k]], hence_int(1));
    for (long k = 0; k < width; k++)
        hence_future_unref(children[k]);
    run_loop();
    hence_result count = hence_future_result(all);
    bench_check(hence_as_int(&count) == width);
    hence_future_unref(all);
    hence_completion_queue_free(queue);
}

static void pop(long width, const uint32_t *order, hence_promise **promises,
                hence_future **children)
{
    for (long k = 0; k < width; k++)
        children[k] = hence_future_new(loop, &promises[k]);
    hence_completion_queue *queue = hence_as_completed(loop, children, (size_t)width, -1);
    for (long k = 0; k < width; k++)
        hence_resolve(promises[order[k]], hence_int(1));
    for (long k = 0; k < width; k++)
        hence_future_unref(children[k]);
    run_loop();
    hence_completion *completion;
    while ((completion = hence_completion_queue_pop(queue))) {
        hence_result r = hence_future_result(completion->future);
        total += hence_as_int(&r);
        hence_completion_free(completion);
    }
    hence_completion_queue_free(queue);
}

typedef void one_by_one(long width, const uint32_t *order, hence_promise **promises,
                        hence_future **children);

static double as_completed(long n, long width, one_by_one *consume)
{
    width = width < n ? width : n;
    uint32_t *order = bench_shuffled(width);
    hence_promise **promises = bench_allocate((size_t)width * sizeof *promises);
    hence_future **children = bench_allocate((size_t)width * sizeof *children);
    open_loop();
    double start = bench_now();
    for (long i = 0; i < n; i += width)
        consume(width, order, promises, children);
    double end = bench_now();
    bench_check(total == n);
    free(order);
    free(promises);
    free(children);
    return end - start;
}

static double as_completed_1e3(long n)
{
    return as_completed(n, 1000, iterate);
}

static double as_completed_1e5(long n)
{
    return as_completed(n, 100000, iterate);
}

static double popped_1e3(long n)
{
    return as_completed(n, 1000, pop);
}

static double popped_1e5(long n)
{
    return as_completed(n, 100000, pop);
}

const struct bench_row hence_gather_rows[] = {
    {"W5.10", deferreds_10, 1000000, 5},
    {"W5.1e3", deferreds_1e3, 1000000, 5},
    {"W5.1e6", deferreds_1e6, 1000000, 3},
    {"W5.10.future", futures_10, 1000000, 5},
    {"W5.1e3.future", futures_1e3, 1000000, 5},
    {"W5.1e6.future", futures_1e6, 1000000, 3},
    {"W6.1e3", as_completed_1e3, 1000000, 5},
    {"W6.1e5", as_completed_1e5, 1000000, 3},
    {"W6.1e3.pop", popped_1e3, 1000000, 5},
    {"W6.1e5.pop", popped_1e5, 1000000, 3},
    {NULL, NULL, 0, 0},
};
