/* SPDX-License-Identifier: BSD-3-Clause
 *
 * hence in a program that has used libevent all along: its own event_base, its own events, its own
 * event_base_dispatch(). Here a clock ticks and asks questions over a socket pair, as before; new is
 * the side that answers them, in Deferreds, after some time for thought.
 *
 *     cc 20_libevent_program.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     tick 1
 *     question: what is 6 times 7?
 *     tick 2
 *     answer: 42
 *     tick 3
 *     question: what is the time?
 *     tick 4
 *     answer: 42
 *     tick 5
 *     no more questions
 */
#include <event2/event.h>
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct clock {
    struct event *event;
    int ticks;
    int socket;
};

struct listener {
    hence_loop *loop;
    int socket;
};

static int run(struct event_base *base, const int sockets[2]);
static void tick(evutil_socket_t fd, short what, void *arg);
static hence_result listen_again(hence_result *in, void *arg);
static hence_result read_question(hence_result *in, void *arg);
static hence_result answer(hence_result *in, void *arg);

int main(void)
{
    struct event_base *base = event_base_new();
    int sockets[2];
    if (!base || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) < 0)
        return EXIT_FAILURE;
    int status = run(base, sockets);
    event_base_free(base);
    close(sockets[0]);
    return status;
}

//! [dispatch]
static int run(struct event_base *base, const int sockets[2])
{
    struct clock clock = {.socket = sockets[1]};
    struct timeval interval = {.tv_sec = 0, .tv_usec = 200000};
    clock.event = event_new(base, -1, EV_PERSIST, tick, &clock);
    if (!clock.event || event_add(clock.event, &interval) < 0)
        return EXIT_FAILURE;

    hence_loop *loop = hence_loop_new(base); /* all that it takes to have Deferreds */
    struct listener listener = {.loop = loop, .socket = sockets[0]};
    hence_deferred *d = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(d, listen_again, &listener);

    int error = event_base_dispatch(base); /* until there are no more events, and no calls */

    hence_deferred_unref(d);
    hence_loop_free(loop); /* before the base */
    event_free(clock.event);
    return error < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
//! [dispatch]

static void tick(evutil_socket_t fd, short what, void *arg)
{
    static const char *const questions[] = {
        [1] = "what is 6 times 7?", [3] = "what is the time?", [5] = NULL};
    struct clock *clock = arg;
    (void)fd;
    (void)what;

    printf("tick %d\n", ++clock->ticks);
    if (clock->ticks == 5) {
        event_del(clock->event);
        close(clock->socket);
        return;
    }
    const char *question = questions[clock->ticks];
    if (question && write(clock->socket, question, strlen(question)) < 0)
        perror("write");
}

//! [event-wait]
static hence_result listen_again(hence_result *in, void *arg)
{
    struct listener *listener = arg;
    (void)in;
    hence_deferred *d = hence_event_wait(listener->loop, listener->socket, EV_READ, -1);
    hence_deferred_add_callback(d, read_question, listener);
    return hence_chain(d);
}

static hence_result read_question(hence_result *in, void *arg)
{
    struct listener *listener = arg;
    char question[64];
    ssize_t length = read(listener->socket, question, sizeof question);
    if (length < 0)
        return hence_fail_errno(errno, "cannot read the question");
    if (length == 0) {
        puts("no more questions");
        return hence_take(in);
    }
    printf("question: %.*s\n", (int)length, question);

    hence_deferred *thought = hence_sleep(listener->loop, HENCE_SECONDS(0.3));
    hence_deferred_add_callback(thought, answer, NULL);
    hence_deferred_add_callback(thought, listen_again, listener);
    return hence_chain(thought);
}
//! [event-wait]

static hence_result answer(hence_result *in, void *arg)
{
    (void)arg;
    puts("answer: 42");
    return hence_take(in);
}
