/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A time limit: what takes too long is cancelled. And trying again, each time after a longer rest.
 *
 *     cc 36_timeouts.c $(pkg-config --cflags --libs hence) && ./a.out
 *     quick: an answer
 *     slow: timed out after 1 s                                   (after one second)
 *     slow: the answer of yesterday                               (after another second)
 *     attempt 1                                                   (at 0 s)
 *     attempt 2                                                   (at 1 + 0.5 s)
 *     attempt 3                                                   (at 2.5 + 1 s)
 *     an answer
 */
/* long: 6 s */
#include <hence/hence.h>

#include <stdlib.h>

struct attempts {
    hence_loop *loop;
    int made, most;
    int64_t rest;
};

static hence_deferred *ask(hence_loop *loop, double seconds);
static hence_deferred *attempt(struct attempts *attempts);
static hence_result try_again(hence_result *in, void *arg);
static hence_result next_attempt(void *arg);
static hence_result use_old_answer(hence_result *in, void *arg);
static hence_result print(hence_result *in, void *arg);

int main(void)
{
    static char quick[] = "quick: ", slow[] = "slow: ", nothing[] = "";
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    //! [timeout]
    hence_deferred *d = ask(loop, 0.5);
    hence_deferred_add_timeout(d, loop, HENCE_SECONDS(1), NULL, NULL); /* for what is in d so far */
    hence_deferred_add_both(d, print, quick);                          /* not for this step */
    //! [timeout]
    hence_drop(hence_loop_run_until_complete_deferred(loop, d));

    d = ask(loop, 60);
    hence_deferred_add_timeout(d, loop, HENCE_SECONDS(1), NULL, NULL);
    hence_deferred_add_both(d, print, slow);
    hence_drop(hence_loop_run_until_complete_deferred(loop, d));

    //! [on-timeout]
    d = ask(loop, 60);
    hence_deferred_add_timeout(d, loop, HENCE_SECONDS(1), use_old_answer, NULL);
    hence_deferred_add_both(d, print, slow);
    //! [on-timeout]
    hence_drop(hence_loop_run_until_complete_deferred(loop, d));

    struct attempts attempts = {.loop = loop, .most = 4, .rest = HENCE_MS(500)};
    d = attempt(&attempts);
    hence_deferred_add_both(d, print, nothing);
    hence_drop(hence_loop_run_until_complete_deferred(loop, d));
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [retry]
static hence_deferred *attempt(struct attempts *attempts)
{
    printf("attempt %d\n", ++attempts->made);
    hence_deferred *d = ask(attempts->loop, attempts->made < 3 ? 60 : 0.1);
    hence_deferred_add_timeout(d, attempts->loop, HENCE_SECONDS(1), NULL, NULL);
    hence_deferred_add_errback(d, try_again, attempts);
    return d;
}

static hence_result try_again(hence_result *in, void *arg)
{
    struct attempts *attempts = arg;
    if (hence_is_cancelled(in) || attempts->made == attempts->most)
        return hence_take(in); /* nobody wants it any more, or it has been enough */
    int64_t rest = attempts->rest;
    attempts->rest *= 2;
    return hence_chain(hence_defer_later(attempts->loop, rest, next_attempt, attempts));
}

static hence_result next_attempt(void *arg)
{
    return hence_chain(attempt(arg));
}
//! [retry]

static hence_result use_old_answer(hence_result *in, void *arg)
{
    static char old[] = "the answer of yesterday";
    (void)arg;
    if (!hence_is_cancelled(in))
        return hence_take(in); /* it gave something all the same */
    return hence_ptr(old);
}

static hence_result print(hence_result *in, void *arg)
{
    const char *who = arg;
    if (hence_is_failure(in))
        printf("%s%s\n", who, hence_failure_message(hence_as_failure(in)));
    else
        printf("%s%s\n", who, (const char *)hence_as_ptr(in));
    return hence_none();
}

/* ---- what takes its time ---- */

static hence_result answer(hence_result *in, void *arg)
{
    static char text[] = "an answer";
    (void)in;
    (void)arg;
    return hence_ptr(text);
}

static hence_deferred *ask(hence_loop *loop, double seconds)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(seconds));
    hence_deferred_add_callback(d, answer, NULL);
    return d;
}
