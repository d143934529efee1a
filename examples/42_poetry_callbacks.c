/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Three poems at once, with callbacks of libevent and nothing else. What waits for what is kept by
 * hand: how many are on their way, whether one has failed, and who frees what, and when.
 *
 *     cc 42_poetry_callbacks.c -levent_core && ./a.out
 *     Dawn, after 0.4 s:
 *         The light comes in on stockinged feet
 *         ...
 *     Rain, after 0.8 s:
 *         ...
 *     Night, after 1.2 s:
 *         ...
 *     3 of 3 poems, after 1.2 s
 */
#include "poetry.h"

#include <stdbool.h>

#define POEMS 3

struct reading {
    struct event_base *base;
    struct poetry_server *servers[POEMS];
    struct timeval begun;
    int pending, complete;
};

struct download {
    struct reading *reading;
    const char *title;
    struct bufferevent *buffers;
};

static bool open_servers(struct reading *reading);
static void get_all(struct reading *reading);
static bool get_poem(struct reading *reading, const struct poetry_server *server);
static void on_event(struct bufferevent *buffers, short what, void *arg);
static void one_has_ended(struct reading *reading, bool complete);
static double seconds_since(const struct reading *reading);

int main(void)
{
    struct reading reading = {.base = event_base_new()};
    bool ok = reading.base && open_servers(&reading);
    if (ok) {
        get_all(&reading);
        ok = event_base_dispatch(reading.base) >= 0 && reading.complete == POEMS;
    }
    for (int i = 0; i < POEMS; i++)
        poetry_server_free(reading.servers[i]);
    if (reading.base)
        event_base_free(reading.base);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool open_servers(struct reading *reading)
{
    reading->servers[0] = poetry_server_new(reading->base, &poem_dawn, 0.1, 0);
    reading->servers[1] = poetry_server_new(reading->base, &poem_rain, 0.2, 0);
    reading->servers[2] = poetry_server_new(reading->base, &poem_night, 0.3, 0);
    return reading->servers[0] && reading->servers[1] && reading->servers[2];
}

//! [begin]
static void get_all(struct reading *reading)
{
    event_base_gettimeofday_cached(reading->base, &reading->begun);
    reading->pending = POEMS; /* before the first one may end */
    for (int i = 0; i < POEMS; i++) {
        if (!get_poem(reading, reading->servers[i]))
            one_has_ended(reading, false);
    }
}

static bool get_poem(struct reading *reading, const struct poetry_server *server)
{
    const struct sockaddr *address = (const struct sockaddr *)&server->address;
    struct download *download = calloc(1, sizeof *download);
    if (!download)
        return false;
    download->reading = reading;
    download->title = server->poem->title;
    download->buffers = bufferevent_socket_new(reading->base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!download->buffers) {
        free(download);
        return false;
    }
    bufferevent_setcb(download->buffers, NULL, NULL, on_event, download);
    if (bufferevent_enable(download->buffers, EV_READ) < 0 ||
        bufferevent_socket_connect(download->buffers, address, sizeof server->address) < 0) {
        bufferevent_free(download->buffers);
        free(download);
        return false;
    }
    return true;
}
//! [begin]

//! [end]
static void on_event(struct bufferevent *buffers, short what, void *arg)
{
    struct download *download = arg;
    struct reading *reading = download->reading;
    char *text = NULL;
    if (what & BEV_EVENT_CONNECTED)
        return;
    if (what & BEV_EVENT_EOF)
        text = copy_text(bufferevent_get_input(buffers));
    if (text)
        print_poem(download->title, text, seconds_since(reading));
    else
        printf("%s: lost\n", download->title);
    bool complete = text != NULL;
    free(text);
    bufferevent_free(buffers);
    free(download);
    one_has_ended(reading, complete);
}

static void one_has_ended(struct reading *reading, bool complete)
{
    reading->complete += complete;
    if (--reading->pending > 0)
        return;
    printf("%d of %d poems, after %.1f s\n", reading->complete, POEMS, seconds_since(reading));
    event_base_loopbreak(reading->base); /* the servers would keep it running */
}
//! [end]

static double seconds_since(const struct reading *reading)
{
    struct timeval now;
    event_base_gettimeofday_cached(reading->base, &now);
    evutil_timersub(&now, &reading->begun, &now);
    return (double)now.tv_sec + (double)now.tv_usec / 1e6;
}
