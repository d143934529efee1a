/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who listens to a Future.
 *
 * The first listener stands in the Future, further ones in a ring of their own. When the Future is
 * done it is queued in the loop as a whole, which needs no memory, and tells all of them in order
 * when its turn comes. Who starts to listen after that is told by a call of its own.
 */
#include "future/future.h"

#include <errno.h>

#include "base/memory.h"

void hence_listener_add(hence_future *f, struct hence_listener *listener)
{
    struct hence_listener *last = f->last;
    if (last) {
        listener->next = last->next;
        listener->previous = last;
        last->next->previous = listener;
        last->next = listener;
    } else {
        listener->next = listener->previous = listener;
    }
    f->last = listener;
}

void hence_listener_remove(hence_future *f, struct hence_listener *listener)
{
    if (listener->next == listener) {
        f->last = NULL;
        return;
    }
    listener->next->previous = listener->previous;
    listener->previous->next = listener->next;
    if (f->last == listener)
        f->last = listener->previous;
}

const struct hence_waitable *hence_leads_nowhere(const struct hence_listener *listener)
{
    (void)listener;
    return NULL;
}

static bool is_of_program(const struct hence_listener *listener)
{
    return listener->leads_to == hence_leads_nowhere;
}

const struct hence_waitable *hence_future_next_behind(const struct hence_waitable *self,
                                                      const void **position, int *steps)
{
    const hence_future *f = (const hence_future *)self;
    const struct hence_listener *last = f->last, *listener = *position;
    if (f->state & FUTURE_DONE) /* what they will be told is decided */
        return NULL;
    while (listener != last && --*steps > 0) {
        listener = listener ? listener->next : last->next;
        const struct hence_waitable *behind =
            listener->leads_to ? listener->leads_to(listener) : NULL;
        *position = listener;
        if (behind)
            return behind;
    }
    return NULL;
}

/* ---- told ---- */

/* A listener of the program is about to be called. */
static inline void told_program(hence_future *f)
{
    if (HENCE_UNLIKELY((f->state & FUTURE_RETURNABLE) ||
                       f->waitable.slot.kind == HENCE_KIND_SHARED))
        hence_returnable_told(f);
}

/* The last one is called, which is the library's: it holds the Future as long as it needs it, so that what
 * nobody has been told of goes back as soon as it has been dropped. */
static void tell_last(hence_future *f, hence_done_fn *fn, void *arg)
{
    f->state &= ~(uint32_t)FUTURE_QUEUED;
    fn(f, arg);
}

/* Calls the listeners. If the loop has closed before it came to them (one of them may close it),
 * those of the program are dropped. */
static void tell(hence_future *f)
{
    if (HENCE_UNLIKELY(f->state & FUTURE_LENT)) {
        f->state &= ~(uint32_t)FUTURE_LENT;
        f->references--; /* it is held as long as it is queued */
    }
    if (f->state & FUTURE_FIRST) {
        f->state &= ~(uint32_t)FUTURE_FIRST;
        HENCE_COUNT(LISTENERS_ENDED);
        if (!f->loop->closed) {
            told_program(f);
            f->first_fn(f, f->first_arg);
        }
    }
    while (f->last) {
        struct hence_listener *listener = f->last->next;
        hence_done_fn *fn = listener->fn;
        void *arg = listener->arg;
        const bool is_users = is_of_program(listener);
        hence_listener_remove(f, listener);
        if (is_users) {
            HENCE_COUNT(LISTENERS_ENDED);
            hence_memory_put(listener, sizeof *listener);
            if (!f->loop->closed)
                told_program(f);
        } else if (HENCE_UNLIKELY((f->state & (FUTURE_RETURNABLE | FUTURE_LENT)) ==
                                      FUTURE_RETURNABLE &&
                                  !f->last)) {
            tell_last(f, fn, arg);
            return;
        }
        if (!is_users || !f->loop->closed)
            fn(f, arg);
    }
    f->state &= ~(uint32_t)FUTURE_QUEUED;
    if (HENCE_UNLIKELY(f->state & FUTURE_LENT)) /* by one of them: until the next turn */
        hence_future_tell(f);
    else
        hence_future_try_end(f);
}

static hence_future *of_link(const struct hence_link *link)
{
    return (hence_future *)((char *)(uintptr_t)link - offsetof(hence_future, link));
}

/* While one is told, one that comes some places later is fetched, with what it is to tell: of a hundred thousand that
 * are done in random order each would have to be waited for otherwise. (All in one function: gcc takes one that only
 * fetches for one that does nothing.) */
static void run_link(struct hence_link *link)
{
    hence_future *f = of_link(link);
    if (f->state & FUTURE_AHEAD) {
        __builtin_prefetch(f->ahead);
        __builtin_prefetch(&f->ahead->link);
        __builtin_prefetch(f->listener_ahead);
    }
    tell(f);
}

