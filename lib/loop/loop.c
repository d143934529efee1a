/* SPDX-License-Identifier: BSD-3-Clause */
/* A loop's life: made, run, stopped, closed; and who may use it. */
#include "loop/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/report.h"
#include "value/failure.h"

/* The loops of this thread that are not closed, the newest first; and the one that runs. */
static _Thread_local hence_loop *loops_here;
_Thread_local hence_loop *hence_loop_running_here;

/* ---- who may use it ---- */

void hence_loop_report(hence_loop *loop, const hence_report *report)
{
    hence_report of_loop = *report;
    of_loop.loop = loop;
    if (report->failure)
        hence_report_failure(&of_loop, loop->handler, loop->handler_arg);
    else
        hence_report_send(&of_loop, loop->handler, loop->handler_arg);
}

static void report_foreign(const hence_loop *loop, const char *what, const char *site)
{
    char message[160];
    if (hence_thread_is_from_before_fork(loop->owner))
        snprintf(message, sizeof message,
                 "%s in a forked child: call hence_loop_reinit() there first", what);
    else
        snprintf(message, sizeof message,
                 "%s on another thread than the loop's: use hence_call_soon_threadsafe()", what);
    /* to the handler of this thread: the loop's own belongs to the other one */
    const hence_report report = {
        .kind = HENCE_REPORT_WRONG_THREAD, .message = message, .here = site};
    hence_report_send(&report, NULL, NULL);
}

bool hence_loop_is_here_at(const hence_loop *loop, const char *what, const char *site)
{
    if (HENCE_LIKELY(loop->owner == hence_thread()))
        return true;
    report_foreign(loop, what, site);
    return false;
}

bool hence_loop_is_here(const hence_loop *loop, const char *what)
{
    return hence_loop_is_here_at(loop, what, NULL);
}

int hence_loop_refuse_child(const hence_loop *loop, const char *what)
{
    report_foreign(loop, what, NULL);
    return -EPERM;
}

int hence_loop_refuse(hence_loop *loop, const char *what, const char *site)
{
    if (!loop)
        return -ENOMEM;
    if (!hence_loop_is_here_at(loop, what, site))
        return -EPERM;
    if (!loop->closed) /* then it is the base that is gone */
        hence_loop_base_is_gone(loop);
    return -ESHUTDOWN;
}

hence_result hence_loop_refusal_at(int error, const char *what, const char *site)
{
    switch (error) {
    case -ENOMEM:
        return hence_fail_static(HENCE_ENOMEM);
    case -ESHUTDOWN:
        return hence_fail_static(HENCE_ECLOSED);
    case -EPERM:
        return hence_refuse_at(site, "%s on another thread than the loop's", what);
    case -EBUSY:
        return hence_refuse_at(site, "%s inside of a callback or a coroutine: a loop runs already",
                               what);
    default:
        return hence_refuse_at(site, "%s was refused: %s", what, strerrordesc_np(-error));
    }
}

hence_result hence_loop_refusal(int error)
{
    return hence_loop_refusal_at(error, "what needs the loop", NULL);
}

/* ---- made ---- */

/* What a base and its door need: for epoll, for libevent's signals, and for the eventfd. */
#define DESCRIPTORS_NEEDED 4

/* event_base_new() ends the program when it runs out of descriptors halfway, so that is tried first. */
static struct event_base *base_new(void)
{
    int fds[DESCRIPTORS_NEEDED];
    int n = 0;
    while (n < DESCRIPTORS_NEEDED && (fds[n] = eventfd(0, EFD_CLOEXEC)) >= 0)
        n++;
    bool enough = n == DESCRIPTORS_NEEDED;
    while (n > 0)
        close(fds[--n]);
    return enough ? event_base_new() : NULL;
}

hence_loop *hence_loop_new(struct event_base *base)
{
    hence_loop *loop = hence_memory_get_zeroed(sizeof *loop);
    if (!loop)
        return NULL;
    loop->owns_base = !base;
    loop->base = base ? base : base_new();
    loop->owner = hence_thread();
    loop->armed = INT64_MAX;
    hence_shutdown_init(&loop->shutdown);
    loop->door.fd = -1;
    hence_ring_init(&loop->holding);
    hence_ring_init(&loop->attached);
    atomic_init(&loop->references, 2); /* the caller's, and the open loop's own */
    atomic_init(&loop->door.visitors, 1);
    if (!loop->base || hence_ready_init(&loop->queue) < 0 || hence_door_open(loop) < 0) {
        hence_ready_free(&loop->queue);
        if (loop->owns_base && loop->base)
            event_base_free(loop->base);
        hence_memory_put(loop, sizeof *loop);
        return NULL;
    }
    event_assign(&loop->turn, loop->base, -1, 0, hence_loop_turn, loop);
    loop->next_here = loops_here;
    loops_here = loop;
    return loop;
}

hence_loop *hence_loop_ref(hence_loop *loop)
{
    if (loop)
        atomic_fetch_add_explicit(&loop->references, 1, memory_order_relaxed);
    return loop;
}

