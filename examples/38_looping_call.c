/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A function that is called again and again, at even intervals; and one that is called once, later.
 *
 *     cc 38_looping_call.c $(pkg-config --cflags --libs hence) && ./a.out
 *     1.0 s: tick
 *     2.0 s: tick
 *     2.5 s: the next one in a second
 *     3.5 s: tick
 *     4.5 s: tick
 *     4.5 s: ended
 *     4.5 s: 1 due                                                (at once)
 *     5.5 s: 1 due, and it takes 2.5 seconds
 *     8.5 s: 3 due                                                (two were left out)
 *     hence: unhandled failure in a periodic callback: no answer [hence ... at 38_looping_call.c:...]
 *     10.5 s: an answer                                           (it goes on all the same)
 */
/* long: 11 s */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct ticker {
    hence_loop *loop;
    hence_looping_call *call;
    int64_t begun;
    int ticks;
};

static hence_deferred *tick_four_times(struct ticker *ticker);
static hence_result tick(void *arg);
static hence_result postpone(void *arg);
static hence_result ended(hence_result *in, void *arg);
static hence_deferred *count_what_is_due(struct ticker *ticker);
static hence_result tick_with_count(int64_t count, void *arg);
static bool ask_periodically(struct ticker *ticker);
static hence_result ask(void *arg);
static void print_time(const struct ticker *ticker);

int main(void)
{
    struct ticker ticker = {.loop = hence_loop_new(NULL)};
    hence_loop *loop = ticker.loop;
    if (!loop)
        return EXIT_FAILURE;
    ticker.begun = hence_loop_time(loop);
    hence_deferred *d = tick_four_times(&ticker);

    //! [defer-later]
    hence_deferred *once = hence_defer_later(loop, HENCE_SECONDS(2.5), postpone, &ticker);
    hence_drop(hence_loop_run_until_complete_deferred(loop, once)); /* what postpone() returns */
    //! [defer-later]

    hence_drop(hence_loop_run_until_complete_deferred(loop, d));
    ticker.ticks = 0;
    hence_drop(hence_loop_run_until_complete_deferred(loop, count_what_is_due(&ticker)));
    ticker.ticks = 0;
    bool ok = ask_periodically(&ticker);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [looping-call]
static hence_deferred *tick_four_times(struct ticker *ticker)
{
    ticker->call = hence_looping_call_new(ticker->loop, tick, ticker);
    hence_deferred *d = hence_looping_call_start(ticker->call, HENCE_SECONDS(1), false);
    hence_looping_call_unref(ticker->call); /* it holds itself as long as it runs */
    hence_deferred_add_callback(d, ended, ticker);
    return d; /* for its end */
}
//! [looping-call]

//! [stop]
static hence_result tick(void *arg)
{
    struct ticker *ticker = arg;
    print_time(ticker);
    puts("tick");
    if (++ticker->ticks == 4 && hence_looping_call_is_running(ticker->call))
        hence_looping_call_stop(ticker->call); /* no further call */
    return hence_none();
}
//! [stop]

//! [reset]
static hence_result postpone(void *arg)
{
    struct ticker *ticker = arg;
    print_time(ticker);
    puts("the next one in a second");
    hence_looping_call_reset(ticker->call); /* intervals are counted from now */
    return hence_none();
}
//! [reset]

static hence_result ended(hence_result *in, void *arg)
{
    struct ticker *ticker = arg;
    (void)in;
    print_time(ticker);
    puts("ended");
    ticker->call = NULL;
    return hence_none();
}

//! [with-count]
static hence_deferred *count_what_is_due(struct ticker *ticker)
{
    ticker->call = hence_looping_call_new_with_count(ticker->loop, tick_with_count, ticker);
    hence_deferred *d = hence_looping_call_start(ticker->call, HENCE_SECONDS(1), true);
    hence_looping_call_unref(ticker->call);
    return d;
}

static hence_result tick_with_count(int64_t count, void *arg)
{
    struct ticker *ticker = arg;
    print_time(ticker);
    printf("%" PRId64 " due", count);
    switch (++ticker->ticks) {
    case 2:
        puts(", and it takes 2.5 seconds");
        return hence_chain(hence_sleep(ticker->loop, HENCE_SECONDS(2.5))); /* no call meanwhile */
    case 3:
        hence_looping_call_stop(ticker->call);
        break;
    }
    puts("");
    return hence_none();
}
//! [with-count]

//! [periodic]
static bool ask_periodically(struct ticker *ticker)
{
    hence_periodic_callback *periodic =
        hence_periodic_callback_new(ticker->loop, HENCE_SECONDS(1), ask, ticker);
    bool ok = hence_periodic_callback_start(periodic) == 0;
    hence_deferred *d = hence_sleep(ticker->loop, HENCE_SECONDS(2.5));
    hence_drop(hence_loop_run_until_complete_deferred(ticker->loop, d));
    if (hence_periodic_callback_is_running(periodic))
        hence_periodic_callback_stop(periodic); /* until it is started again */
    hence_periodic_callback_free(periodic);
    return ok;
}

static hence_result ask(void *arg)
{
    struct ticker *ticker = arg;
    if (++ticker->ticks == 1)
        return hence_fail(HENCE_EFAILED, "no answer"); /* reported; the next call is made */
    print_time(ticker);
    puts("an answer");
    return hence_none();
}
//! [periodic]

static void print_time(const struct ticker *ticker)
{
    double seconds = (double)(hence_loop_time(ticker->loop) - ticker->begun) / 1e9;
    printf("%.1f s: ", seconds);
}
