/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A server for lines of text as it is written with libevent, with a listener, bufferevents and
 * event_base_dispatch(), whose replies come later: each request is a Deferred. Requests of a
 * connection run side by side and are answered in their order; a reply that takes more than a second
 * is cancelled; a connection that goes away cancels what it has asked for; and SIGINT ends it all as
 * soon as what was asked for before is answered.
 *
 *     cc 31_line_server.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     ann: square 3
 *     ann: sleep 0.2 hello
 *     ann: square 4
 *                      ann: 9
 *                      ann: hello                                 (after 0.2 seconds)
 *                      ann: 16
 *     bob: slow
 *     bob: square it
 *     cy: sleep 0.9 too late for me
 *     cy goes away
 *     server: a connection has gone, cancelled: 1
 *                      bob: error timed out                       (a second after it was asked)
 *                      bob: error not a number: it
 *     ann: sleep 0.5 goodbye
 *     SIGINT
 *                      bob: (the end)
 *     ann: square 5
 *                      ann: goodbye
 *                      ann: error the server is stopping
 *                      ann: (the end)
 *     server: stopped
 *
 * With a port it serves others, `./a.out 4000` and then `nc localhost 4000`, until Ctrl-C.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <hence/hence.h>

#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIME_LIMIT   HENCE_SECONDS(1)
#define MAX_LINE     1024  /* bytes of a request */
#define MAX_REQUESTS 16    /* of a connection, that wait */
#define MAX_OUTPUT   65536 /* bytes that a connection has not read yet */

struct server {
    struct event_base *base;
    hence_loop *loop;
    struct evconnlistener *listener; /* NULL: it takes no new connections */
    struct event *interrupt;
    hence_call listen_again;
    struct connection *connections;
    bool stopping;
};

struct connection {
    struct server *server;
    struct connection *next;
    struct bufferevent *buffers;
    struct request *first, **last; /* in the order in which they came */
    int requests;
    bool held; /* nothing is read until there is room again */
};

struct request {
    struct connection *connection;
    struct request *next;
    hence_deferred *reply; /* NULL: the answer is there */
    hence_call time_limit;
    hence_result answer;
};

static bool server_open(struct server *server, struct event_base *base);
static void server_close(struct server *server);
static bool serve(struct server *server, const char *port);
static bool play(struct server *server);
static void end_play(void);

static bool add_connection(struct server *server, evutil_socket_t fd);
static void close_connection(struct connection *c);
static void fail_connection(struct connection *c);
static void on_line(struct bufferevent *buffers, void *arg);
static void on_written(struct bufferevent *buffers, void *arg);
static void on_gone(struct bufferevent *buffers, short what, void *arg);
static void on_interrupt(evutil_socket_t number, short what, void *arg);

static bool begin_request(struct connection *c, const char *line);
static void too_late(void *arg);
static hence_result reply_ready(hence_result *in, void *arg);
static void send_replies(struct connection *c);
static int end_request(struct connection *c);

static hence_deferred *reply_to(struct server *server, const char *line);

/* ---- the server ---- */

//! [main]
int main(int argc, char **argv)
{
    struct server server;
    struct event_base *base = event_base_new();
    bool ok = base && server_open(&server, base);
    if (ok)
        ok = argc > 1 ? serve(&server, argv[1]) : play(&server);
    if (ok)
        ok = event_base_dispatch(base) >= 0; /* until SIGINT, and all connections are closed */
    end_play();
    if (base) {
        server_close(&server);
        event_base_free(base);
    }
    puts(ok ? "server: stopped" : "server: failed");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool server_open(struct server *server, struct event_base *base)
{
    signal(SIGPIPE, SIG_IGN);
    *server = (struct server){.base = base, .loop = hence_loop_new(base)};
    server->interrupt = evsignal_new(base, SIGINT, on_interrupt, server);
    return server->loop && server->interrupt && event_add(server->interrupt, NULL) == 0;
}

/* All that is left of it, whatever has failed. */
static void server_close(struct server *server)
{
    while (server->connections)
        close_connection(server->connections);
    if (server->listener)
        evconnlistener_free(server->listener);
    if (server->interrupt)
        event_free(server->interrupt);
    hence_loop_free(server->loop); /* before the base */
}
//! [main]

//! [stop]
static void on_interrupt(evutil_socket_t number, short what, void *arg)
{
    struct server *server = arg;
    struct connection *next;
    (void)number;
    (void)what;

    server->stopping = true;
    event_del(server->interrupt); /* a second one ends the program at once */
    hence_call_cancel(server->loop, server->listen_again);
    if (server->listener)
        evconnlistener_free(server->listener);
    server->listener = NULL;
    for (struct connection *c = server->connections; c; c = next) {
        next = c->next;
        on_written(c->buffers, c); /* those with nothing to wait for are closed */
    }
}

/* All that there was to send has been sent. */
static void on_written(struct bufferevent *buffers, void *arg)
{
    struct connection *c = arg;
    if (!c->server->stopping)
        send_replies(c); /* it may have been held */
    else if (!c->first && !evbuffer_get_length(bufferevent_get_output(buffers)))
        close_connection(c);
}
//! [stop]

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                      int length, void *arg)
{
    (void)listener;
    (void)from;
    (void)length;
    add_connection(arg, fd);
}

