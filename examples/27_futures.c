/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One result for many: a Future tells all its listeners, keeps its value for every reader, and is
 * cancelled for everybody.
 *
 *     cc 27_futures.c $(pkg-config --cflags --libs hence) && ./a.out
 *     first reader: the page
 *     second reader: the page
 *     a late reader: the page
 *     the next page: no more pages
 *     of a value, of a Deferred and of a Future: 1 2 the same
 *     cancelled for all who wait
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void many_readers(hence_loop *loop);
static hence_future *page(hence_loop *loop);
static hence_result page_here(hence_result *in, void *arg);
static void read_page(hence_future *f, void *arg);
static void chained(hence_loop *loop);
static hence_result next_page(hence_result *in, void *arg);
static void ensured(hence_loop *loop);
static void cancelled(hence_loop *loop);
static void count(hence_future *f, void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    many_readers(loop);
    chained(loop);
    ensured(loop);
    cancelled(loop);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [listeners]
static void many_readers(hence_loop *loop)
{
    static char first[] = "first reader", second[] = "second reader", third[] = "third reader";
    hence_future *f = page(loop);
    hence_future_add_done_callback(f, read_page, first);
    hence_future_add_done_callback(f, read_page, second);
    hence_future_add_done_callback(f, read_page, third);
    if (hence_future_remove_done_callback(f, read_page, third) != 1)
        puts("the third reader was not there");

    hence_drop(hence_loop_run_until_complete(loop, f)); /* the listeners have been told before */
    hence_result r = hence_future_result(f);            /* the same page, for one more reader */
    if (hence_future_done(f) && hence_is_value(&r))
        printf("a late reader: %s\n", (char *)hence_as_ptr(&r));
    hence_future_unref(f);
    hence_drop(r); /* it has kept the page alive */
}
//! [listeners]

static hence_future *page(hence_loop *loop)
{
    hence_deferred *d = hence_sleep(loop, HENCE_MS(100));
    hence_deferred_add_callback(d, page_here, NULL);
    return hence_deferred_as_future(loop, d);
}

static hence_result page_here(hence_result *in, void *arg)
{
    (void)in;
    (void)arg;
    char *text = malloc(sizeof "the page");
    if (text)
        memcpy(text, "the page", sizeof "the page");
    return hence_own(text, free);
}

static void read_page(hence_future *f, void *arg)
{
    hence_result r = hence_future_result(f);
    const char *text = hence_as(&r, free); /* sees through to the page that all share */
    printf("%s: %s\n", (const char *)arg, text ? text : "no page");
    hence_drop(r);
}

//! [chain-future]
static void chained(hence_loop *loop)
{
    hence_promise *promise;
    hence_future *next = hence_future_new(loop, &promise);
    hence_deferred *d = hence_sleep(hence_future_loop(next), 0);
    hence_deferred_add_callback(d, next_page, next);
    hence_resolve(promise, hence_fail_errno(ENOENT, "no more pages"));

    hence_drop(hence_loop_run_until_complete_deferred(loop, d));
    const hence_failure *failure = hence_future_failure(next); /* lent; NULL if it has a value */
    if (failure)
        printf("the next page: %s\n", hence_failure_message(failure));
    hence_future_unref(next);
}

static hence_result next_page(hence_result *in, void *arg)
{
    (void)in;
    hence_future *next = arg;
    return hence_chain_future(hence_future_ref(next)); /* takes one reference, and waits */
}
//! [chain-future]

//! [ensure]
static void ensured(hence_loop *loop)
{
    hence_result of_deferred = hence_chain(hence_deferred_succeed(hence_int(2)));
    hence_future *one = hence_ensure_future(loop, hence_int(1));
    hence_future *two = hence_ensure_future(loop, of_deferred);
    hence_future *same = hence_ensure_future(loop, hence_chain_future(hence_future_ref(two)));

    hence_result first = hence_future_result(one), second = hence_future_result(two);
    printf("of a value, of a Deferred and of a Future: %d %d %s\n", (int)hence_as_int(&first),
           (int)hence_as_int(&second), same == two ? "the same" : "another");
    hence_future_unref(one);
    hence_future_unref(two);
    hence_future_unref(same);
}
//! [ensure]

//! [cancel]
static void cancelled(hence_loop *loop)
{
    int told = 0;
    hence_future *f = hence_sleep_future(loop, HENCE_SECONDS(60));
    hence_future_add_done_callback(f, count, &told);
    hence_future_add_done_callback(f, count, &told);

    hence_future_cancel(f); /* the timer is gone now, the listeners are told through the loop */
    hence_drop(hence_loop_run_until_complete(loop, f));
    if (hence_future_cancelled(f) && told == 2)
        puts("cancelled for all who wait");
    hence_future_unref(f);
}
//! [cancel]

static void count(hence_future *f, void *arg)
{
    int *told = arg;
    if (hence_future_cancelled(f))
        ++*told;
}
