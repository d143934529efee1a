/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_LOOP_LOOP_H
#define HENCE_LIB_LOOP_LOOP_H

/*
 * The loop: a queue of what is ready, a heap of what is due later, a door for other threads; and two
 * libevent events, one that lets the loop take its turn, one for the door.
 *
 * A turn runs what is ready in snapshots: what a snapshot's calls ask for waits for the next one
 * (rule 124). Snapshots follow each other without a poll, up to HENCE_TURN_CALLS calls; then the
 * turn event is armed again with a zero timeout, so that libevent polls first. Due timers join the
 * queue at each snapshot's end, compared with the time at which the turn began.
 *
 * Everything here belongs to one thread, but for the door and the count of references.
 */

#include <stdatomic.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <hence/loop.h>

#include "base/ring.h"
#include "base/thread.h"

#define HENCE_TURN_CALLS 256

/* ---- the queue of what is ready: queue.c ---- */

/* Something that is queued without memory of its own: Futures that have listeners to tell. */
struct hence_link {
    struct hence_link *next;
};

enum ready_kind {
    READY_NOTHING, /* was cancelled */
    READY_CALL,
    READY_TIMER,
    READY_LINKS
};

struct ready {
    union {
        hence_call_fn *fn;
        uint64_t timer; /* slot and order of a timer */
    };
    void *arg;           /* of a call; or the first link */
    hence_drop_fn *drop; /* of a call that owns its argument; or one of the marks below */
};

#define LINKS_AT_ENDS 4 /* entries of links beside those between two others */
#define LINKS_AHEAD   8

struct ready_queue {
    struct ready *entries; /* a ring; positions only grow */
    uint64_t mask;
    uint64_t head, tail;
    uint64_t limit;               /* the snapshot that runs ends here */
    uint64_t ordinary;            /* entries that are not links */
    size_t links;                 /* in the entries that are */
    struct hence_link *last_link; /* of the last entry, if that takes more; or NULL */
    size_t timers;                /* entries of timers, cancelled ones too */
    size_t cancelled;             /* calls that were cancelled: their entries are passed over */
    struct hence_link *recent[LINKS_AHEAD]; /* the last links that were appended, if many wait */
    uint32_t next_recent;
};

int hence_ready_init(struct ready_queue *queue);
void hence_ready_free(struct ready_queue *queue);
int hence_ready_grow(struct ready_queue *queue);
void hence_ready_mark_timer(struct ready *entry, uint32_t slot, uint32_t order);

/* `drop` of entries that are not calls: addresses of nothing that can be called. */
extern const char hence_ready_marks[2];
#define MARK_TIMER ((hence_drop_fn *)(uintptr_t)&hence_ready_marks[0])
#define MARK_LINKS ((hence_drop_fn *)(uintptr_t)&hence_ready_marks[1])

static inline enum ready_kind hence_ready_kind(const struct ready *entry)
{
    if (HENCE_LIKELY(!entry->drop))
        return HENCE_LIKELY(entry->fn != NULL) ? READY_CALL : READY_NOTHING;
    if (entry->drop == MARK_TIMER)
        return READY_TIMER;
    return entry->drop == MARK_LINKS ? READY_LINKS : READY_CALL;
}

static inline bool hence_ready_is_empty(const struct ready_queue *queue)
{
    return queue->head == queue->tail;
}

static inline struct ready *hence_ready_at(const struct ready_queue *queue, uint64_t position)
{
    return &queue->entries[position & queue->mask];
}

/* Makes room for one more entry, and for the links that may come between it and the next. */
static inline int hence_ready_reserve(struct ready_queue *queue)
{
    if (HENCE_UNLIKELY(2 * (queue->ordinary + 1) + LINKS_AT_ENDS > queue->mask))
        return hence_ready_grow(queue);
    return 0;
}

/* Appends after hence_ready_reserve(); gives its position. */
static inline uint64_t hence_ready_append(struct ready_queue *queue, const struct ready *entry)
{
    *hence_ready_at(queue, queue->tail) = *entry;
    queue->ordinary++;
    queue->last_link = NULL;
    return queue->tail++;
}

/* What is there is a snapshot. */
static inline void hence_ready_set_limit(struct ready_queue *queue)
{
    queue->limit = queue->tail;
    queue->last_link = NULL;
}

