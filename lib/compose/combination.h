/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_COMPOSE_COMBINATION_H
#define HENCE_LIB_COMPOSE_COMBINATION_H

/*
 * One result out of many: what lists, races, gathers and waits have in common.
 *
 * A combination consumes its inputs, and is itself something that can be waited for: the Deferred or
 * Future that the caller gets is resolved with a chain to it. All that its outcome may need is allocated
 * before the first input is looked at, so that no outcome can get lost for want of memory.
 *
 *   collecting   results arrive                           policy->arrive
 *   decided      the outcome stands in the waitable's slot; what arrives now is destroyed
 *   ready        it may be given: see is_ready()
 *
 * It is made of two things that do not know each other: its inputs (Deferreds: deferred_inputs.c,
 * Futures: future_inputs.c), and the policy that says what their results make together.
 *
 * It lives as long as somebody may still come to it: `references` (who waits for it, or is to; who is at
 * work on it) or inputs that have not ended.
 */

#include "value/list.h"
#include "value/waitable.h"

enum {
    COMBINATION_CANCELS_REST =
        1 << 0,                  /* once decided; the outcome is not given before that is done */
    COMBINATION_DRAINS = 1 << 1, /* the outcome is given when all inputs have ended */
    COMBINATION_REPORTS_REST = 1 << 2,  /* failures that arrive once it is decided are reported */
    COMBINATION_FIRST_VALUE = 1 << 3,   /* the first value decides */
    COMBINATION_FIRST_FAILURE = 1 << 4, /* the first failure decides */
    COMBINATION_WATCHES =
        1 << 5,                 /* it looks at its inputs only: it neither reads nor cancels them */
    COMBINATION_TIMED = 1 << 6, /* time may decide */
    COMBINATION_UNTOLD =
        1 << 7 /* some of what has arrived was read untold, and is received with the outcome */
};

struct combination;

/* What the results make together. */
struct combination_policy {
    /* Takes the result of one input of a combination that is not decided. */
    void (*arrive)(struct combination *c, size_t i, hence_result r);
    /* Gives back what the outcome might have needed. */
    void (*discard)(struct combination *c);
    /* Decides it, since all that it still depends on is input `c->one`, which waits for it. NULL: that is not
     * looked for. */
    void (*break_circle)(struct combination *c);
};

/* How results come. */
struct combination_inputs {
    /* What input `i` is, for cancelling it; NULL if it has ended. */
    struct hence_waitable *(*get)(struct combination *c, uint32_t i);
    /* It is decided: those that have not ended may be let go. May be NULL. */
    void (*let_go)(struct combination *c);
    /* Gives its memory back. */
    void (*put)(struct combination *c);
};

struct combination {
    struct hence_many many;
    const struct combination_policy *policy;
    const struct combination_inputs *inputs;
    struct hence_consumer *consumer; /* who waits for it, or NULL */
    const char *site;
    hence_list *list;
    hence_winner *winner;
    hence_failure *failure; /* the first one, or the group */
    uint32_t references;
    uint32_t size, ended, pending;
    uint32_t cursor;     /* the next input to be cancelled */
    uint32_t one, other; /* before these there are no two different inputs that have not ended */
    uint8_t flags;
    bool decided, cancelling, deciding;
    bool cancelled;    /* somebody has cancelled it, and an input has accepted that, */
    bool accepted;     /* this time */
    bool is_in_circle; /* it waits for itself: the others are not waited for */
};

/* Fills in a combination of `n` inputs, with one reference. */
void hence_combination_init(struct combination *c, const struct combination_policy *policy,
                            const struct combination_inputs *inputs, const char *site, size_t n,
                            unsigned flags);
/* One reference less. */
void hence_combination_release(struct combination *c);

/* The result of input `i`: taken. */
void hence_combination_arrive(struct combination *c, size_t i, hence_result r);

/* Takes the outcome. */
void hence_combination_decide(struct combination *c, hence_result outcome);

/* Who is to get the outcome now, and the outcome; or NULL. */
struct hence_consumer *hence_combination_finish(struct combination *c, hence_result *r);

/* For finding circles: what an input leads to. NULL if the outcome does not need it: a circle through a race is
 * none as long as others may win it. */
struct hence_waitable *hence_combination_leads_to(struct combination *c);

static inline hence_result hence_combination_chain(struct combination *c)
{
    return hence_chain_to(&c->many.waitable);
}

/* ---- policies.c ---- */

extern const struct combination_policy hence_list_policy, hence_race_policy, hence_gather_policy,
    hence_wait_policy;

/* Allocates what the outcome of such a policy may need; false if there is no memory. If there are no
 * inputs, it is decided then. */
bool hence_list_prepare(struct combination *c);
bool hence_race_prepare(struct combination *c);
bool hence_gather_prepare(struct combination *c);

/* ---- deferred_inputs.c ---- */

/* A combination of `n` Deferreds that has not looked at them yet; NULL if there is no memory. */
struct combination *hence_combine_deferreds(const struct combination_policy *policy,
                                            const char *site, hence_deferred *const *deferreds,
                                            size_t n, unsigned flags);
/* Takes it, if it is not NULL, and all inputs, and gives the Deferred for its outcome. `prepared` says
 * whether all that it needs could be had; otherwise the inputs are let go, and it gives NULL. */
hence_deferred *hence_combination_start(struct combination *c, bool prepared, const char *site,
                                        hence_deferred *const *deferreds, size_t n);

/* ---- future_inputs.c ---- */

/* The same for Futures, of which it takes references of its own. */
struct combination *hence_combine_futures(const struct combination_policy *policy, const char *site,
                                          hence_loop *loop, hence_future *const *futures, size_t n,
                                          unsigned flags);
/* `timeout` in nanoseconds, negative: none; when it is over hence_combination_time_is_up() decides. */
hence_future *hence_combination_start_future(struct combination *c, bool prepared, const char *site,
                                             int64_t timeout);
/* How many of its Futures are done. */
size_t hence_combination_count_done(const struct combination *c);

#endif
