/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs of random calls, from the outside and from inside steps, cancellers and destructors:
 * whatever they do, nothing is leaked, lost or ended twice.
 */
#include <string.h>

#include "support.h"
#include "support/random.h"

SUITE(random);

enum {
    SLOTS = 6,
    CALLS = 40
};

static hence_deferred *held[SLOTS];
static hence_promise *promises[SLOTS];
static int references[SLOTS];
static int calls_left; /* of one program, so that steps that add steps come to an end */
static uint32_t state;

static unsigned draw(unsigned n)
{
    return next_random(&state) % n;
}

static void do_something(void);

static hence_result some_result(void)
{
    switch (draw(6)) {
    case 0:
        return hence_int(7);
    case 1:
        return failure("broken");
    case 2:
        return hence_fail_static(HENCE_ECANCELLED);
    case 3:
        return hence_chain(hence_deferred_ref(held[draw(SLOTS)]));
    default:
        return payload();
    }
}

static hence_result some_step(hence_result *in, void *arg)
{
    (void)arg;
    while (draw(3) == 0)
        do_something();
    switch (draw(4)) {
    case 0:
        return *in;
    case 1:
        return hence_take(in);
    default:
        return some_result();
    }
}

static void some_in_out_step(hence_result *in_out, void *arg)
{
    hence_result in = *in_out;
    *in_out = some_step(&in, arg);
    if (in_out->kind != in.kind || in_out->word != in.word)
        hence_drop(in);
}

static void destroy_and_do_something(void *p)
{
    payload_destroy(p);
    do_something();
}

static bool some_canceller(hence_promise *p, void *arg)
{
    unsigned slot = (unsigned)(uintptr_t)arg;
    if (draw(2))
        do_something();
    if (promises[slot] != p) /* it is in other hands, or has ended */
        return draw(2);
    switch (draw(4)) {
    case 0:
        hence_resolve(hence_promise_take(&promises[slot]), some_result());
        return draw(2);
    case 1:
        hence_abandon(hence_promise_take(&promises[slot]));
        return draw(2);
    case 2:
        promises[slot] = NULL;
        return true;
    default:
        return false;
    }
}

static void fill_slot(unsigned slot)
{
    if (held[slot])
        return;
    if (draw(3) == 0 || promises[slot]) {
        hence_deferred *d = hence_deferred_succeed(some_result());
        if (held[slot]) { /* a destructor has filled the slot meanwhile */
            hence_deferred_unref(d);
            return;
        }
        held[slot] = d;
        references[slot] = 1;
        return;
    }
    held[slot] = hence_deferred_new(&promises[slot]);
    references[slot] = 1;
    if (draw(2))
        hence_promise_on_cancel(promises[slot], some_canceller, (void *)(uintptr_t)slot);
}

static void let_go(unsigned slot, void (*how)(hence_deferred *d))
{
    hence_deferred *d = held[slot];
    if (d && --references[slot] == 0)
        held[slot] = NULL;
    how(d);
}

static void unref(hence_deferred *d)
{
    hence_deferred_unref(d);
}

static void do_something(void)
{
    unsigned slot = draw(SLOTS), other = draw(SLOTS);
    void *p;

    if (calls_left-- <= 0)
        return;
    switch (draw(17)) {
    case 0:
    case 1:
        fill_slot(slot);
        break;
    case 2:
    case 3:
        hence_deferred_add_both(held[slot], some_step, NULL);
        break;
    case 4:
        hence_deferred_add_callbacks(held[slot], some_step, some_step, NULL);
        break;
    case 5:
        hence_deferred_add_in_out(held[slot], some_in_out_step, NULL);
        break;
    case 6:
    case 7:
        if (promises[slot])
            hence_resolve(hence_promise_take(&promises[slot]), some_result());
        break;
    case 8:
        hence_abandon(hence_promise_take(&promises[slot]));
        break;
    case 9:
        hence_deferred_pause(held[slot]);
        break;
    case 10:
        hence_deferred_unpause(held[slot]);
        break;
    case 11:
        hence_deferred_cancel(held[slot]);
        break;
    case 12:
        let_go(slot, draw(3) ? unref : hence_deferred_forget);
        break;
    case 13:
        if (held[slot]) {
            references[slot]++;
            hence_deferred_ref(held[slot]);
        }
        break;
    case 14:
        hence_deferred_chain(held[slot], hence_promise_take(&promises[other]));
        break;
    case 15:
        hence_drop(hence_deferred_take(held[slot]));
        break;
    default:
        p = payload_new();
        if (hence_deferred_bind(held[slot], p,
                                draw(2) ? payload_destroy : destroy_and_do_something))
            break;
    }
}

static void run_program(uint32_t seed)
{
    state = seed * 2654435761u | 1u;
    calls_left = CALLS;
    while (calls_left > 0)
        do_something();
    for (unsigned slot = 0; slot < SLOTS; slot++)
        hence_abandon(hence_promise_take(&promises[slot]));
    for (unsigned slot = 0; slot < SLOTS; slot++)
        while (held[slot])
            let_go(slot, unref);
    forget_reports();
}

static void run_programs(uint32_t first, uint32_t last)
{
    for (uint32_t seed = first; seed <= last; seed++) {
        run_program(seed);
        check_nothing_left();
    }
}

TEST_ONCE(random, whatever_a_program_does_nothing_is_leaked_lost_or_ended_twice)
{
    run_programs(1, 20000);
}

TEST(random, nor_if_it_runs_out_of_memory)
{
    run_programs(1, 200);
}