/* Appends a link to the last entry, or in one of its own. Never fails. */
static inline void hence_ready_append_link(struct ready_queue *queue, struct hence_link *link)
{
    link->next = NULL;
    queue->links++;
    if (HENCE_LIKELY(queue->last_link != NULL)) {
        queue->last_link->next = link;
    } else {
        struct ready *entry = hence_ready_at(queue, queue->tail++);
        entry->arg = link;
        entry->drop = MARK_LINKS;
    }
    queue->last_link = link;
}

#define MANY_LINKS 2048 /* more than fit into the nearer caches, with what they are to tell */

/* Remembers the last links that were appended; gives the one that will be run LINKS_AHEAD before this one, or NULL. */
struct hence_link *hence_ready_link_ahead_of(struct ready_queue *queue, struct hence_link *link);

/* ---- timers: timers.c ---- */

struct timer {
    uint64_t sequence; /* which call this is: what a handle names */
    uint32_t order;    /* among equal due times; which entry of the heap is this one's; 0: free */
    bool ready;        /* it is in the queue, not in the heap */
    bool has_drop;
};

/* The rest of a timer. */
struct timed_call {
    hence_call_fn *fn;
    void *arg;
    hence_drop_fn *drop;
    int64_t when;
};

struct due {
    int64_t when;
    uint32_t order;
    uint32_t slot;
};

#define SLOT_LEVELS 6

struct timers {
    struct due *heap; /* 4-ary, smallest first; entries of cancelled timers are stale */
    size_t count, capacity, stale;
    struct timer *table;
    struct timed_call *calls; /* by the same slots */
    size_t slots;
    uint64_t *free_slots[SLOT_LEVELS]; /* bit sets: level 0 the slots, above whether any is free */
    size_t live;
    uint64_t last_sequence;
    uint32_t last_order;
    uint32_t last_slot; /* that was taken */
};

void hence_timers_free(struct timers *timers);
int hence_timers_add(struct timers *timers, int64_t when, hence_call_fn *fn, void *arg,
                     hence_drop_fn *drop, hence_call *out);
/* The timer that the handle names, or NULL. Inline, so that a branch decides and not a pointer: what
 * comes next need not wait for the cache miss. */
static inline struct timer *hence_timers_find(const struct timers *timers, hence_call call)
{
    if (call.slot >= timers->slots)
        return NULL;
    struct timer *timer = &timers->table[call.slot];
    return timer->order && timer->sequence == call.sequence ? timer : NULL;
}

static inline struct timed_call *hence_timers_call(const struct timers *timers,
                                                   const struct timer *timer)
{
    return &timers->calls[timer - timers->table];
}

int hence_timers_move(struct timers *timers, struct timer *timer, int64_t when);
/* Takes it out: its slot is free. */
void hence_timers_remove(struct timers *timers, struct timer *timer);
/* The nearest due time, INT64_MAX if there is none. */
int64_t hence_timers_next(struct timers *timers);
/* The nearest timer leaves the heap, its entry is for the queue. */
struct due hence_timers_pop(struct timers *timers);
/* The timer of an entry in the queue, or NULL if it was cancelled or moved. */
struct timer *hence_timers_ready(struct timers *timers, uint32_t slot, uint32_t order);

/* ---- the door: door.c ---- */

/* What another thread posts: a part of the memory of whoever posts it. */
struct hence_parcel {
    struct hence_parcel *next;            /* itself: the loop has taken it, and comes to it */
    const struct hence_parcel_kind *kind; /* NULL: the door's own, a struct posted_call */
};

/* Both functions get the parcel, and the last one that is called is followed by nothing that touches it. */
struct hence_parcel_kind {
    /* Its turn has come; `drop` follows. NULL: it needs no turn, `drop` is called as soon as the loop comes to it. */
    hence_call_fn *call;
    /* After that; or instead: the loop closes. */
    hence_drop_fn *drop;
};

/* What other processors write must not share a line of the cache with what the loop works with. */
#define HENCE_CACHE_LINE 64

struct door {
    char apart_before[HENCE_CACHE_LINE];
    _Atomic(struct hence_parcel *)
        posted; /* the last one first; or one of the marks that say "closed" and "awake" */
    atomic_size_t
        visitors; /* who may touch the loop's memory: all references together, threads here */
    char apart_behind[HENCE_CACHE_LINE];
    struct hence_parcel *arrived; /* in order; waits for room in the queue */
    struct hence_parcel *arrived_last;
    struct event event;
    int fd;
    bool is_edge;  /* a write is told once: the eventfd need not be read */
    bool is_awake; /* `posted` is, or was before others posted, the mark that says "awake" */
};

