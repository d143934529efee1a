/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The three poems as a whole program, with hence_main(): Ctrl-C hangs up on those that are still on their
 * way, the servers are closed in order, and the exit status says how it ended.
 *
 *     cc 45_poetry_main.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     Dawn, after 0.4 s:
 *         The light comes in on stockinged feet
 *         ...
 *     Rain, after 0.8 s:
 *         ...
 *     ^C                                                          (after a second)
 *     Night: cancelled
 *     the servers are closed
 *     exit status 130
 *
 * The program interrupts itself; Ctrl-C does it sooner.
 */
#include "poetry_get.h"

#include <signal.h>

#define POEMS 3

struct source {
    hence_loop *loop;
    const struct poem *poem;
    struct poetry_server *server;
    int64_t begun;
};

static hence_deferred *read_all(hence_loop *loop, void *arg);
static bool prepare(struct source *sources, hence_loop *loop);
static hence_result close_servers(void *arg);
static hence_deferred *read_one(struct source *source);
static hence_result print(hence_result *in, void *arg);
static hence_result explain(hence_result *in, void *arg);
static void press_control_c(void *arg);
static double seconds_since(const struct source *source);

//! [main]
int main(void)
{
    struct source sources[POEMS] = {
        {.poem = &poem_dawn}, {.poem = &poem_rain}, {.poem = &poem_night}};
    int status = hence_main(read_all, sources);
    printf("exit status %d\n", status);
    return status == 128 + SIGINT ? EXIT_SUCCESS : EXIT_FAILURE;
}

static hence_deferred *read_all(hence_loop *loop, void *arg)
{
    struct source *sources = arg;
    if (!prepare(sources, loop))
        return hence_deferred_fail(hence_fail(HENCE_EFAILED, "cannot open the servers"));
    hence_deferred *poems[POEMS];
    for (int i = 0; i < POEMS; i++)
        poems[i] = read_one(&sources[i]);
    return hence_gather_results(poems, POEMS, 0);
}
//! [main]

//! [prepare]
static bool prepare(struct source *sources, hence_loop *loop)
{
    if (hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_DURING, close_servers, sources, NULL) < 0 ||
        hence_call_later(loop, HENCE_SECONDS(1), press_control_c, NULL, NULL) < 0)
        return false;
    bool ok = true;
    for (int i = 0; i < POEMS; i++) {
        struct source *source = &sources[i];
        source->loop = loop;
        source->begun = hence_loop_time(loop);
        source->server = poetry_server_new(hence_loop_base(loop), source->poem, 0.1 * (i + 1), 0);
        ok = ok && source->server;
    }
    return ok;
}

static hence_result close_servers(void *arg)
{
    struct source *sources = arg;
    for (int i = 0; i < POEMS; i++)
        poetry_server_free(sources[i].server);
    puts("the servers are closed");
    return hence_none();
}
//! [prepare]

//! [one]
static hence_deferred *read_one(struct source *source)
{
    hence_deferred *d = get_poem(source->loop, &source->server->address);
    hence_deferred_add_callbacks(d, print, explain, source);
    return d;
}

static hence_result print(hence_result *in, void *arg)
{
    const struct source *source = arg;
    print_poem(source->poem->title, hence_as(in, free), seconds_since(source));
    return hence_none();
}

static hence_result explain(hence_result *in, void *arg)
{
    const struct source *source = arg;
    printf("%s: %s\n", source->poem->title, hence_failure_message(hence_as_failure(in)));
    return hence_take(in); /* not handled: all of it has failed, or was cancelled */
}
//! [one]

static void press_control_c(void *arg)
{
    (void)arg;
    puts("^C");
    raise(SIGINT);
}

static double seconds_since(const struct source *source)
{
    return (double)(hence_loop_time(source->loop) - source->begun) / 1e9;
}
