/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The same three poems with Deferreds: each poem is one, all of them together are one, and nobody has to
 * count.
 *
 *     cc 43_poetry_deferreds.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     Dawn, after 0.4 s:
 *         The light comes in on stockinged feet
 *         ...
 *     Rain, after 0.8 s:
 *         ...
 *     Night, after 1.2 s:
 *         ...
 *     3 of 3 poems, after 1.2 s
 */
#include "poetry_get.h"

#include <inttypes.h>

#define POEMS 3

struct source {
    hence_loop *loop;
    struct poetry_server *server;
    int64_t begun;
};

static bool open_sources(struct source *sources, hence_loop *loop);
static hence_deferred *read_all(struct source *sources);
static hence_deferred *read_one(struct source *source);
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
        ok = hence_as_int(&r) == POEMS;
        hence_drop(r);
    }
    for (int i = 0; loop && i < POEMS; i++)
        poetry_server_free(sources[i].server);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool open_sources(struct source *sources, hence_loop *loop)
{
    static const struct poem *const poems[POEMS] = {&poem_dawn, &poem_rain, &poem_night};
    bool ok = true;
    for (int i = 0; i < POEMS; i++) {
        sources[i].loop = loop;
        sources[i].begun = hence_loop_time(loop);
        sources[i].server = poetry_server_new(hence_loop_base(loop), poems[i], 0.1 * (i + 1), 0);
        ok = ok && sources[i].server;
    }
    return ok;
}

//! [all]
static hence_deferred *read_all(struct source *sources)
{
    hence_deferred *poems[POEMS];
    for (int i = 0; i < POEMS; i++)
        poems[i] = read_one(&sources[i]);
    hence_deferred *d = hence_gather_results(poems, POEMS, 0);
    hence_deferred_add_callback(d, print_number, sources);
    return d;
}

static hence_deferred *read_one(struct source *source)
{
    hence_deferred *d = get_poem(source->loop, &source->server->address);
    hence_deferred_add_callbacks(d, print, explain, source);
    return d;
}
//! [all]

//! [one]
static hence_result print(hence_result *in, void *arg)
{
    const struct source *source = arg;
    print_poem(source->server->poem->title, hence_as(in, free), seconds_since(source));
    return hence_int(1);
}

static hence_result explain(hence_result *in, void *arg)
{
    const struct source *source = arg;
    printf("%s: %s\n", source->server->poem->title, hence_failure_message(hence_as_failure(in)));
    return hence_int(0); /* handled: the others are still wanted */
}
//! [one]

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