static void listen_again(void *arg)
{
    struct server *server = arg;
    evconnlistener_enable(server->listener);
}

/* No descriptors, or no memory: a second later there may be. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct server *server = arg;
    perror("accept");
    if (hence_call_later(server->loop, HENCE_SECONDS(1), listen_again, server,
                         &server->listen_again) == 0)
        evconnlistener_disable(listener);
}

static bool serve(struct server *server, const char *port)
{
    const unsigned options = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
    char text[32];
    struct sockaddr_in address;
    int length = (int)sizeof address;
    snprintf(text, sizeof text, "127.0.0.1:%s", port);
    if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &length) < 0) {
        fprintf(stderr, "%s is not a port\n", port);
        return false;
    }
    server->listener = evconnlistener_new_bind(server->base, on_accept, server, options, -1,
                                               (struct sockaddr *)&address, length);
    if (!server->listener) {
        perror(text);
        return false;
    }
    evconnlistener_set_error_cb(server->listener, on_accept_error);
    printf("server: listening on %s\n", text);
    return true;
}

/* ---- connections ---- */

/* Takes the descriptor, which does not block. */
static bool add_connection(struct server *server, evutil_socket_t fd)
{
    const struct timeval write_limit = {.tv_sec = 10};
    struct connection *c = calloc(1, sizeof *c);
    if (c)
        c->buffers = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (!c || !c->buffers) {
        evutil_closesocket(fd);
        free(c);
        return false;
    }
    c->server = server;
    c->last = &c->first;
    c->next = server->connections;
    server->connections = c;
    bufferevent_setcb(c->buffers, on_line, on_written, on_gone, c);
    bufferevent_setwatermark(c->buffers, EV_READ, 0, MAX_LINE);
    if (bufferevent_set_timeouts(c->buffers, NULL, &write_limit) < 0 ||
        bufferevent_enable(c->buffers, EV_READ) < 0) {
        close_connection(c);
        return false;
    }
    return true;
}

//! [gone]
static void close_connection(struct connection *c)
{
    while (c->first) {
        hence_deferred_forget(c->first->reply); /* cancels it, and runs no step of it any more */
        end_request(c);
    }
    struct connection **at = &c->server->connections;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    bufferevent_free(c->buffers);
    free(c);
}

static void on_gone(struct bufferevent *buffers, short what, void *arg)
{
    struct connection *c = arg;
    (void)buffers;
    (void)what; /* its end, an error, or it does not read what is sent */
    printf("server: a connection has gone, cancelled: %d\n", c->requests);
    close_connection(c);
}
//! [gone]

/* Something is lost for want of memory: better no reply than the wrong one. Not now, since its own
 * requests may be running. */
static void fail_connection(struct connection *c)
{
    bufferevent_disable(c->buffers, EV_READ | EV_WRITE);
    bufferevent_trigger_event(c->buffers, BEV_EVENT_ERROR, BEV_TRIG_DEFER_CALLBACKS);
}

static bool has_room(const struct connection *c)
{
    return c->requests < MAX_REQUESTS &&
           evbuffer_get_length(bufferevent_get_output(c->buffers)) < MAX_OUTPUT;
}