void hence_loop_release(hence_loop *loop)
{
    if (atomic_fetch_sub_explicit(&loop->references, 1, memory_order_acq_rel) == 1)
        hence_loop_leave(loop);
}

void hence_loop_leave(hence_loop *loop)
{
    if (atomic_fetch_sub_explicit(&loop->door.visitors, 1, memory_order_acq_rel) == 1) {
        close(loop->door.fd);
        hence_memory_put(loop, sizeof *loop);
    }
}

hence_loop *hence_loop_unref(hence_loop *loop)
{
    if (!loop)
        return NULL;
    /* only the loop's own reference would be left: nobody could close it any more */
    if (atomic_load_explicit(&loop->references, memory_order_relaxed) == 2 &&
        loop->owner == hence_thread() && !loop->closed)
        hence_loop_close(loop);
    hence_loop_release(loop);
    return NULL;
}

struct event_base *hence_loop_base(const hence_loop *loop)
{
    return loop && loop->base && !hence_door_is_gone(loop) ? loop->base : NULL;
}

hence_loop *hence_loop_current(void)
{
    if (hence_loop_running_here && !hence_loop_running_here->closed)
        return hence_loop_running_here;
    return loops_here;
}

bool hence_loop_is_running(const hence_loop *loop)
{
    return loop && loop->running;
}

bool hence_loop_is_closed(const hence_loop *loop)
{
    return !loop || loop->closed;
}

int hence_loop_set_exception_handler(hence_loop *loop, hence_report_handler *handler, void *arg)
{
    if (!loop)
        return -ENOMEM;
    if (!hence_loop_is_here(loop, "hence_loop_set_exception_handler()"))
        return -EPERM;
    loop->handler = handler;
    loop->handler_arg = arg;
    return 0;
}

/* ---- run ---- */

int hence_loop_can_run(hence_loop *loop)
{
    int error = hence_loop_check(loop, "running the loop");
    if (error)
        return error;
    return hence_loop_running_here ? -EBUSY : 0;
}

static void begin_run(hence_loop *loop)
{
    loop->running = true;
    hence_loop_running_here = hence_loop_ref(loop);
}

static void end_run(hence_loop *loop)
{
    loop->running = false;
    hence_loop_running_here = NULL;
    hence_loop_unref(loop); /* which closes it, if a call let the last reference go */
}

int hence_loop_run_forever(hence_loop *loop)
{
    int error = hence_loop_can_run(loop);
    if (error)
        return error;
    begin_run(loop);
    loop->stopped = false;
    while (!loop->stopped && !error) {
        if (event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) < 0)
            error = -EIO;
        else if (!loop->stopped &&
                 (event_base_got_break(loop->base) || event_base_got_exit(loop->base)))
            error = -EINTR;
    }
    end_run(loop);
    return error;
}

int hence_loop_poll(hence_loop *loop, bool one_snapshot)
{
    int error = hence_loop_can_run(loop);
    if (error)
        return error;
    size_t ran = loop->ran;
    hence_door_take_posted(loop);
    begin_run(loop);
    if (loop->turn_by_door)
        hence_door_make_turn(loop);
    loop->polling = true;
    loop->one_snapshot = one_snapshot;
    if (event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY) < 0)
        error = -EIO;
    loop->one_snapshot = false;
    loop->polling = false;
    loop->stopped = false;
    if (loop->turn_by_door)
        hence_door_make_turn(loop);
    ran = loop->ran - ran;
    end_run(loop);
    return error ? error : (int)ran;
}

bool hence_loop_has_ready(hence_loop *loop)
{
    return !loop->closed && (!hence_ready_is_empty(&loop->queue) || loop->door.arrived ||
                             hence_timers_next(&loop->timers) <= hence_loop_time(loop));
}

int hence_loop_stop(hence_loop *loop)
{
    int error = hence_loop_check(loop, "hence_loop_stop()");
    if (error)
        return error;
    loop->stopping = true;
    return hence_loop_arm(loop);
}

/* ---- attached ---- */

void hence_loop_attach(hence_loop *loop, struct hence_attachment *attachment)
{
    hence_ring_append(&loop->attached, &attachment->ring);
}

/* ---- closed ---- */

static void drop_queue(hence_loop *loop)
{
    struct ready_queue *queue = &loop->queue;
    while (!hence_ready_is_empty(queue)) {
        const struct ready entry = *hence_ready_at(queue, queue->head++);
        enum ready_kind kind = hence_ready_kind(&entry);
        if (kind == READY_CALL) {
            HENCE_COUNT(CALLS_ENDED);
            if (entry.drop)
                entry.drop(entry.arg);
        } else if (kind == READY_LINKS) {
            for (struct hence_link *link = entry.arg, *next; link; link = next) {
                next = link->next;
                loop->run_link(link);
            }
        }
    }
    hence_ready_free(queue);
}

static void drop_timers(hence_loop *loop)
{
    struct timers *timers = &loop->timers;
    for (size_t slot = 0; slot < timers->slots; slot++) {
        if (!timers->table[slot].order)
            continue;
        const struct timed_call call = timers->calls[slot];
        HENCE_COUNT(CALLS_ENDED);
        timers->table[slot].order = 0;
        if (call.drop)
            call.drop(call.arg);
    }
    hence_timers_free(timers);
}

