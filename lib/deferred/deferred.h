/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_DEFERRED_DEFERRED_H
#define HENCE_LIB_DEFERRED_DEFERRED_H

/*
 * A Deferred: 72 bytes, of which the slot and the place of the first step are used for what is
 * needed at the time.
 *
 *   state       the slot holds                       what moves it on
 *   pending     the canceller, if CANCELLER          resolve, abandon, cancel -> run
 *   WAITING     the chain that it waits for          deliver -> run
 *   RESULT      the result                           run; then done
 *
 * It lives as long as anybody may still come to it: a reference (`references`), its promise
 * (PROMISE), a step of it that runs (RUNNING), its canceller (CANCELLING), or what it waits for
 * (WAITING). hence_deferred_settle() is called when one of these has gone.
 */

#include <hence/deferred.h>

#include "base/ledger.h"
#include "value/waitable.h"

enum {
    STATE_PROMISE = 1 << 0,    /* the promise is still held by somebody */
    STATE_RESULT = 1 << 1,     /* the slot is a result */
    STATE_WAITING = 1 << 2,    /* the slot is the chain that it waits for */
    STATE_RUNNING = 1 << 3,    /* in hence_deferred_run(), or set aside there */
    STATE_CANCELLER = 1 << 4,  /* the slot is a canceller and its argument */
    STATE_CANCELLING = 1 << 5, /* the canceller runs */
    STATE_QUIET = 1 << 6,      /* forgotten: nothing is reported */

    /* The consumer of the result: at most one of the first three, and TAKEN from then on. */
    STATE_TO_DEFERRED = 1 << 7, /* a Deferred that waits for this one */
    STATE_TO_PROMISE = 1 << 8,  /* a promise: hence_deferred_chain() */
    STATE_TO_OTHER = 1 << 9,    /* any other consumer */
    STATE_TAKEN = 1 << 10,      /* a consumer is to get the result, or has got it */
    STATE_IS_FED = 1 << 11,     /* this one's promise is the consumer of another Deferred */

    /* Steps: in `first`, or in blocks, or none. */
    STATE_ONE_STEP = 1 << 12,   /* one, in `first` */
    STATE_BLOCKS = 1 << 13,     /* some, in `blocks` */
    STATE_KEPT = 1 << 14,       /* `kept` is the input of the step that returned the chain */
    STATE_SPECIAL = 1 << 15,    /* some step is a mark, or an in/out step */
    STATE_LOST_STEP = 1 << 16,  /* out of memory: the failure stands after the last step */
    STATE_MARKED = 1 << 17,     /* a mark among the steps says when the consumer is served */
    STATE_LOST_LATER = 1 << 18, /* as LOST_STEP, but after the consumer is served */

    STATE_COLD = 1 << 19, /* `site` points to a struct cold */

    STATE_PAUSE = 1 << 20 /* pauses are counted in the upper twelve bits */
};
#define STATE_PAUSES    (0xfffu << 20)
#define STATE_CONSUMERS ((uint32_t)(STATE_TO_DEFERRED | STATE_TO_PROMISE | STATE_TO_OTHER))

struct step {
    hence_step *on_value;
    hence_step *on_error; /* if both are NULL the step is a mark, and `arg` says which */
    void *arg;
};

#define STEPS_IN_BLOCK 7

struct step_block {
    struct step_block *next;
    struct step_block *last; /* in the first block only */
    uint32_t begin, end;
    struct step steps[STEPS_IN_BLOCK];
};

/* What few Deferreds have: those with memory bound to them, and all while debugging is on. */
struct cold {
    const char *site;
    const char *resolved; /* where its promise was resolved, if that was told */
    struct bound *bound;  /* the last one first */
};

struct hence_deferred {
    struct hence_waitable waitable;
    struct hence_consumer *consumer;
    union {
        const char *site;
        struct cold *cold;
    };
    uint32_t references;
    uint32_t state;
    union {
        struct step first;
        struct {
            hence_result kept;
            struct step_block *blocks;
        };
    };
#ifdef HENCE_LEDGER
    uint64_t thread;
#endif
};

extern const struct hence_part hence_deferred_part;

static inline struct hence_deferred *hence_deferred_of(struct hence_waitable *waitable)
{
    return (struct hence_deferred *)waitable;
}

static inline bool hence_deferred_is(const struct hence_waitable *waitable)
{
    return waitable->consumer.part == &hence_deferred_part;
}

/* Was it cancelled before its promise was resolved? What comes will be swallowed. */
static inline bool hence_deferred_swallows(const struct hence_deferred *d)
{
    return d->state & (STATE_RESULT | STATE_WAITING);
}

static inline bool hence_deferred_has_steps(const struct hence_deferred *d)
{
    return d->state & (STATE_ONE_STEP | STATE_BLOCKS);
}

/* steps.c: what is to be done next. The steps are a queue; `push` also puts in the marks that are
 * due before a new step. */
extern char hence_mark_serve, hence_mark_lost; /* `arg` of a mark: serve the consumer; lost step */
void hence_step_in_out_mark(void);             /* `on_value` of an in/out step */
int hence_steps_push(struct hence_deferred *d, const struct step *step);
int hence_steps_push_block(struct hence_deferred *d, hence_step *on_value, hence_step *on_error,
                           void *arg);
/* A step could not be had for want of memory: that failure stands in its place. */
void hence_steps_lose(struct hence_deferred *d);
void hence_steps_drop_block(struct hence_deferred *d);
void hence_steps_drop(struct hence_deferred *d);

