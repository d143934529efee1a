/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A poem as a Deferred, for the programs 43 to 46. This is the one place where callbacks of libevent
 * and a promise meet; what uses it knows nothing of sockets.
 */
#ifndef POETRY_GET_H
#define POETRY_GET_H

#include "poetry.h"

#include <hence/hence.h>

struct download {
    hence_promise *promise;
    struct bufferevent *buffers;
};

//! [end]
static inline void download_free(struct download *l)
{
    if (l->buffers)
        bufferevent_free(l->buffers);
    free(l);
}

static inline void download_end(struct download *l, hence_result r)
{
    hence_promise *promise = l->promise;
    download_free(l);
    hence_resolve(promise, r); /* last: the steps that run now may do anything */
}

static inline void download_on_event(struct bufferevent *buffers, short what, void *arg)
{
    struct evbuffer *input = bufferevent_get_input(buffers);
    if (what & BEV_EVENT_CONNECTED)
        return;
    if (what & BEV_EVENT_ERROR)
        download_end(arg, hence_fail_errno(EVUTIL_SOCKET_ERROR(), "the connection is lost"));
    else if (evbuffer_get_length(input) == 0)
        download_end(arg, hence_fail(HENCE_EFAILED, "the server hung up"));
    else
        download_end(arg, hence_own(copy_text(input), free)); /* NULL: out of memory */
}
//! [end]

//! [cancel]
static inline bool download_cancel(hence_promise *promise, void *arg)
{
    (void)promise;
    download_free(arg); /* hangs up */
    return true;        /* it has stopped: the promise is let go */
}
//! [cancel]

//! [get-poem]
/* What the server at `address` says until it hangs up: a text, to be had with hence_as(in, free). */
static inline hence_deferred *get_poem(hence_loop *loop, const struct sockaddr_in *address)
{
    struct download *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    hence_deferred *d = hence_deferred_new(&l->promise);
    hence_promise_on_cancel(l->promise, download_cancel, l);
    l->buffers = bufferevent_socket_new(hence_loop_base(loop), -1, BEV_OPT_CLOSE_ON_FREE);
    if (!d || !l->buffers) {
        download_end(l, hence_fail_static(HENCE_ENOMEM));
        return d;
    }
    bufferevent_setcb(l->buffers, NULL, NULL, download_on_event, l);
    if (bufferevent_enable(l->buffers, EV_READ) < 0 ||
        bufferevent_socket_connect(l->buffers, (const struct sockaddr *)address, sizeof *address) <
            0)
        download_end(l, hence_fail_errno(EVUTIL_SOCKET_ERROR(), "cannot connect"));
    return d;
}
//! [get-poem]

#endif
