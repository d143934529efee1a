/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The steps of a Deferred: a queue that needs no memory for the first one.
 *
 * One step stands in the Deferred itself. A second one moves both into a block of seven; further
 * blocks are linked behind it, and the first one knows the last.
 *
 * Two more things can stand in the queue, as marks: that the consumer gets the result here and not
 * at the end, because steps were added after it; and that a step was lost here for want of memory,
 * which later steps see as the out-of-memory failure. A mark is only written when a step follows it;
 * until then a flag says the same about the end of the queue.
 */
#include "deferred/deferred.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"

char hence_mark_serve, hence_mark_lost;

void hence_step_in_out_mark(void)
{
}

static inline struct step_block *add_block(struct hence_deferred *d)
{
    const uint32_t state = d->state;
    struct step_block *block = hence_memory_get(sizeof *block);
    if (HENCE_UNLIKELY(!block))
        return NULL;
    block->next = NULL;
    block->begin = 0;
    block->end = 0;
    if (state & STATE_BLOCKS) {
        d->blocks->last->next = block;
        d->blocks->last = block;
        return block;
    }
    if (state & STATE_ONE_STEP) {
        block->steps[0] = d->first;
        block->end = 1;
    }
    block->last = block;
    d->blocks = block;
    d->state = (state & ~(uint32_t)STATE_ONE_STEP) | STATE_BLOCKS;
    return block;
}

int hence_steps_push_block(struct hence_deferred *d, hence_step *on_value, hence_step *on_error,
                           void *arg)
{
    struct step_block *block = add_block(d);
    if (!block) {
        d->state |= STATE_LOST_STEP;
        return -ENOMEM;
    }
    block->steps[block->end++] = (struct step){on_value, on_error, arg};
    HENCE_COUNT(STEPS_MADE);
    return 0;
}

static void append_mark(struct hence_deferred *d, struct step_block *block, void *which)
{
    block->steps[block->end++] = (struct step){NULL, NULL, which};
    d->state |= STATE_SPECIAL;
}

/* Does a consumer come before a step that is added now, and the queue does not say so yet? */
static bool serves_first(const struct hence_deferred *d)
{
    return (d->state & STATE_CONSUMERS) && !(d->state & STATE_MARKED);
}

void hence_steps_lose(struct hence_deferred *d)
{
    d->state |= serves_first(d) ? STATE_LOST_LATER : STATE_LOST_STEP;
}

int hence_steps_push(struct hence_deferred *d, const struct step *step)
{
    bool serve_first = serves_first(d);
    bool lost_first = d->state & STATE_LOST_STEP;
    bool lost_later = d->state & STATE_LOST_LATER;
    uint32_t needed = 1u + serve_first + lost_first + lost_later;

    /* while a step runs the place in the Deferred is kept free, for the input of that step */
    if (needed == 1 && !(d->state & (STATE_ONE_STEP | STATE_BLOCKS | STATE_KEPT | STATE_RUNNING))) {
        d->first = *step;
        d->state |= STATE_ONE_STEP;
        HENCE_COUNT(STEPS_MADE);
        return 0;
    }
    bool has_room = (d->state & STATE_BLOCKS) && STEPS_IN_BLOCK - d->blocks->last->end >= needed;
    struct step_block *block = has_room ? d->blocks->last : add_block(d);
    if (!block) {
        hence_steps_lose(d);
        return -ENOMEM;
    }
    if (lost_first)
        append_mark(d, block, &hence_mark_lost);
    if (serve_first) {
        append_mark(d, block, &hence_mark_serve);
        d->state |= STATE_MARKED;
    }
    if (lost_later)
        append_mark(d, block, &hence_mark_lost);
    d->state &= ~(uint32_t)(STATE_LOST_STEP | STATE_LOST_LATER);
    block->steps[block->end++] = *step;
    HENCE_COUNT(STEPS_MADE);
    return 0;
}

void hence_steps_drop_block(struct hence_deferred *d)
{
    struct step_block *block = d->blocks;
    struct step_block *next = block->next;
    if (next) {
        next->last = block->last;
        d->blocks = next;
    } else {
        d->state &= ~(uint32_t)STATE_BLOCKS;
    }
    hence_memory_put(block, sizeof *block);
}

void hence_steps_drop(struct hence_deferred *d)
{
    struct step step;
    while (hence_steps_pop(d, d->state, &step)) {
        if (step.on_value || step.on_error)
            HENCE_COUNT(STEPS_ENDED);
    }
    d->state &= ~(uint32_t)(STATE_SPECIAL | STATE_MARKED | STATE_LOST_STEP | STATE_LOST_LATER);
}
