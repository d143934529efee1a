/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two read the same page, and one of them loses patience. A Future is cancelled for all who wait; one
 * behind a shield is cancelled alone.
 *
 *     cc 53_shield.c $(pkg-config --cflags --libs hence) && ./a.out
 *     without a shield                                            (after half a second)
 *     ann: cancelled
 *     bob: cancelled
 *     with a shield                                               (after half a second)
 *     ann: cancelled
 *     bob: the page                                               (and half a second later)
 */
/* long: 2 s */
#include <hence/hence.h>

#include <stdlib.h>

static void read_together(hence_loop *loop, bool is_shielded);
static hence_future *get_page(hence_loop *loop);
static void tell(hence_future *f, void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    puts("without a shield");
    read_together(loop, false);
    puts("with a shield");
    read_together(loop, true);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [shield]
static void read_together(hence_loop *loop, bool is_shielded)
{
    static char ann[] = "ann", bob[] = "bob";
    hence_future *page = get_page(loop); /* takes a second */
    hence_future *anns = is_shielded ? hence_shield(page) : hence_future_ref(page);
    hence_future_add_done_callback(anns, tell, ann);
    hence_future_add_done_callback(page, tell, bob);

    hence_deferred *patience = hence_sleep(loop, HENCE_SECONDS(0.5));
    hence_drop(hence_loop_run_until_complete_deferred(loop, patience));
    hence_future_cancel(anns);
    hence_drop(hence_loop_run_until_complete(loop, page)); /* the listeners have been told then */
    hence_future_unref(anns);
    hence_future_unref(page);
}
//! [shield]

static void tell(hence_future *f, void *arg)
{
    const char *who = arg;
    hence_result r = hence_future_result(f);
    if (hence_is_failure(&r))
        printf("%s: %s\n", who, hence_failure_message(hence_as_failure(&r)));
    else
        printf("%s: %s\n", who, (const char *)hence_as_ptr(&r));
    hence_drop(r);
}

static hence_result load(void *arg)
{
    static char text[] = "the page";
    (void)arg;
    return hence_ptr(text);
}

static hence_future *get_page(hence_loop *loop)
{
    return hence_deferred_as_future(loop, hence_defer_later(loop, HENCE_SECONDS(1), load, NULL));
}