/* Posts a parcel, from any thread: 0, or -ESHUTDOWN, and then it has not been touched. Nothing is
 * allocated. */
int hence_door_post(hence_loop *loop, struct hence_parcel *parcel);
/* The same where what keeps the loop's memory goes with the parcel: as soon as that is posted, the loop may come
 * to it, let it go, and be freed. */
int hence_door_post_last(hence_loop *loop, struct hence_parcel *parcel);

/* ---- what is attached to a loop ---- */

/* Something that is told, on the loop's thread, when the loop closes: it is detached then. One that *holds* the loop
 * is something outside that will post to it: as long as there is one, event_base_dispatch() does not end. */
struct hence_attachment {
    struct hence_ring ring; /* first */
    const struct hence_attachment_kind *kind;
};

struct hence_attachment_kind {
    void (*close)(struct hence_attachment *attachment);
    /* Of one that holds it: in a child that goes on with the loop; or NULL. */
    void (*forked)(struct hence_attachment *attachment);
};

void hence_loop_attach(hence_loop *loop, struct hence_attachment *attachment);

/* ---- shutdown: shutdown.c ---- */

struct shutdown_slot;

struct shutdown_calls {
    struct hence_ring phases[HENCE_SHUTDOWN_AFTER + 1]; /* those that have not run, in order */
    struct hence_ring waiting;                          /* those whose chains have not ended */
    struct shutdown_slot *table;                        /* by the slots of handles */
    uint32_t slots, free_slots;
    uint32_t next_free;
    int phase;    /* -1 before it begins */
    bool running; /* a phase does, further down on the stack */
    uint64_t last_sequence;
};

void hence_shutdown_init(struct shutdown_calls *calls);
/* Those that have not run yet, now and without waiting; the records go. */
void hence_shutdown_close(hence_loop *loop);

/* ---- the loop ---- */

/* A test's clock. */
struct hence_clock {
    int64_t now;
    bool jumps; /* to the next due time, when there is nothing else to do */
};

struct hence_loop {
    struct event_base *base; /* NULL: closed, or the program has freed it */
    bool owns_base;
    atomic_bool closed; /* other threads may ask */
    bool running;       /* in one of the loop's run functions */
    bool in_turn;       /* calls are being made */
    bool stopping;      /* hence_loop_stop(): the next snapshot is the last one */
    bool stopped;       /* that snapshot has run */
    bool one_snapshot;  /* hence_test_turn() */
    bool polling;       /* in hence_loop_poll(): one pass, which must end */
    bool turn_by_door;  /* see hence_door_make_turn() */
    uint64_t owner;     /* the thread's number */
    int64_t turn_time;
    int64_t armed; /* when the turn event fires; INT64_MIN: as soon as possible, INT64_MAX: never */
    size_t ran;    /* calls made */
    struct ready_queue queue;
    struct timers timers;
    struct hence_clock *clock;                 /* NULL: the real one */
    void (*run_link)(struct hence_link *link); /* when its turn comes, or the loop has closed */
    struct event turn;
    struct door door;
    hence_report_handler *handler;
    void *handler_arg;
    struct shutdown_calls shutdown;
    size_t dependents;        /* Futures that point here: counted without atomics */
    atomic_size_t references; /* one of them stands for the loop being open, or having dependents */
    struct hence_loop *next_here; /* the loops of this thread */
    struct hence_ring holding;    /* attachments that hold it */
    struct hence_ring attached;   /* the others */
    void *executor;               /* of a room above, and what lets it go when the loop closes */
    hence_drop_fn *drop_executor;
};

/* The one that runs in this thread. */
extern _Thread_local hence_loop *hence_loop_running_here;

enum {
    CALL_NONE,
    CALL_SOON,
    CALL_TIMER,
    CALL_SHUTDOWN
};

/* Refuses a closed loop and a foreign thread: 0, -ENOMEM for NULL, -EPERM or -ESHUTDOWN. `what` is the call that the
 * program has made, `site` its line, or NULL. */
int hence_loop_refuse(hence_loop *loop, const char *what, const char *site);

/* Has the program freed its event_base? Then its events are not in it any more. */
static inline bool hence_door_is_gone(const hence_loop *loop)
{
    return !(loop->door.event.ev_evcallback.evcb_flags & EVLIST_INSERTED);
}

