/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs of random calls on trees of lists, gathers, races, shares and time limits, from the outside and
 * from inside steps, cancellers and destructors. Whatever they do: each combination ends exactly once when
 * everything has been resolved, and nothing is leaked, lost or ended twice.
 *
 * So that no circle comes about, of which some cannot be found, whatever waits only waits for something
 * that is older: each Deferred has a number.
 */
#include <string.h>

#include "support.h"
#include "support/random.h"

SUITE(compose_random);

enum {
    SLOTS = 8,
    SHARES = 3,
    INPUTS_AT_MOST = 5,
    CALLS = 100,
    COMBINATIONS_AT_MOST = 200
};

static struct {
    hence_deferred *d;
    int references;
    unsigned number;
    int combination; /* which, or -1 */
} held[SLOTS];

static struct {
    hence_promise *p;
    unsigned number; /* of its Deferred */
} promises[SLOTS];

static hence_share *shares[SHARES];

static struct {
    int ended;
    bool was_forgotten;
} combinations[COMBINATIONS_AT_MOST];

static int combinations_made;
static unsigned last_number;
static int calls_left; /* of one program, so that steps that add steps come to an end */
static struct loop_and_clock both;
static uint32_t state;

static unsigned draw(unsigned n)
{
    return next_random(&state) % n;
}

static void do_something(void);

/* ---- results, steps, cancellers ---- */

/* A slot that holds something older than `number`, or -1. */
static int older_than(unsigned number)
{
    unsigned slot = draw(SLOTS);
    return held[slot].d && held[slot].number < number ? (int)slot : -1;
}

static hence_result give_payload_later(void *arg)
{
    (void)arg;
    return payload();
}

static hence_result some_result(unsigned number)
{
    int slot;
    switch (draw(8)) {
    case 0:
        return hence_int(7);
    case 1:
        return failure("broken");
    case 2:
        return hence_fail_static(HENCE_ECANCELLED);
    case 3:
        return hence_chain(hence_defer_later(both.loop, draw(20), give_payload_later, NULL));
    case 4:
    case 5:
        slot = older_than(number);
        if (slot >= 0)
            return hence_chain(hence_deferred_ref(held[slot].d));
        return hence_none();
    default:
        return payload();
    }
}

static hence_result some_step(hence_result *in, void *number)
{
    while (draw(4) == 0)
        do_something();
    switch (draw(4)) {
    case 0:
        return *in;
    case 1:
        return hence_take(in);
    default:
        return some_result((unsigned)(uintptr_t)number);
    }
}

static hence_result combination_ended(hence_result *in, void *index)
{
    combinations[(uintptr_t)index].ended++;
    if (draw(3) == 0)
        do_something();
    return hence_take(in);
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
    if (promises[slot].p != p) /* it is in other hands, or has ended */
        return draw(2);
    switch (draw(4)) {
    case 0:
        hence_resolve(hence_promise_take(&promises[slot].p), some_result(promises[slot].number));
        return draw(2);
    case 1:
        hence_abandon(hence_promise_take(&promises[slot].p));
        return draw(2);
    case 2:
        promises[slot].p = NULL;
        return true;
    default:
        return false;
    }
}

/* ---- slots ---- */

static void hold(unsigned slot, hence_deferred *d, int combination)
{
    if (held[slot].d) { /* a destructor has filled the slot meanwhile */
        hence_deferred_unref(d);
        return;
    }
    held[slot].d = d;
    held[slot].references = 1;
    held[slot].number = ++last_number;
    held[slot].combination = combination;
}

static void make_input(unsigned slot)
{
    hence_promise *p = NULL;
    hence_future *f;
    if (held[slot].d)
        return;
    if (promises[slot].p || draw(4) == 0) {
        hold(slot, hence_deferred_succeed(some_result(last_number + 1)), -1);
        return;
    }
    if (draw(5) == 0) {
        f = hence_future_new(both.loop, &p);
        hold(slot, hence_deferred_from_future(f), -1);
        hence_future_unref(f);
    } else {
        hold(slot, hence_deferred_new(&p), -1);
    }
    promises[slot].p = p;
    promises[slot].number = held[slot].number;
    if (draw(2))
        hence_promise_on_cancel(p, some_canceller, (void *)(uintptr_t)slot);
}

/* One reference to what a slot holds: one more, or the slot's own. */
static hence_deferred *hand_over(unsigned slot)
{
    hence_deferred *d = held[slot].d;
    if (!d || draw(3) == 0)
        return hence_deferred_ref(d);
    if (--held[slot].references == 0)
        held[slot].d = NULL;
    return d;
}

static void let_go(unsigned slot, bool forget)
{
    hence_deferred *d = held[slot].d;
    if (!d)
        return;
    if (--held[slot].references == 0)
        held[slot].d = NULL;
    if (!forget) {
        hence_deferred_unref(d);
        return;
    }
    if (held[slot].combination >= 0)
        combinations[held[slot].combination].was_forgotten = true;
    hence_deferred_forget(d);
}

static hence_deferred *combine(hence_deferred *const *in, size_t n)
{
    switch (draw(4)) {
    case 0:
        return hence_gather_results(in, n, draw(16) & (HENCE_CANCEL_REST | HENCE_REPORT_REST));
    case 1:
        return hence_race(in, n);
    default:
        return hence_deferred_list(in, n, draw(16));
    }
}

