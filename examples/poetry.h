/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the programs 41 to 46 have in common: three poems, and a server that sends one of them slowly, a
 * line at a time, to each who connects to it; then it closes the connection. It is written with libevent
 * alone, and stands in for one that is far away.
 */
#ifndef POETRY_H
#define POETRY_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

/* ---- the poems ---- */

struct poem {
    const char *title;
    const char *lines[5]; /* the last one is followed by NULL */
};

static const struct poem poem_dawn = {
    "Dawn",
    {
        "The light comes in on stockinged feet",
        "and finds the cups still on the shelf;",
        "it warms the floor, it warms the street,",
        "and last of all it warms itself.",
        NULL,
    },
};

static const struct poem poem_rain = {
    "Rain",
    {
        "It rains on those who wait for trains,",
        "on those who are already there;",
        "the gutters hum, the roof complains,",
        "the river has it all to spare.",
        NULL,
    },
};

static const struct poem poem_night = {
    "Night",
    {
        "The lamps go out along the quay,",
        "the last tram grumbles to its bed;",
        "what could not be today may be",
        "tomorrow, or be dreamt instead.",
        NULL,
    },
};

/* Prints what came of a poem, and how long it took. */
static inline void print_poem(const char *title, const char *text, double seconds)
{
    printf("%s, after %.1f s:\n", title, seconds);
    while (*text) {
        int length = (int)strcspn(text, "\n");
        printf("    %.*s\n", length, text);
        text += length + (text[length] == '\n');
    }
}

/* What has come so far, to be freed; NULL: nothing, or there is no memory. */
static inline char *copy_text(struct evbuffer *input)
{
    size_t length = evbuffer_get_length(input);
    char *text = length > 0 ? malloc(length + 1) : NULL;
    if (text) {
        evbuffer_copyout(input, text, length);
        text[length] = '\0';
    }
    return text;
}

/* ---- the server ---- */

struct poetry_server {
    struct event_base *base;
    const struct poem *poem;
    struct timeval pace; /* between two lines */
    int hang_ups;        /* so many readers who come next get nothing */
    struct evconnlistener *listener;
    struct sockaddr_in address; /* where to connect to */
    LIST_HEAD(, poetry_reader) readers;
};

struct poetry_reader {
    LIST_ENTRY(poetry_reader) entry;
    struct bufferevent *buffers;
    struct event *timer;
    const char *const *next_line;
};

static inline void poetry_reader_close(struct poetry_reader *reader)
{
    LIST_REMOVE(reader, entry);
    if (reader->timer)
        event_free(reader->timer);
    bufferevent_free(reader->buffers);
    free(reader);
}

//! [line]
static inline void poetry_on_time(evutil_socket_t fd, short what, void *arg)
{
    struct poetry_reader *reader = arg;
    (void)fd;
    (void)what;
    if (!*reader->next_line)
        return; /* the last one has not been sent so far */
    if (evbuffer_add_printf(bufferevent_get_output(reader->buffers), "%s\n", *reader->next_line++) <
        0)
        poetry_reader_close(reader);
}

static inline void poetry_on_sent(struct bufferevent *buffers, void *arg)
{
    struct poetry_reader *reader = arg;
    (void)buffers;
    if (!*reader->next_line)
        poetry_reader_close(reader); /* the end of the connection is the end of the poem */
}
//! [line]

static inline void poetry_on_gone(struct bufferevent *buffers, short what, void *arg)
{
    (void)buffers;
    (void)what;
    poetry_reader_close(arg);
}

static inline void poetry_on_reader(struct evconnlistener *listener, evutil_socket_t fd,
                                    struct sockaddr *from, int length, void *arg)
{
    struct poetry_server *server = arg;
    struct poetry_reader *reader = NULL;
    (void)listener;
    (void)from;
    (void)length;
    if (server->hang_ups > 0)
        server->hang_ups--;
    else
        reader = calloc(1, sizeof *reader);
    if (reader)
        reader->buffers = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (!reader || !reader->buffers) {
        free(reader);
        evutil_closesocket(fd);
        return;
    }
    LIST_INSERT_HEAD(&server->readers, reader, entry);
    reader->next_line = server->poem->lines;
    reader->timer = event_new(server->base, -1, EV_PERSIST, poetry_on_time, reader);
    bufferevent_setcb(reader->buffers, NULL, poetry_on_sent, poetry_on_gone, reader);
    if (!reader->timer || event_add(reader->timer, &server->pace) < 0 ||
        bufferevent_enable(reader->buffers, EV_READ) < 0)
        poetry_reader_close(reader);
}

/* Ends it, and its connections. NULL is accepted. */
static inline void poetry_server_free(struct poetry_server *server)
{
    if (!server)
        return;
    while (!LIST_EMPTY(&server->readers))
        poetry_reader_close(LIST_FIRST(&server->readers));
    if (server->listener)
        evconnlistener_free(server->listener);
    free(server);
}

/* One on 127.0.0.1. `pace`: seconds before each line; `port`: 0 for any. NULL: it cannot be had. */
static inline struct poetry_server *poetry_server_new(struct event_base *base,
                                                      const struct poem *poem, double pace,
                                                      int port)
{
    const unsigned options = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
    struct poetry_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->base = base;
    server->poem = poem;
    server->pace.tv_sec = (time_t)pace;
    server->pace.tv_usec = (suseconds_t)((pace - (double)server->pace.tv_sec) * 1e6);
    server->address.sin_family = AF_INET;
    server->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->address.sin_port = htons((uint16_t)port);

    struct sockaddr *address = (struct sockaddr *)&server->address;
    socklen_t length = sizeof server->address;
    server->listener =
        evconnlistener_new_bind(base, poetry_on_reader, server, options, -1, address, (int)length);
    if (!server->listener ||
        getsockname(evconnlistener_get_fd(server->listener), address, &length) < 0) {
        poetry_server_free(server);
        return NULL;
    }
    return server;
}

#endif