static void on_line(struct bufferevent *buffers, void *arg)
{
    struct connection *c = arg;
    struct evbuffer *input = bufferevent_get_input(buffers);
    char *line = NULL;
    bool ok = true;
    while (ok && has_room(c) && (line = evbuffer_readln(input, NULL, EVBUFFER_EOL_CRLF))) {
        ok = begin_request(c, line);
        free(line);
    }
    if (!ok || (has_room(c) && evbuffer_get_length(input) >= MAX_LINE)) {
        fail_connection(c);
    } else if (!has_room(c)) {
        c->held = true; /* the client has to wait, and its requests stay in the socket */
        bufferevent_disable(buffers, EV_READ);
    }
}

/* ---- requests ---- */

//! [request]
static bool begin_request(struct connection *c, const char *line)
{
    struct request *r = calloc(1, sizeof *r);
    if (!r || hence_call_later(c->server->loop, TIME_LIMIT, too_late, r, &r->time_limit) < 0) {
        free(r);
        return false;
    }
    r->connection = c;
    *c->last = r;
    c->last = &r->next;
    c->requests++;

    r->reply = reply_to(c->server, line);
    bool waits = r->reply != NULL; /* else there was no memory, which reply_ready() is told */
    /* if the answer is there already, reply_ready() runs now, and r may be gone */
    return hence_deferred_add_both(r->reply, reply_ready, r) == 0 || !waits;
}

static void too_late(void *arg)
{
    struct request *r = arg;
    hence_deferred_cancel(r->reply); /* whatever it waits for stops; reply_ready() is told */
}

static hence_result reply_ready(hence_result *in, void *arg)
{
    struct request *r = arg;
    r->answer = hence_take(in);
    r->reply = hence_deferred_unref(r->reply);
    send_replies(r->connection);
    return hence_none();
}
//! [request]

//! [in-order]
static int send_answer(struct evbuffer *output, const hence_result *answer)
{
    if (hence_is_failure_of(answer, &hence_domain_hence, HENCE_ECANCELLED))
        return evbuffer_add_printf(output, "error timed out\n");
    if (hence_is_failure(answer))
        return evbuffer_add_printf(output, "error %s\n",
                                   hence_failure_message(hence_as_failure(answer)));
    if (hence_is_int(answer))
        return evbuffer_add_printf(output, "%" PRId64 "\n", hence_as_int(answer));
    return evbuffer_add_printf(output, "%s\n", (const char *)hence_as(answer, free));
}

/* Those that are there, up to the first that is not. */
static void send_replies(struct connection *c)
{
    struct evbuffer *output = bufferevent_get_output(c->buffers);
    int sent = 0;
    while (sent >= 0 && c->first && !c->first->reply) {
        sent = send_answer(output, &c->first->answer);
        end_request(c);
    }
    if (sent < 0) {
        fail_connection(c);
    } else if (c->held && has_room(c)) {
        c->held = false;
        bufferevent_enable(c->buffers, EV_READ);
        bufferevent_trigger(c->buffers, EV_READ, BEV_TRIG_DEFER_CALLBACKS); /* what is there */
    }
}
//! [in-order]

/* The first one. */
static int end_request(struct connection *c)
{
    struct request *r = c->first;
    c->first = r->next;
    if (!c->first)
        c->last = &c->first;
    hence_call_cancel(c->server->loop, r->time_limit);
    hence_drop(r->answer);
    free(r);
    return --c->requests;
}

/* ---- what it can do ---- */

//! [reply]
static hence_result give_square(hence_result *in, void *arg)
{
    const int64_t *x = arg;
    (void)in;
    return hence_int(*x * *x);
}

static hence_deferred *square(hence_loop *loop, const char *text)
{
    char *end;
    long long x = strtoll(text, &end, 10);
    if (end == text || *end)
        return hence_deferred_fail(hence_fail(HENCE_EINVAL, "not a number: %s", text));
    if (x > INT32_MAX || x < -INT32_MAX)
        return hence_deferred_fail(hence_fail(HENCE_EINVAL, "too large: %s", text));

    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(0.1));
    int64_t *copy = hence_deferred_alloc(d, sizeof *copy, NULL); /* lives as long as the chain */
    if (!copy) {
        hence_deferred_forget(d);
        return NULL; /* the Deferred that could not be had for want of memory */
    }
    *copy = x;
    hence_deferred_add_callback(d, give_square, copy);
    return d;
}
//! [reply]

static hence_result give_word(hence_result *in, void *arg)
{
    (void)in;
    return hence_own(strdup(arg), free); /* NULL makes the out-of-memory failure */
}

