/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The three poems of 44_poetry_timeouts.c as coroutines: the second attempt is a loop, what comes next stands
 * below, and a function that waits is called like any other.
 *
 *     cc 91_poetry_coroutine.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     Dawn: the server hung up; again                             (at once)
 *     Dawn, after 0.6 s:                                          (at the second attempt)
 *         The light comes in on stockinged feet
 *         ...
 *     Rain: the mirror is asked too                               (half a second later)
 *     Rain, after 0.9 s:                                          (from the mirror)
 *         ...
 *     Night: timed out after 1 s; again
 *     Night: timed out after 1 s                                  (that was the last attempt)
 *     2 of 3 poems, after 2.2 s
 */
#include "poetry_get.h"

#include <inttypes.h>

#define POEMS        3
#define TIME_LIMIT   HENCE_SECONDS(1)
#define REST         HENCE_SECONDS(0.2)
#define HEAD_START   HENCE_SECONDS(0.5)
#define MAX_ATTEMPTS 2

struct source {
    hence_loop *loop;
    const struct poem *poem;
    struct poetry_server *server, *mirror; /* there may be no mirror */
    int64_t begun;
};

static bool open_sources(struct source *sources, hence_loop *loop);
static hence_result read_all(void *arg);
static hence_result read_one(void *arg);
static hence_result get_from_either(struct source *source);
static hence_result get_from_server(void *arg);
static hence_result ask_mirror(void *arg);
static hence_result get_within_limit(struct source *source, struct poetry_server *server);
static double seconds_since(const struct source *source);

int main(void)
{
    struct source sources[POEMS];
    hence_loop *loop = hence_loop_new(NULL);
    bool ok = false;
    if (loop && open_sources(sources, loop)) {
        hence_future *all = hence_spawn(loop, read_all, sources);
        hence_result r = hence_loop_run_until_complete(loop, all);
        ok = hence_as_int(&r) == POEMS - 1;
        hence_drop(r);
        hence_future_unref(all);
    }
    for (int i = 0; loop && i < POEMS; i++) {
        poetry_server_free(sources[i].server);
        poetry_server_free(sources[i].mirror);
    }
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool open_sources(struct source *sources, hence_loop *loop)
{
    static const struct poem *const poems[POEMS] = {&poem_dawn, &poem_rain, &poem_night};
    static const double paces[POEMS] = {0.1, 60, 60}; /* two of the servers are stuck */
    struct event_base *base = hence_loop_base(loop);
    bool ok = true;
    for (int i = 0; i < POEMS; i++) {
        sources[i] = (struct source){.loop = loop, .poem = poems[i]};
        sources[i].server = poetry_server_new(base, poems[i], paces[i], 0);
        sources[i].begun = hence_loop_time(loop);
        ok = ok && sources[i].server;
    }
    sources[1].mirror = poetry_server_new(base, poems[1], 0.1, 0);
    if (ok)
        sources[0].server->hang_ups = 1;
    return ok && sources[1].mirror;
}

//! [all]
static hence_result read_all(void *arg)
{
    struct source *sources = arg;
    hence_future *poems[POEMS];
    for (int i = 0; i < POEMS; i++)
        poems[i] = hence_spawn(sources->loop, read_one, &sources[i]);

    int64_t number = 0;
    for (int i = 0; i < POEMS; i++) {
        hence_result r = hence_await(poems[i]);
        number += hence_as_int(&r);
        hence_drop(r);
    }
    printf("%" PRId64 " of %d poems, after %.1f s\n", number, POEMS, seconds_since(sources));
    return hence_int(number);
}

static hence_result read_one(void *arg)
{
    struct source *source = arg;
    const char *title = source->poem->title;
    hence_result r = get_from_either(source);
    bool ok = hence_is_value(&r);
    if (ok)
        print_poem(title, hence_as(&r, free), seconds_since(source));
    else
        printf("%s: %s\n", title, hence_failure_message(hence_as_failure(&r)));
    hence_drop(r);
    return hence_int(ok);
}
//! [all]

//! [either]
static hence_result get_from_either(struct source *source)
{
    if (!source->mirror)
        return get_from_server(source); /* it waits in there */
    hence_deferred *both[] = {
        hence_inline_callbacks(get_from_server, source),
        hence_inline_callbacks(ask_mirror, source),
    };
    hence_deferred *d = hence_race(both, 2); /* the other one is cancelled */
    hence_deferred_add_callback(d, hence_unwrap, NULL);
    return hence_await_deferred(d);
}

static hence_result ask_mirror(void *arg)
{
    struct source *source = arg;
    hence_result r = hence_co_sleep(HEAD_START);
    if (hence_is_failure(&r))
        return r;
    printf("%s: the mirror is asked too\n", source->poem->title);
    return get_within_limit(source, source->mirror);
}
//! [either]

//! [attempts]
static hence_result get_from_server(void *arg)
{
    struct source *source = arg;
    for (int attempt = 1;; attempt++) {
        hence_result r = get_within_limit(source, source->server);
        if (hence_is_value(&r) || hence_is_cancelled(&r) || attempt == MAX_ATTEMPTS)
            return r;
        printf("%s: %s; again\n", source->poem->title, hence_failure_message(hence_as_failure(&r)));
        hence_drop(r);
        r = hence_co_sleep(REST);
        if (hence_is_failure(&r))
            return r;
    }
}

static hence_result get_within_limit(struct source *source, struct poetry_server *server)
{
    hence_deferred *d = get_poem(source->loop, &server->address);
    hence_deferred_add_timeout(d, source->loop, TIME_LIMIT, NULL, NULL);
    return hence_await_deferred(d);
}
//! [attempts]

static double seconds_since(const struct source *source)
{
    return (double)(hence_loop_time(source->loop) - source->begun) / 1e9;
}