/* A closed loop has no queue. Futures that settle because of each other are told one after the other,
 * so that a long row of them needs no stack. */
static HENCE_NOINLINE void tell_without_loop(hence_future *f)
{
    static _Thread_local struct hence_link *first, **end;
    static _Thread_local bool telling;
    f->link.next = NULL;
    if (telling) {
        *end = &f->link;
        end = &f->link.next;
        return;
    }
    telling = true;
    first = &f->link;
    end = &f->link.next;
    while (first) {
        struct hence_link *link = first;
        first = link->next;
        if (!first)
            end = &first;
        tell(of_link(link));
    }
    telling = false;
}

/* Many wait already. */
static HENCE_NOINLINE void tell_ahead(hence_future *f)
{
    const struct hence_link *link = hence_ready_link_ahead_of(&f->loop->queue, &f->link);
    hence_future *before = link ? of_link(link) : NULL;
    if (before && !(before->state & FUTURE_FIRST)) {
        before->ahead = f;
        before->listener_ahead = f->last;
        before->state |= FUTURE_AHEAD;
    }
}

void hence_future_tell(hence_future *f)
{
    hence_loop *loop = f->loop;
    f->state |= FUTURE_QUEUED;
    if (HENCE_UNLIKELY(loop->closed)) {
        tell_without_loop(f);
        return;
    }
    loop->run_link = run_link;
    if (HENCE_UNLIKELY(hence_loop_push_link(loop, &f->link)))
        tell_ahead(f);
}

void hence_future_tell_later(hence_future *f, struct hence_waitable **untold)
{
    f->state |= FUTURE_QUEUED;
    f->link.next = *untold ? &hence_future_of(*untold)->link : NULL;
    *untold = &f->waitable;
}

struct hence_waitable *hence_future_tell_now(hence_future *f)
{
    const struct hence_link *next = f->link.next;
    hence_future_tell(f);
    return next ? &of_link(next)->waitable : NULL;
}

/* ---- listeners of the program ---- */

struct late {
    hence_future *f;
    hence_done_fn *fn;
    void *arg;
};

static void tell_late(void *arg)
{
    struct late *late = arg;
    HENCE_COUNT(LISTENERS_ENDED);
    told_program(late->f);
    late->fn(late->f, late->arg);
    late->fn = NULL;
}

static void free_late(void *arg)
{
    struct late *late = arg;
    if (late->fn) /* the loop closed before it could be told */
        HENCE_COUNT(LISTENERS_ENDED);
    hence_future_unref(late->f);
    hence_memory_put(late, sizeof *late);
}

/* `f` is done: this one is told by a call of its own, behind those that are on their way. */
static int listen_late(hence_future *f, hence_done_fn *fn, void *arg)
{
    struct late *late = hence_memory_get(sizeof *late);
    if (!late)
        return -ENOMEM;
    *late = (struct late){hence_future_ref(f), fn, arg};
    HENCE_COUNT(LISTENERS_MADE);
    return hence_call_soon_own(f->loop, tell_late, late, free_late, NULL);
}

int hence_future_add_done_callback(hence_future *f, hence_done_fn *fn, void *arg)
{
    if (!f)
        return -ENOMEM;
    if (!fn)
        return -EINVAL;
    if (!hence_future_is_here(f, "hence_future_add_done_callback()"))
        return -EPERM;
    if (f->state & FUTURE_DONE)
        return listen_late(f, fn, arg);
    if (!hence_future_has_listeners(f)) {
        f->first_fn = fn;
        f->first_arg = arg;
        f->state |= FUTURE_FIRST;
        HENCE_COUNT(LISTENERS_MADE);
        return 0;
    }
    struct hence_listener *listener = hence_memory_get(sizeof *listener);
    if (!listener)
        return -ENOMEM;
    listener->fn = fn;
    listener->arg = arg;
    listener->leads_to = hence_leads_nowhere;
    hence_listener_add(f, listener);
    HENCE_COUNT(LISTENERS_MADE);
    return 0;
}

size_t hence_future_remove_done_callback(hence_future *f, hence_done_fn *fn, void *arg)
{
    size_t removed = 0;
    if (!f || !hence_future_is_here(f, "hence_future_remove_done_callback()") ||
        (f->state & FUTURE_DONE))
        return 0;
    if ((f->state & FUTURE_FIRST) && f->first_fn == fn && f->first_arg == arg) {
        f->state &= ~(uint32_t)FUTURE_FIRST;
        removed++;
    }
    struct hence_listener *listener = f->last ? f->last->next : NULL;
    while (listener) {
        struct hence_listener *next = listener == f->last ? NULL : listener->next;
        if (is_of_program(listener) && listener->fn == fn && listener->arg == arg) {
            hence_listener_remove(f, listener);
            hence_memory_put(listener, sizeof *listener);
            removed++;
        }
        listener = next;
    }
    HENCE_COUNT_MANY(LISTENERS_ENDED, (long)removed);
    return removed;
}
