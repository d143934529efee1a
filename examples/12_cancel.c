/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Saying that a result is not wanted any more. An operation with a canceller stops; one without goes
 * on, and what it gives in the end is dropped. And forgetting: for when nobody is left to be told.
 *
 *     cc 12_cancel.c $(pkg-config --cflags --libs hence) && ./a.out
 *     one: stopped
 *     one: cancelled
 *     two: cancelled
 *     two: ready, but nobody wants it
 *     three: stopped
 *     done
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>

struct download {
    hence_loop *loop;
    hence_promise *promise;
    hence_call call;
    const char *name;
    bool ready;
};

static hence_deferred *download(hence_loop *loop, char *name, hence_canceller *canceller);
static bool download_cancel(hence_promise *promise, void *arg);
static void download_ready(void *arg);
static void download_drop(void *arg);
static hence_result tell(hence_result *in, void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    //! [cancel]
    char one[] = "one";
    hence_deferred *d = download(loop, one, download_cancel);
    hence_deferred_add_both(d, tell, one);
    hence_deferred_cancel(d); /* the canceller and tell() run before it returns */
    if (hence_deferred_cancel(d) == -EALREADY)
        hence_deferred_unref(d);
    //! [cancel]

    char two[] = "two";
    d = download(loop, two, NULL);
    hence_deferred_add_both(d, tell, two);
    hence_deferred_cancel(d);
    hence_deferred_unref(d);
    hence_drop(hence_loop_run_until_complete_deferred(loop, hence_sleep(loop, HENCE_SECONDS(2))));

    //! [forget]
    char three[] = "three";
    d = download(loop, three, download_cancel);
    hence_deferred_add_both(d, tell, three);
    hence_deferred_forget(d); /* stops it, and runs no step: tell() is not called */
    //! [forget]

    puts("done");
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [canceller]
static hence_deferred *download(hence_loop *loop, char *name, hence_canceller *canceller)
{
    struct download *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    hence_deferred *d = hence_deferred_new(&l->promise);
    l->loop = loop;
    l->name = name;
    hence_promise_on_cancel(l->promise, canceller, l);
    hence_call_later_own(loop, HENCE_SECONDS(1), download_ready, l, download_drop, &l->call);
    return d;
}

static bool download_cancel(hence_promise *promise, void *arg)
{
    struct download *l = arg;
    (void)promise;                       /* the same as l->promise */
    hence_call_cancel(l->loop, l->call); /* drops l, which abandons the promise: it has stopped */
    return true;
}
//! [canceller]

//! [is-wanted]
static void download_ready(void *arg)
{
    struct download *l = arg;
    if (!hence_promise_is_wanted(l->promise))
        printf("%s: ready, but nobody wants it\n", l->name);
    l->ready = true;
    hence_resolve(hence_promise_take(&l->promise), hence_int(4096));
}
//! [is-wanted]

static void download_drop(void *arg)
{
    struct download *l = arg;
    if (!l->ready)
        printf("%s: stopped\n", l->name);
    hence_abandon(l->promise);
    free(l);
}

//! [is-cancelled]
static hence_result tell(hence_result *in, void *arg)
{
    const char *name = arg;
    if (hence_is_cancelled(in))
        printf("%s: cancelled\n", name);
    return hence_take(in);
}
//! [is-cancelled]