static void close_all(struct hence_ring *attachments)
{
    while (!hence_ring_is_empty(attachments)) {
        struct hence_attachment *attachment = (struct hence_attachment *)attachments->next;
        hence_ring_remove(&attachment->ring);
        attachment->kind->close(attachment);
    }
}

static void join_thread(hence_loop *loop)
{
    for (const hence_loop *here = loops_here; here; here = here->next_here) {
        if (here == loop)
            return;
    }
    loop->next_here = loops_here;
    loops_here = loop;
}

static void leave_thread(hence_loop *loop)
{
    hence_loop **here = &loops_here;
    while (*here != loop)
        here = &(*here)->next_here;
    *here = loop->next_here;
}

/* The loop's base is there only if `touch_base`. */
static void close_loop(hence_loop *loop, bool touch_base)
{
    hence_loop_depend(loop); /* what is called or dropped below may be the last that points here */
    hence_shutdown_close(loop);
    if (loop->closed) { /* a shutdown callback closed it */
        hence_loop_undepend(loop);
        return;
    }
    loop->closed = true;
    leave_thread(loop);
    hence_door_close(loop);
    drop_queue(loop);
    drop_timers(loop);
    close_all(&loop->holding);
    close_all(&loop->attached);
    if (loop->executor)
        loop->drop_executor(loop->executor);
    loop->executor = NULL;
    if (touch_base) {
        event_del(&loop->turn);
        event_del(&loop->door.event);
        if (loop->owns_base && !loop->running && !loop->in_turn)
            event_base_free(loop->base);
    }
    loop->base = NULL;
    hence_loop_undepend(loop);
}

/* `what` is the call that the program has made. */
static int close_if_possible(hence_loop *loop, const char *what)
{
    int error = loop ? hence_loop_check(loop, what) : -ESHUTDOWN;
    if (error)
        return error == -EPERM ? error : 0;
    if (loop->running || (loop->owns_base && loop->in_turn))
        return -EBUSY;
    close_loop(loop, true);
    return 0;
}

int hence_loop_close(hence_loop *loop)
{
    return close_if_possible(loop, "hence_loop_close()");
}

void hence_loop_base_is_gone(hence_loop *loop)
{
    const hence_report report = {
        .kind = HENCE_REPORT_LEFT_BEHIND,
        .message = "the event_base was freed before its loop, which is closed now",
    };
    hence_loop_report(loop, &report);
    loop->base = NULL;
    close_loop(loop, false);
}

hence_loop *hence_loop_free(hence_loop *loop)
{
    int error = close_if_possible(loop, "hence_loop_free()");
    if (error == -EBUSY)
        hence_report_misuse("hence_loop_free() of a loop that is running: it is left as it is");
    if (error == 0)
        hence_loop_unref(loop);
    return NULL;
}

/* ---- in a forked child ---- */

/* Each of those that hold it is told, whatever else that ends; if it closes the loop, they are told of that too. */
static void tell_of_fork(hence_loop *loop)
{
    struct hence_ring told;
    hence_ring_init(&told);
    while (!loop->closed && !hence_ring_is_empty(&loop->holding)) {
        struct hence_attachment *attachment = (struct hence_attachment *)loop->holding.next;
        hence_ring_remove(&attachment->ring);
        hence_ring_append(&told, &attachment->ring);
        if (attachment->kind->forked)
            attachment->kind->forked(attachment);
    }
    while (!hence_ring_is_empty(&told)) {
        struct hence_attachment *attachment = (struct hence_attachment *)told.next;
        hence_ring_remove(&attachment->ring);
        if (loop->closed)
            attachment->kind->close(attachment);
        else
            hence_ring_append(&loop->holding, &attachment->ring);
    }
}

/* Without its base, or without a door, it is of no use. If it runs, its base stays: libevent is still in there. What
 * is dropped may let go of it. */
static int give_up(hence_loop *loop)
{
    loop->stopped = true;
    close_loop(loop, true);
    return -EIO;
}

int hence_loop_reinit(hence_loop *loop)
{
    if (!loop)
        return -ENOMEM;
    if (loop->owner == hence_thread() || !hence_thread_is_from_before_fork(loop->owner))
        return -EINVAL;
    loop->owner = hence_thread();
    if (loop->closed)
        return 0;
    join_thread(loop); /* it is another one, if the child was not forked on the loop's */
    if (hence_door_is_gone(loop)) {
        hence_loop_base_is_gone(loop);
        return 0;
    }
    if (event_reinit(loop->base) < 0)
        return give_up(loop);
    event_del(&loop->door.event);
    close(loop->door.fd);
    /* what was posted before has no wake-up on its way here, and who has posted it is not told of the fork */
    if (hence_door_open(loop) < 0 || hence_door_queue_posted(loop) < 0)
        return give_up(loop);
    hence_loop_ref(loop); /* who is told may close it and let it go */
    tell_of_fork(loop);
    if (!loop->closed) {
        loop->armed = INT64_MAX;
        hence_loop_arm(loop);
    }
    hence_loop_unref(loop);
    return 0;
}
