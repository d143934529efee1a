/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Three poems, and servers that let one down. A time limit for each attempt, a second attempt, and a
 * mirror that is asked as well when a server takes its time: whoever is first is printed.
 *
 *     cc 44_poetry_timeouts.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
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
    int attempts;                          /* at the server */
    int64_t begun;
};

static bool open_sources(struct source *sources, hence_loop *loop);
static hence_deferred *read_all(struct source *sources);
static hence_deferred *get_from_either(struct source *source);
static hence_deferred *get_from_server(struct source *source);
static hence_deferred *get_within_limit(struct source *source, struct poetry_server *server);
static hence_result try_again(hence_result *in, void *arg);
static hence_result next_attempt(void *arg);
static hence_result ask_mirror(void *arg);
static hence_result print(hence_result *in, void *arg);
static hence_result explain(hence_result *in, void *arg);
static hence_result print_number(hence_result *in, void *arg);
static double seconds_since(const struct source *source);

int main(void)
{
    struct source sources[POEMS];
    hence_loop *loop = hence_loop_new(NULL);
    bool ok = false;
    if (loop && open_sources(sources, loop)) {
        hence_result r = hence_loop_run_until_complete_deferred(loop, read_all(sources));
        ok = hence_as_int(&r) == POEMS - 1;
        hence_drop(r);
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

static hence_deferred *read_all(struct source *sources)
{
    hence_deferred *poems[POEMS];
    for (int i = 0; i < POEMS; i++) {
        poems[i] = get_from_either(&sources[i]);
        hence_deferred_add_callbacks(poems[i], print, explain, &sources[i]);
    }
    hence_deferred *d = hence_gather_results(poems, POEMS, 0);
    hence_deferred_add_callback(d, print_number, sources);
    return d;
}

//! [either]
static hence_deferred *get_from_either(struct source *source)
{
    if (!source->mirror)
        return get_from_server(source);
    hence_deferred *both[] = {
        get_from_server(source),
        hence_defer_later(source->loop, HEAD_START, ask_mirror, source),
    };
    hence_deferred *d = hence_race(both, 2);
    hence_deferred_add_callback(d, hence_unwrap, NULL);
    return d;
}

static hence_result ask_mirror(void *arg)
{
    struct source *source = arg;
    printf("%s: the mirror is asked too\n", source->poem->title);
    return hence_chain(get_within_limit(source, source->mirror));
}
//! [either]

//! [attempts]
static hence_deferred *get_within_limit(struct source *source, struct poetry_server *server)
{
    hence_deferred *d = get_poem(source->loop, &server->address);
    hence_deferred_add_timeout(d, source->loop, TIME_LIMIT, NULL, NULL);
    return d;
}

static hence_deferred *get_from_server(struct source *source)
{
    hence_deferred *d = get_within_limit(source, source->server);
    hence_deferred_add_errback(d, try_again, source);
    return d;
}

static hence_result try_again(hence_result *in, void *arg)
{
    struct source *source = arg;
    if (hence_is_cancelled(in) || ++source->attempts == MAX_ATTEMPTS)
        return hence_take(in); /* somebody else was first, or it has been enough */
    printf("%s: %s; again\n", source->poem->title, hence_failure_message(hence_as_failure(in)));
    return hence_chain(hence_defer_later(source->loop, REST, next_attempt, source));
}

static hence_result next_attempt(void *arg)
{
    return hence_chain(get_from_server(arg));
}
//! [attempts]

/* ---- as before ---- */

static hence_result print(hence_result *in, void *arg)
{
    const struct source *source = arg;
    print_poem(source->poem->title, hence_as(in, free), seconds_since(source));
    return hence_int(1);
}

static hence_result explain(hence_result *in, void *arg)
{
    const struct source *source = arg;
    printf("%s: %s\n", source->poem->title, hence_failure_message(hence_as_failure(in)));
    return hence_int(0);
}

static hence_result print_number(hence_result *in, void *arg)
{
    const hence_list *list = hence_as_list(in);
    int64_t number = 0;
    for (size_t i = 0; i < hence_list_size(list); i++)
        number += hence_as_int(hence_list_at(list, i));
    printf("%" PRId64 " of %d poems, after %.1f s\n", number, POEMS, seconds_since(arg));
    return hence_int(number);
}

static double seconds_since(const struct source *source)
{
    return (double)(hence_loop_time(source->loop) - source->begun) / 1e9;
}
