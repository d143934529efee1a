/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Limits for a part of a coroutine: timeouts, and cancel scopes with and without a shield.
 *
 *     cc 88_timeouts_and_scopes.c $(pkg-config --cflags --libs hence) && ./a.out
 *     fetch: timed out after 1 s
 *     until the bell: timed out after 1 s
 *     slow but steady: none
 *     asked, the time was up: cancelled
 *     first attempt: timed out after 1 s, second: timed out after 2 s
 *     the cache did not answer: moving on
 *     all at once: timed out after 1 s
 *     stopped by a signal: cancelled
 *     saving
 *     saved, then stopped
 *     the effective deadline is 2 s from now
 */
/* long: 20 s */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

/* Something that takes a while. */
static hence_result fetch(double seconds)
{
    return hence_co_sleep(HENCE_SECONDS(seconds));
}

static void print(const char *what, hence_result r)
{
    const hence_failure *failure = hence_as_failure(&r);
    printf("%s: %s\n", what, failure ? hence_failure_message(failure) : "none");
    hence_drop(r);
}

static int64_t now(void)
{
    return hence_loop_time(hence_current_loop());
}

/* ---- timeouts ---- */

//! [timeout]
static hence_result fetch_in_time(void)
{
    hence_timeout *limit = hence_timeout_enter(HENCE_SECONDS(1));
    hence_result r = fetch(60); /* here it is cancelled */
    return hence_timeout_exit(limit, r);
}
//! [timeout]

//! [until]
static hence_result fetch_until(int64_t bell)
{
    hence_timeout *limit = hence_timeout_enter_until(bell);
    hence_cancel_scope *no_later = hence_fail_until(bell + HENCE_SECONDS(1));
    hence_cancel_scope *politely = hence_move_on_until(bell + HENCE_SECONDS(2));
    hence_result r = fetch(60);
    r = hence_cancel_scope_exit(politely, r, NULL);
    r = hence_cancel_scope_exit(no_later, r, NULL);
    return hence_timeout_exit(limit, r); /* the bell was first */
}
//! [until]

//! [reschedule]
static hence_result read_steadily(void)
{
    hence_timeout *limit = hence_timeout_enter(HENCE_SECONDS(1));
    hence_result r = hence_none();
    for (int i = 0; i < 3 && !hence_is_failure(&r); i++) { /* a second for each piece */
        r = fetch(0.75);
        hence_timeout_reschedule(limit, now() + HENCE_SECONDS(1));
    }
    if (hence_timeout_when(limit) < now())
        printf("never so\n");
    return hence_timeout_exit(limit, r);
}
//! [reschedule]

//! [expired]
static hence_result ask(void)
{
    hence_timeout *limit = hence_timeout_enter(HENCE_SECONDS(1));
    hence_result r = fetch(60);
    if (hence_timeout_expired(limit))
        print("asked, the time was up", hence_fail_static(HENCE_ECANCELLED));
    hence_drop(hence_timeout_exit(limit, r));
    return hence_none();
}
//! [expired]

//! [nested]
static void try_twice(void)
{
    hence_timeout *all = hence_timeout_enter(HENCE_SECONDS(2));
    hence_timeout *attempt = hence_timeout_enter(HENCE_SECONDS(1));
    hence_result first = hence_timeout_exit(attempt, fetch(60));
    hence_result second = hence_timeout_exit(all, fetch(60));
    printf("first attempt: %s, second: %s\n", hence_failure_message(hence_as_failure(&first)),
           hence_failure_message(hence_as_failure(&second)));
    hence_drop(first);
    hence_drop(second);
}
//! [nested]

/* ---- cancel scopes ---- */

//! [move-on]
static void ask_cache(void)
{
    bool gave_up;
    hence_cancel_scope *scope = hence_move_on_after(HENCE_MS(100));
    hence_result r = hence_cancel_scope_exit(scope, fetch(60), &gave_up);
    if (gave_up)
        printf("the cache did not answer: moving on\n");
    hence_drop(r); /* none, or what the cache said */
}
//! [move-on]

//! [fail-after]
static hence_result fetch_all(void)
{
    hence_cancel_scope *scope = hence_fail_after(HENCE_SECONDS(1));
    for (int i = 0; i < 10; i++) /* once the time is up, no call waits any more */
        hence_drop(fetch(0.5));
    return hence_cancel_scope_exit(scope, fetch(0.5), NULL);
}
//! [fail-after]

//! [cancel]
static hence_cancel_scope *work;

static void stop(void *unused) /* called by the loop, as for a signal */
{
    (void)unused;
    hence_cancel_scope_cancel(work);
}

static void work_until_stopped(hence_loop *loop)
{
    work = hence_cancel_scope_enter();
    hence_call_later(loop, HENCE_SECONDS(1), stop, NULL, NULL);
    hence_result r = fetch(60);
    if (hence_cancel_scope_cancel_called(work))
        print("stopped by a signal", hence_fail_static(HENCE_ECANCELLED));
    hence_drop(hence_cancel_scope_exit(work, r, NULL)); /* goes on from here */
}
//! [cancel]

//! [shield]
static void save_before_stopping(hence_loop *loop)
{
    work = hence_cancel_scope_enter();
    hence_call_later(loop, HENCE_MS(100), stop, NULL, NULL);

    hence_cancel_scope *shield = hence_cancel_scope_enter();
    hence_cancel_scope_set_shield(shield, true);
    if (hence_cancel_scope_shield(shield))
        printf("saving\n");
    hence_result saved = hence_cancel_scope_exit(shield, fetch(1), NULL); /* to its end */

    hence_result r = fetch(60); /* is cancelled at once */
    if (!hence_is_failure(&saved) && hence_is_cancelled(&r))
        printf("saved, then stopped\n");
    hence_drop(saved);
    hence_drop(hence_cancel_scope_exit(work, r, NULL));
}
//! [shield]

//! [deadline]
static void look_at_the_time(void)
{
    hence_cancel_scope *outer = hence_move_on_after(HENCE_SECONDS(5));
    hence_cancel_scope *inner = hence_move_on_after(HENCE_SECONDS(9));
    if (hence_cancel_scope_deadline(inner) > hence_current_effective_deadline())
        hence_cancel_scope_set_deadline(inner, now() + HENCE_SECONDS(2));
    printf("the effective deadline is %" PRId64 " s from now\n",
           (hence_current_effective_deadline() - now() + HENCE_MS(500)) / HENCE_SECONDS(1));
    hence_drop(hence_cancel_scope_exit(inner, hence_none(), NULL));
    hence_drop(hence_cancel_scope_exit(outer, hence_none(), NULL));
}
//! [deadline]

static hence_result run(void *arg)
{
    hence_loop *loop = arg;
    print("fetch", fetch_in_time());
    print("until the bell", fetch_until(now() + HENCE_SECONDS(1)));
    print("slow but steady", read_steadily());
    hence_drop(ask());
    try_twice();
    ask_cache();
    print("all at once", fetch_all());
    work_until_stopped(loop);
    save_before_stopping(loop);
    look_at_the_time();
    return hence_none();
}

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_future *task = hence_spawn(loop, run, loop);
    hence_result r = hence_loop_run_until_complete(loop, task);
    const bool failed = hence_is_failure(&r);
    hence_drop(r);
    hence_future_unref(task);
    hence_loop_free(loop);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