/* The failure for a call that the loop has refused with -errno; `what` is that call, as for hence_loop_check_at(). */
hence_result hence_loop_refusal_at(int error, const char *what, const char *site);
hence_result hence_loop_refusal(int error);

static inline int hence_loop_check_at(hence_loop *loop, const char *what, const char *site)
{
    if (HENCE_LIKELY(loop && loop->owner == hence_thread_number && !loop->closed &&
                     !hence_door_is_gone(loop)))
        return 0;
    return hence_loop_refuse(loop, what, site);
}

static inline int hence_loop_check(hence_loop *loop, const char *what)
{
    return hence_loop_check_at(loop, what, NULL);
}

/* Is this the loop's thread? Otherwise that is reported. */
bool hence_loop_is_here_at(const hence_loop *loop, const char *what, const char *site);
bool hence_loop_is_here(const hence_loop *loop, const char *what);

/* In a forked child that has not called hence_loop_reinit(): reports it, and gives -EPERM. */
int hence_loop_refuse_child(const hence_loop *loop, const char *what);

/* A report that concerns the loop. */
void hence_loop_report(hence_loop *loop, const hence_report *report);

/* turn.c: what the turn event calls. */
void hence_loop_turn(evutil_socket_t fd, short what, void *arg);

/* Sees to it that a turn comes when it is needed, on an open loop. -ESHUTDOWN if it turns out that
 * the program has freed the event_base: then the loop is closed now, and has dropped all calls. */
int hence_loop_arm(hence_loop *loop);
void hence_loop_base_is_gone(hence_loop *loop);

/* One that holds it; what goes, of either kind. */
static inline void hence_loop_attach_holding(hence_loop *loop, struct hence_attachment *attachment)
{
    const bool is_first = hence_ring_is_empty(&loop->holding);
    hence_ring_append(&loop->holding, &attachment->ring);
    if (HENCE_UNLIKELY(is_first))
        hence_loop_arm(loop);
}

static inline void hence_loop_detach(hence_loop *loop, struct hence_attachment *attachment)
{
    hence_ring_remove(&attachment->ring);
    if (HENCE_UNLIKELY(hence_ring_is_empty(&loop->holding)) && !loop->closed)
        hence_loop_arm(loop);
}

/* Queues a Future whose listeners are to be told. Never fails on an open loop. True if many wait already: then
 * hence_ready_link_ahead_of() is worth asking. */
static inline bool hence_loop_push_link(hence_loop *loop, struct hence_link *link)
{
    hence_ready_append_link(&loop->queue, link);
    if (HENCE_UNLIKELY(loop->armed != INT64_MIN)) {
        hence_loop_arm(loop); /* which may close it, and then all links have been run */
        return false;
    }
    return loop->queue.links > MANY_LINKS;
}

/* A Future that points here comes and goes. */
static inline void hence_loop_depend(hence_loop *loop)
{
    loop->dependents++;
}
void hence_loop_release(hence_loop *loop);
static inline void hence_loop_undepend(hence_loop *loop)
{
    if (HENCE_UNLIKELY(--loop->dependents == 0 && loop->closed))
        hence_loop_release(loop);
}

/* A visitor goes; with the last one the door's descriptor, and the memory. */
void hence_loop_leave(hence_loop *loop);

/* May this thread run the loop now? 0 or -errno, as hence_loop_run_forever() */
int hence_loop_can_run(hence_loop *loop);

/* One pass through libevent, without waiting. Calls that were made, or -errno. */
int hence_loop_poll(hence_loop *loop, bool one_snapshot);
/* Is there anything that a turn would do now? */
bool hence_loop_has_ready(hence_loop *loop);

/* door.c */
int hence_door_open(hence_loop *loop);
void hence_door_close(hence_loop *loop);
/* Moves into the queue what has arrived, as far as there is room; not too much at once, so that what it carries is still at
 * hand when it is called. */
int hence_door_let_in(hence_loop *loop, int at_most);
/* The loop is about to go back to libevent: true. false: something has come for which nobody wakes it. If there is no time
 * for that now, it must take another turn without being woken: it is armed as long as something has arrived. */
bool hence_door_may_rest(hence_loop *loop);
/* Has the door's event take the turn, since the turn's own event cannot be armed. */
void hence_door_make_turn(hence_loop *loop);
/* Takes what is posted now, without waiting for the wake-up. */
void hence_door_take_posted(hence_loop *loop);
/* Moves it into the queue too, all of it: 0, or -ENOMEM. */
int hence_door_queue_posted(hence_loop *loop);

#endif
