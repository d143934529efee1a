/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A story in five programs: poems that come slowly, and who reads them. This is the first: a server that
 * sends a poem line by line, and a reader to see it.
 *
 *     cc 41_poetry_server.c -levent_core && ./a.out
 *     0.5 s: The light comes in on stockinged feet
 *     1.0 s: and finds the cups still on the shelf;
 *     1.5 s: it warms the floor, it warms the street,
 *     2.0 s: and last of all it warms itself.
 *     2.0 s: (the end)
 *
 * With ports it serves others, `./a.out 4001 4002 4003` and then `nc localhost 4001`, until Ctrl-C.
 */
#include "poetry.h"

#include <stdbool.h>

#define POEMS 3

static const struct poem *const poems[POEMS] = {&poem_dawn, &poem_rain, &poem_night};
static struct timeval begun;

static bool serve(struct event_base *base, struct poetry_server **servers, int n, char **ports);
static bool read_one(struct event_base *base, struct poetry_server **server);
static void on_line(struct bufferevent *buffers, void *arg);
static void on_end(struct bufferevent *buffers, short what, void *arg);
static void print_time(struct event_base *base);

int main(int argc, char **argv)
{
    struct poetry_server *servers[POEMS] = {NULL};
    struct event_base *base = event_base_new();
    bool ok =
        base && (argc > 1 ? serve(base, servers, argc - 1, argv + 1) : read_one(base, servers));
    if (!ok)
        perror("poetry");
    ok = ok && event_base_dispatch(base) >= 0;
    for (int i = 0; i < POEMS; i++)
        poetry_server_free(servers[i]);
    if (base)
        event_base_free(base);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool serve(struct event_base *base, struct poetry_server **servers, int n, char **ports)
{
    for (int i = 0; i < n && i < POEMS; i++) {
        servers[i] = poetry_server_new(base, poems[i], 0.5, atoi(ports[i]));
        if (!servers[i])
            return false;
        printf("%s is on 127.0.0.1, port %s\n", poems[i]->title, ports[i]);
    }
    return true;
}

/* ---- the reader ---- */

static bool read_one(struct event_base *base, struct poetry_server **server)
{
    *server = poetry_server_new(base, &poem_dawn, 0.5, 0);
    if (!*server || event_base_gettimeofday_cached(base, &begun) < 0)
        return false;
    const struct sockaddr_in *address = &(*server)->address;
    struct bufferevent *buffers = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!buffers)
        return false;
    bufferevent_setcb(buffers, on_line, NULL, on_end, base);
    if (bufferevent_enable(buffers, EV_READ) < 0 ||
        bufferevent_socket_connect(buffers, (const struct sockaddr *)address, sizeof *address) <
            0) {
        bufferevent_free(buffers);
        return false;
    }
    return true;
}

static void on_line(struct bufferevent *buffers, void *arg)
{
    char *line;
    while ((line = evbuffer_readln(bufferevent_get_input(buffers), NULL, EVBUFFER_EOL_LF))) {
        print_time(arg);
        puts(line);
        free(line);
    }
}

static void on_end(struct bufferevent *buffers, short what, void *arg)
{
    if (what & BEV_EVENT_CONNECTED)
        return;
    print_time(arg);
    puts(what & BEV_EVENT_EOF ? "(the end)" : "(broken off)");
    bufferevent_free(buffers);
    event_base_loopbreak(arg);
}

static void print_time(struct event_base *base)
{
    struct timeval now;
    event_base_gettimeofday_cached(base, &now);
    evutil_timersub(&now, &begun, &now);
    printf("%.1f s: ", (double)now.tv_sec + (double)now.tv_usec / 1e6);
}
