/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tokens whose number may change, and that are lent to borrowers, to each at most one: who asks, or holds,
 * is found by its address, in a table of rows.
 */
#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "sync/gate.h"
#include "value/failure.h"

struct borrowing {
    struct hence_sync_hold hold; /* first: `arg` is the borrower, NULL for nobody */
    struct borrowing *next;      /* of the same row */
};

struct hence_capacity_limiter {
    struct gate gate;
    size_t total, borrowed;
    struct borrowing **rows;
    size_t row_count, borrowers; /* a power of two, or 0 */
};

/* ---- who has one ---- */

static struct borrowing **row_of(hence_capacity_limiter *limiter, const void *borrower)
{
    const uint64_t mixed = (uint64_t)(uintptr_t)borrower * 0x9e3779b97f4a7c15u;
    return &limiter->rows[(mixed >> 32) & (limiter->row_count - 1)];
}

static bool is_borrower(hence_capacity_limiter *limiter, const void *borrower)
{
    if (!borrower || !limiter->row_count)
        return false;
    const struct borrowing *borrowing = *row_of(limiter, borrower);
    while (borrowing && borrowing->hold.arg != borrower)
        borrowing = borrowing->next;
    return borrowing;
}

static void put_into_row(hence_capacity_limiter *limiter, struct borrowing *borrowing)
{
    struct borrowing **row = row_of(limiter, borrowing->hold.arg);
    borrowing->next = *row;
    *row = borrowing;
}

static bool make_room(hence_capacity_limiter *limiter)
{
    if (limiter->borrowers < limiter->row_count)
        return true;
    const size_t old_count = limiter->row_count, count = old_count ? 2 * old_count : 8;
    struct borrowing **old = limiter->rows;
    struct borrowing **rows = hence_memory_get_zeroed(count * sizeof(struct borrowing *));
    if (!rows)
        return false;
    limiter->rows = rows;
    limiter->row_count = count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct borrowing *next, *at = old[i]; at; at = next) {
            next = at->next;
            put_into_row(limiter, at);
        }
    }
    if (old)
        hence_memory_put(old, old_count * sizeof(struct borrowing *));
    return true;
}

static void forget(struct gate *gate, struct hence_sync_hold *hold)
{
    hence_capacity_limiter *limiter = (hence_capacity_limiter *)gate;
    if (!hold->arg)
        return;
    struct borrowing **at = row_of(limiter, hold->arg);
    while (*at != (struct borrowing *)hold)
        at = &(*at)->next;
    *at = (*at)->next;
    limiter->borrowers--;
}

/* ---- the gate ---- */

static bool admit(struct gate *gate, struct hence_sync_hold *hold)
{
    hence_capacity_limiter *limiter = (hence_capacity_limiter *)gate;
    (void)hold;
    if (limiter->borrowed >= limiter->total)
        return false;
    limiter->borrowed++;
    return true;
}

static void leave(struct gate *gate, struct hence_sync_hold *hold)
{
    hence_capacity_limiter *limiter = (hence_capacity_limiter *)gate;
    limiter->borrowed--;
    forget(gate, hold); /* it may borrow again, even if the spent hold lives on */
    hold->arg = NULL;
}

static void end(struct primitive *primitive)
{
    hence_capacity_limiter *limiter = (hence_capacity_limiter *)primitive;
    if (limiter->rows)
        hence_memory_put(limiter->rows, limiter->row_count * sizeof(struct borrowing *));
}

hence_capacity_limiter *hence_capacity_limiter_new(size_t tokens)
{
    hence_capacity_limiter *limiter = hence_gate_new(sizeof *limiter, admit, leave);
    if (limiter) {
        limiter->gate.hold_size = sizeof(struct borrowing);
        limiter->gate.forget = forget;
        limiter->gate.primitive.end = end;
        limiter->total = tokens;
    }
    return limiter;
}

hence_capacity_limiter *hence_capacity_limiter_free(hence_capacity_limiter *limiter)
{
    hence_gate_free((struct gate *)limiter);
    return NULL;
}

/* 0 and a hold, -EINVAL if the borrower has one already, -ENOMEM. */
static int new_hold(hence_capacity_limiter *limiter, void *borrower, struct hence_sync_hold **out)
{
    *out = NULL;
    if (is_borrower(limiter, borrower)) {
        hence_report_misuse("a borrower asked a capacity limiter for a second token");
        return -EINVAL;
    }
    struct hence_sync_hold *hold =
        borrower && !make_room(limiter) ? NULL : hence_hold_new(&limiter->gate);
    if (!hold)
        return -ENOMEM;
    if (borrower) {
        hold->arg = borrower;
        put_into_row(limiter, (struct borrowing *)hold);
        limiter->borrowers++;
    }
    *out = hold;
    return 0;
}

static void acquire(hence_capacity_limiter *limiter, void *borrower, hence_promise *promise)
{
    struct hence_sync_hold *hold;
    if (hence_primitive_refuses(&limiter->gate.primitive, promise))
        return;
    if (new_hold(limiter, borrower, &hold) == -EINVAL)
        hence_resolve_at(
            NULL, promise,
            hence_refuse_at(NULL, "a borrower asked a capacity limiter for a second token"));
    else
        hence_gate_enter(&limiter->gate, hold, promise);
}

hence_deferred *hence_capacity_limiter_acquire_at(const char *site, hence_capacity_limiter *limiter,
                                                  void *borrower)
{
    hence_promise *promise;
    hence_deferred *d = limiter ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        acquire(limiter, borrower, promise);
    return d;
}

hence_future *hence_capacity_limiter_acquire_future_at(const char *site, hence_loop *loop,
                                                       hence_capacity_limiter *limiter,
                                                       void *borrower)
{
    hence_promise *promise;
    hence_future *f = limiter ? hence_future_new_at(site, loop, &promise) : NULL;
    if (f)
        acquire(limiter, borrower, promise);
    return f;
}

int hence_capacity_limiter_try_acquire(hence_capacity_limiter *limiter, void *borrower,
                                       hence_hold **hold)
{
    struct hence_sync_hold *made = NULL;
    *hold = NULL;
    int error = hence_primitive_check(limiter);
    if (!error)
        error = new_hold(limiter, borrower, &made);
    return error ? error : hence_gate_try(&limiter->gate, made, hold);
}

int hence_capacity_limiter_set_total(hence_capacity_limiter *limiter, size_t tokens)
{
    int error = hence_primitive_check(limiter);
    if (error)
        return error;
    limiter->total = tokens;
    hence_primitive_serve(&limiter->gate.primitive);
    return 0;
}

size_t hence_capacity_limiter_total(const hence_capacity_limiter *limiter)
{
    return limiter ? limiter->total : 0;
}

size_t hence_capacity_limiter_borrowed(const hence_capacity_limiter *limiter)
{
    return limiter ? limiter->borrowed : 0;
}

size_t hence_capacity_limiter_available(const hence_capacity_limiter *limiter)
{
    return limiter && limiter->total > limiter->borrowed ? limiter->total - limiter->borrowed : 0;
}