static hence_deferred *sleep_and_say(hence_loop *loop, const char *text)
{
    char *word;
    double seconds = strtod(text, &word);
    if (word == text || *word != ' ' || !(seconds >= 0 && seconds <= 3600))
        return hence_deferred_fail(hence_fail(HENCE_EINVAL, "not seconds and a word: %s", text));

    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(seconds));
    char *copy = strdup(word + 1);
    if (!copy || hence_deferred_bind(d, copy, free) < 0) {
        hence_deferred_forget(d);
        return NULL;
    }
    hence_deferred_add_callback(d, give_word, copy);
    return d;
}

static hence_deferred *reply_to(struct server *server, const char *line)
{
    if (server->stopping)
        return hence_deferred_fail(hence_fail(HENCE_ECLOSED, "the server is stopping"));
    if (strncmp(line, "square ", 7) == 0)
        return square(server->loop, line + 7);
    if (strncmp(line, "sleep ", 6) == 0)
        return sleep_and_say(server->loop, line + 6);
    if (strcmp(line, "slow") == 0)
        return hence_sleep(server->loop, HENCE_SECONDS(60));
    return hence_deferred_fail(hence_fail(HENCE_EINVAL, "not a request: %s", line));
}

/* ---- the clients of the play ---- */

enum {
    ANN,
    BOB,
    CY,
    CLIENTS
};

struct client {
    const char *name;
    struct bufferevent *buffers; /* NULL: it has no connection */
};

static struct client clients[CLIENTS] = {{"ann", NULL}, {"bob", NULL}, {"cy", NULL}};

struct scene {
    double time;
    struct client *client; /* NULL: SIGINT */
    const char *line;      /* NULL: it goes away */
};

static struct scene scenes[] = {
    {0.0, &clients[ANN], "square 3\nsleep 0.2 hello\nsquare 4"},
    {0.5, &clients[BOB], "slow\nsquare it"},
    {0.7, &clients[CY], "sleep 0.9 too late for me"},
    {1.0, &clients[CY], NULL},
    {2.0, &clients[ANN], "sleep 0.5 goodbye"},
    {2.2, NULL, NULL},
    {2.3, &clients[ANN], "square 5"},
};

static void leave(struct client *client)
{
    if (client->buffers)
        bufferevent_free(client->buffers);
    client->buffers = NULL;
}

static void play_scene(void *arg)
{
    const struct scene *scene = arg;
    struct client *client = scene->client;
    if (!client) {
        puts("SIGINT");
        raise(SIGINT);
    } else if (!client->buffers) {
        printf("%s has no connection\n", client->name);
    } else if (!scene->line) {
        printf("%s goes away\n", client->name);
        leave(client);
    } else {
        for (const char *line = scene->line; *line;) {
            int length = (int)strcspn(line, "\n");
            printf("%s: %.*s\n", client->name, length, line);
            line += length + (line[length] == '\n');
        }
        if (evbuffer_add_printf(bufferevent_get_output(client->buffers), "%s\n", scene->line) < 0)
            leave(client);
    }
}

static void on_reply(struct bufferevent *buffers, void *arg)
{
    const struct client *client = arg;
    char *line;
    while ((line = evbuffer_readln(bufferevent_get_input(buffers), NULL, EVBUFFER_EOL_LF))) {
        printf("%20s: %s\n", client->name, line);
        free(line);
    }
}

static void on_end(struct bufferevent *buffers, short what, void *arg)
{
    struct client *client = arg;
    (void)buffers;
    (void)what;
    printf("%20s: (the end)\n", client->name);
    leave(client);
}

static bool connect_client(struct server *server, struct client *client)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0)
        return false;
    bool ok = add_connection(server, ends[0]);
    client->buffers = bufferevent_socket_new(server->base, ends[1], BEV_OPT_CLOSE_ON_FREE);
    if (!client->buffers) {
        close(ends[1]);
        return false;
    }
    bufferevent_setcb(client->buffers, on_reply, NULL, on_end, client);
    return bufferevent_enable(client->buffers, EV_READ) == 0 && ok;
}

static bool play(struct server *server)
{
    bool ok = true;
    for (int i = 0; i < CLIENTS && ok; i++)
        ok = connect_client(server, &clients[i]);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes && ok; i++)
        ok = hence_call_later(server->loop, HENCE_SECONDS(scenes[i].time), play_scene, &scenes[i],
                              NULL) == 0;
    return ok;
}

static void end_play(void)
{
    for (int i = 0; i < CLIENTS; i++)
        leave(&clients[i]);
}