/* Gives the block back if a single step stands in it, which has room in `first` now. */
static inline void hence_steps_fold(struct hence_deferred *d)
{
    struct step_block *block = d->blocks;
    if (block->end - block->begin == 1 && !block->next) {
        struct step step = block->steps[block->begin];
        hence_steps_drop_block(d);
        d->first = step;
        d->state |= STATE_ONE_STEP;
    }
}

/* Takes the first step out of `d`, whose state that is; false if there is none. */
static inline bool hence_steps_pop(struct hence_deferred *d, uint32_t state, struct step *step)
{
    if (state & STATE_ONE_STEP) {
        *step = d->first;
        d->state = state & ~(uint32_t)STATE_ONE_STEP;
        return true;
    }
    if (!(state & STATE_BLOCKS))
        return false;
    struct step_block *block = d->blocks;
    *step = block->steps[block->begin++];
    if (HENCE_UNLIKELY(block->begin == block->end))
        hence_steps_drop_block(d);
    return true;
}

/* Does a new step only have to wait behind those that are there: no result, no consumer? */
static inline bool hence_steps_only_wait(uint32_t state)
{
    return !(state & (STATE_CONSUMERS | STATE_RESULT | STATE_LOST_STEP | STATE_LOST_LATER));
}

/* What hence_steps_push() does then. */
static inline int hence_steps_append(struct hence_deferred *d, hence_step *on_value,
                                     hence_step *on_error, void *arg)
{
    const uint32_t state = d->state;
    if (state & STATE_BLOCKS) {
        struct step_block *block = d->blocks->last;
        if (HENCE_UNLIKELY(block->end == STEPS_IN_BLOCK))
            return hence_steps_push_block(d, on_value, on_error, arg);
        block->steps[block->end++] = (struct step){on_value, on_error, arg};
    } else {
        if (state & (STATE_ONE_STEP | STATE_KEPT))
            return hence_steps_push_block(d, on_value, on_error, arg);
        d->first = (struct step){on_value, on_error, arg};
        d->state = state | STATE_ONE_STEP;
    }
    HENCE_COUNT(STEPS_MADE);
    return 0;
}

/* run.c: results on their way. */
void hence_deferred_run(struct hence_deferred *d);
void hence_deferred_start(struct hence_deferred *d, hence_result r);
int hence_deferred_resolve(struct hence_waitable *self, hence_result r, const char *site);
bool hence_deferred_take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                              hence_result *out);
void hence_deferred_hand_on(struct hence_waitable *self, struct hence_consumer *consumer);
struct hence_consumer *hence_deferred_deliver(struct hence_consumer *self, hence_result *r);
void hence_deferred_waits_instead(struct hence_consumer *self, struct hence_waitable *waitable);

/* Has it a result, and nothing that keeps it from running its steps? */
static inline bool hence_deferred_can_run(const struct hence_deferred *d)
{
    return (d->state & (STATE_RESULT | STATE_RUNNING | STATE_PAUSES)) == STATE_RESULT;
}

/* Runs it if it can be run. */
static inline void hence_deferred_go_on(struct hence_deferred *d)
{
    if (hence_deferred_can_run(d))
        hence_deferred_run(d);
}

/* A step may take its input, put something else in its place and return what it took. */
static inline void hence_drop_left_behind(const hence_result *in, const hence_result *before)
{
    if (HENCE_UNLIKELY(hence_owns(in)) && (in->kind != before->kind || in->word != before->word))
        hence_drop(*in);
}

/* life.c: the end of a Deferred, when nobody is left that may come to it. */
void hence_deferred_end(struct hence_deferred *d);
/* A stuck one gives HENCE_EABANDONED to its consumer instead of its result; it is to be run. */
void hence_deferred_unstick(struct hence_deferred *d);

/* Is it paused, and held by its consumer alone, who cannot unpause it? */
static inline bool hence_deferred_is_stuck(const struct hence_deferred *d)
{
    return (d->state & STATE_PAUSES) && d->references == 1 &&
           (d->state & (STATE_TO_DEFERRED | STATE_TO_OTHER)) &&
           (d->state & (STATE_RESULT | STATE_RUNNING | STATE_CANCELLING)) == STATE_RESULT;
}

static inline void hence_deferred_settle(struct hence_deferred *d)
{
    /* both into variables: compilers would else read them as one, which has to wait until what was
     * just written to one of the two has reached the cache */
    const uint32_t state = d->state, references = d->references;
    if ((state & (STATE_RESULT | STATE_RUNNING | STATE_CANCELLING)) != STATE_RESULT)
        return;
    if (!references) {
        hence_deferred_end(d);
    } else if (HENCE_UNLIKELY(hence_deferred_is_stuck(d))) {
        hence_deferred_unstick(d);
        hence_deferred_run(d);
    }
}

/* Will `to` be resolved because `from` is? */
static inline bool hence_deferred_leads_to(const struct hence_waitable *from,
                                           const struct hence_waitable *to)
{
    struct hence_search search = {.to = to, .steps = HENCE_CIRCLE_BOUND, .branches = 100};
    return hence_waitable_leads_to(from, &search);
}

/* Another thread than the one that made it: refused in the build that the tests use. */
#ifdef HENCE_LEDGER
bool hence_deferred_wrong_thread(const struct hence_deferred *d);
#else
static inline bool hence_deferred_wrong_thread(const struct hence_deferred *d)
{
    (void)d;
    return false;
}
#endif

#endif
