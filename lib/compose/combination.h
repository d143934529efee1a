/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_COMPOSE_COMBINATION_H
#define HENCE_LIB_COMPOSE_COMBINATION_H

/*
 * One result out of many Deferreds: what lists and races have in common.
 *
 * A combination consumes its inputs, one slot for each, and is itself something that can be waited for:
 * the Deferred that the caller gets is resolved with a chain to it. All that its outcome may need is
 * allocated before the first input is looked at, so that no outcome can get lost for want of memory.
 *
 *   collecting   results arrive in their slots            kind->arrive
 *   decided      the outcome stands in the waitable's slot; what arrives now is destroyed
 *   ready        it may be given: see is_ready()
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
    COMBINATION_REPORTS_REST = 1 << 2, /* failures that arrive once it is decided are reported */
    COMBINATION_FIRST_VALUE = 1 << 3,  /* the first value decides */
    COMBINATION_FIRST_FAILURE = 1 << 4 /* the first failure decides */
};

struct combination;

struct slot {
    struct hence_consumer consumer;
    struct hence_waitable *from; /* NULL: it has ended. In the first copy of a duplicate: its box */
    uint32_t index;
    uint32_t copy; /* the next slot that was given the same Deferred; 0: none */
};

/* What a kind of combination makes of results. */
struct combination_kind {
    /* Takes the result of one input of one that is not decided. */
    void (*arrive)(struct combination *c, size_t i, hence_result r);
    /* Gives back what the outcome might have needed. */
    void (*discard)(struct combination *c);
};

struct combination {
    struct hence_waitable waitable;
    const struct combination_kind *kind;
    struct hence_consumer *consumer; /* who waits for it, or NULL */
    const char *site;
    hence_list *list;
    hence_winner *winner;
    hence_failure *failure;       /* the first one, or the group */
    struct hence_waitable *below; /* in the stack of those that are being cancelled */
    uint32_t references;
    uint32_t size, ended, pending;
    uint32_t cursor; /* the next slot to be cancelled */
    uint8_t flags;
    bool decided, cancelling, deciding;
    struct slot slots[];
};

/* A combination of `n` Deferreds that has not looked at them yet; NULL if there is no memory. */
struct combination *hence_combination_new(const struct combination_kind *kind, const char *site,
                                          hence_deferred *const *inputs, size_t n, unsigned flags);

/* Takes it, if it is not NULL, and all inputs, and gives the Deferred for its outcome. `made` says
 * whether all that it needs could be had; otherwise the inputs are let go, and it gives NULL. */
hence_deferred *hence_combination_start(struct combination *c, bool made, const char *site,
                                        hence_deferred *const *inputs, size_t n);

/* Takes the outcome. */
void hence_combination_decide(struct combination *c, hence_result outcome);

#endif