static void make_combination(unsigned slot)
{
    hence_deferred *in[INPUTS_AT_MOST];
    size_t n = draw(INPUTS_AT_MOST + 1);
    int index = combinations_made;
    if (held[slot].d || index == COMBINATIONS_AT_MOST)
        return;
    for (size_t i = 0; i < n; i++) {
        unsigned from = draw(SLOTS);
        for (int tries = 0; !held[from].d && tries < 5; tries++)
            from = draw(SLOTS);
        in[i] = hand_over(from);
    }
    combinations_made++;
    hence_deferred *d = combine(in, n);
    combinations[index].was_forgotten |= !d; /* it could not be had */
    if (hence_deferred_add_both(d, combination_ended, (void *)(uintptr_t)index) != 0)
        combinations[index].was_forgotten = true;
    hold(slot, d, index);
}

static void use_share(unsigned i, unsigned slot)
{
    hence_share *share = shares[i];
    switch (draw(4)) {
    case 0:
        if (share || !held[slot].d)
            break;
        share = hence_share_new(hand_over(slot));
        if (shares[i]) /* a destructor has made one meanwhile */
            hence_share_unref(share);
        else
            shares[i] = share;
        break;
    case 1:
        shares[i] = NULL;
        hence_share_unref(share);
        break;
    case 2:
        if (draw(4) == 0)
            hence_share_cancel(share);
        break;
    default:
        if (!held[slot].d)
            hold(slot, hence_share_get(share), -1);
    }
}

static void chain(unsigned slot, unsigned other)
{
    if (held[slot].d && held[slot].number < promises[other].number)
        hence_deferred_chain(held[slot].d, hence_promise_take(&promises[other].p));
}

static void do_something(void)
{
    unsigned slot = draw(SLOTS), other = draw(SLOTS);
    hence_deferred *d = held[slot].d;
    void *number = (void *)(uintptr_t)held[slot].number;

    if (calls_left-- <= 0)
        return;
    switch (draw(18)) {
    case 0:
    case 1:
    case 2:
        make_input(slot);
        break;
    case 3:
    case 4:
    case 5:
        make_combination(slot);
        break;
    case 6:
        hence_deferred_add_both(d, some_step, number);
        break;
    case 7:
    case 8:
        if (promises[slot].p)
            hence_resolve(hence_promise_take(&promises[slot].p),
                          some_result(promises[slot].number));
        break;
    case 9:
        hence_abandon(hence_promise_take(&promises[slot].p));
        break;
    case 10:
        hence_deferred_cancel(d);
        break;
    case 11:
        let_go(slot, draw(3) == 0);
        break;
    case 12:
        if (d) {
            held[slot].references++;
            hence_deferred_ref(d);
        }
        break;
    case 13:
        chain(slot, other);
        break;
    case 14:
        use_share(draw(SHARES), slot);
        break;
    case 15:
        hence_deferred_add_timeout(d, both.loop, draw(30), draw(2) ? some_step : NULL, number);
        break;
    case 16:
        hence_test_clock_advance(both.clock, draw(10)); /* refused inside a call */
        break;
    default:
        if (hence_deferred_bind(d, payload_new(),
                                draw(2) ? payload_destroy : destroy_and_do_something))
            break;
    }
}

/* ---- programs ---- */

static void begin_program(uint32_t seed)
{
    state = seed * 2654435761u | 1u;
    calls_left = CALLS;
    combinations_made = 0;
    last_number = 0;
    memset(combinations, 0, sizeof combinations);
    both = begin_loop();
}

static void end_everything(void)
{
    for (unsigned slot = 0; slot < SLOTS; slot++)
        hence_abandon(hence_promise_take(&promises[slot].p));
    for (int i = 0; i < 100 && hence_loop_pending(both.loop); i++)
        hence_test_clock_advance(both.clock, 1000); /* steps may defer something once more */
    for (unsigned i = 0; i < SHARES; i++) {
        hence_share *share = shares[i];
        shares[i] = NULL;
        hence_share_unref(share);
    }
    for (unsigned slot = 0; slot < SLOTS; slot++)
        while (held[slot].d)
            let_go(slot, false);
    hence_test_clock_advance(both.clock, 0);
}

static void run_program(uint32_t seed)
{
    begin_program(seed);
    while (calls_left > 0)
        do_something();
    end_everything();
    for (int i = 0; i < combinations_made; i++) {
        if (combinations[i].ended != 1 && !combinations[i].was_forgotten && !support_faulty)
            support_fail("program %u: combination %d ended %d times", seed, i,
                         combinations[i].ended);
        cr_assert_leq(combinations[i].ended, 1);
    }
    end_loop(&both);
    forget_reports();
}

static void run_programs(uint32_t first, uint32_t last)
{
    for (uint32_t seed = first; seed <= last; seed++) {
        run_program(seed);
        check_nothing_left();
    }
}

TEST_ONCE(compose_random, whatever_a_program_does_each_combination_ends_once_and_nothing_is_lost)
{
    run_programs(1, 5000);
}

TEST(compose_random, nor_if_it_runs_out_of_memory)
{
    run_programs(1, 60);
}
