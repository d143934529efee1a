/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs of random calls on everything that is made of Futures, from the outside and from inside
 * listeners, steps, iterators, cancellers and destructors. Whatever they do: when all promises have ended and
 * all time has passed, each Future is done; what it ended with says about its inputs what it should, and
 * stays as it is; and nothing is leaked, lost or ended twice.
 *
 * So that no circle comes about, of which some cannot be found, whatever waits only waits for something
 * that is older: each Future has a number.
 */
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "support/random.h"

SUITE(future_random);

enum {
    SLOTS = 8,
    PROMISES = 6,
    INPUTS_AT_MOST = 4,
    CALLS = 150,
    MADE_AT_MOST = 40
};

static struct {
    hence_future *f;
    int references;
    unsigned number;
} held[SLOTS];

static struct {
    hence_promise *p;
    unsigned number; /* of its Future */
} promises[PROMISES];

enum kind {
    GATHER,
    COLLECT,
    RACE,
    WAIT,
    SAME, /* shield, wait_for, with_timeout: ends as its input, or with a timeout, or cancelled */
    OTHER
};

/* What was made of what, with references of our own. */
static struct {
    enum kind kind;
    hence_future *f;
    hence_future *inputs[INPUTS_AT_MOST];
    size_t n;
    char result[256]; /* as it was when it was seen first */
} made[MADE_AT_MOST];

static int made_count;
static bool
    keeps; /* this program keeps references to look at later; otherwise all goes as it may */
static bool has_closed;
static unsigned last_number;
static int calls_left; /* of one program, so that steps that make more come to an end */
static hence_completion_queue *queue;
static struct loop_and_clock both;
static uint32_t state;

static unsigned draw(unsigned n)
{
    return next_random(&state) % n;
}

static void do_something(void);

/* ---- results ---- */

static void destroy_and_do_something(void *p)
{
    payload_destroy(p);
    do_something();
}

/* One that is held and older than `number`, or NULL. */
static hence_future *older_than(unsigned number)
{
    for (int tries = 0; tries < 6; tries++) {
        unsigned i = draw(SLOTS);
        if (held[i].f && held[i].number < number)
            return held[i].f;
    }
    return NULL;
}

static hence_result some_result(unsigned number)
{
    hence_future *older;
    switch (draw(8)) {
    case 0:
        return hence_int(7);
    case 1:
        return failure("broken");
    case 2:
        return draw(2) ? failure("worse") : hence_fail_static(HENCE_ECANCELLED);
    case 3:
        return hence_own(payload_new(), destroy_and_do_something);
    case 4:
        older = older_than(number);
        return older ? hence_chain_future(hence_future_ref(older)) : hence_none();
    case 5:
        return both.loop ? hence_chain(hence_sleep(both.loop, draw(4))) : hence_none();
    default:
        return payload();
    }
}

/* ---- what is called ---- */

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

static hence_result some_function(void *number)
{
    if (draw(4) == 0)
        do_something();
    return calls_left > 0 ? some_result((unsigned)(uintptr_t)number) : hence_none();
}

static hence_result some_exit(const hence_result *resource, const hence_result *outcome,
                              void *number)
{
    (void)resource;
    (void)outcome;
    return some_function(number);
}

static hence_result some_sum(const hence_result *a, const hence_result *b, void *number)
{
    (void)a;
    (void)b;
    return some_function(number);
}

static void some_listener(hence_future *f, void *arg)
{
    (void)arg;
    if (draw(2))
        hence_drop(hence_future_result(f));
    while (draw(3) == 0)
        do_something();
}

static bool some_canceller(hence_promise *p, void *arg)
{
    unsigned i = (unsigned)(uintptr_t)arg;
    unsigned number = promises[i].number;
    if (draw(2))
        do_something();
    if (promises[i].p != p) /* it is in other hands, or has ended */
        return draw(2);
    switch (draw(4)) {
    case 0:
        hence_resolve(hence_promise_take(&promises[i].p), some_result(number));
        return draw(2);
    case 1:
        hence_abandon(hence_promise_take(&promises[i].p));
        return draw(2);
    case 2:
        promises[i].p = NULL;
        return true;
    default:
        return false;
    }
}

/* ---- Futures ---- */

static hence_future *new_future(unsigned number)
{
    hence_promise *p;
    unsigned i = draw(PROMISES);
    if (promises[i].p || draw(3) == 0) {
        hence_future *f = hence_future_new(both.loop, &p);
        hence_result r = some_result(number);
        if (f)
            hence_resolve(p, r);
        else
            hence_drop(r);
        return f;
    }
    hence_future *f = hence_future_new(both.loop, &promises[i].p);
    promises[i].number = number;
    if (draw(2))
        hence_promise_on_cancel(promises[i].p, some_canceller, (void *)(uintptr_t)i);
    return f;
}

static hence_future *some_next(void *arg)
{
    unsigned number = (unsigned)(uintptr_t)arg;
    hence_promise *p;
    if (draw(4) == 0)
        do_something();
    if (draw(3) && calls_left > 0)
        return draw(2) ? hence_future_ref(older_than(number)) : new_future(number);
    hence_future *f = hence_future_new(both.loop, &p);
    if (f)
        hence_resolve(p, hence_fail_static(HENCE_EEND));
    return f;
}

static void remember(enum kind kind, hence_future *f, hence_future *const *in, size_t n)
{
    if (!keeps || !f || made_count == MADE_AT_MOST)
        return;
    made[made_count].kind = kind;
    made[made_count].f = hence_future_ref(f);
    made[made_count].n = n;
    made[made_count].result[0] = '\0';
    for (size_t i = 0; i < n; i++)
        made[made_count].inputs[i] = hence_future_ref(in[i]);
    made_count++;
}

static hence_future *make_combination(unsigned number)
{
    static const enum kind kinds[] = {GATHER, COLLECT, GATHER, COLLECT};
    hence_future *in[INPUTS_AT_MOST], *f;
    size_t n = draw(INPUTS_AT_MOST + 1);
    unsigned flags = draw(4);
    enum kind kind = kinds[flags];
    for (size_t i = 0; i < n; i++)
        in[i] = older_than(number);
    switch (draw(4)) {
    case 0:
        kind = RACE;
        f = hence_race_future(both.loop, in, n);
        break;
    case 1:
        kind = WAIT;
        f = hence_wait(both.loop, in, n, (hence_wait_condition)draw(3), (int64_t)draw(5) - 1);
        break;
    default:
        f = hence_gather(both.loop, in, n, flags);
    }
    remember(kind, f, in, n);
    return f;
}

static hence_future *make_another(unsigned number)
{
    hence_future *const older = older_than(number), *const other = older_than(number);
    void *const arg = (void *)(uintptr_t)number;
    hence_future *f = NULL;
    int64_t time = (int64_t)draw(5) - 1;
    unsigned what = draw(13);
    switch (what) {
    case 0:
        f = hence_shield(older);
        break;
    case 1:
        f = hence_wait_for(older, time);
        break;
    case 2:
        f = hence_with_timeout(older, time);
        break;
    case 3:
        return hence_future_then(older, some_step, draw(2) ? some_step : NULL, arg);
    case 4:
        return hence_combine2(older, other, some_sum, arg);
    case 5:
        return hence_collect(both.loop, some_next, arg);
    case 6:
        return hence_for_each(both.loop, some_next, arg, some_step, arg);
    case 7:
        return hence_map(both.loop, some_next, arg, some_step, arg, draw(3));
    case 8:
        return hence_using(both.loop, some_function, some_step, some_exit, arg);
    case 9:
        return hence_repeat_while(both.loop, some_function, some_function, arg);
    case 10:
        return hence_sleep_future(both.loop, draw(4));
    case 11:
        return hence_completion_queue_next(queue);
    default:
        return hence_deferred_as_future(both.loop, hence_deferred_from_future(older));
    }
    remember(SAME, f, &older, 1);
    return f;
}

static void let_go(unsigned slot)
{
    hence_future *f = held[slot].f;
    if (f && --held[slot].references == 0)
        held[slot].f = NULL;
    hence_future_unref(f);
}

static void fill_slot(unsigned slot)
{
    unsigned number = ++last_number;
    hence_future *f = NULL;
    switch (draw(3)) {
    case 0:
        f = new_future(number);
        break;
    case 1:
        f = make_combination(number);
        break;
    default:
        f = make_another(number);
    }
    if (held[slot].f) { /* there may be something in it since */
        hence_future_unref(f);
        return;
    }
    held[slot].f = f;
    held[slot].references = 1;
    held[slot].number = number;
}

/* ---- what a program does ---- */

/* Its Futures may stand behind each other: it takes those that are older than all that ask. */
static void use_queue(void)
{
    hence_future *f;
    switch (draw(4)) {
    case 0:
        f = older_than(4);
        if (queue && f)
            hence_completion_queue_add(queue, f);
        break;
    case 1:
        hence_completion_free(hence_completion_queue_pop(queue));
        break;
    case 2:
        if (!queue) {
            f = older_than(4);
            queue = hence_as_completed(both.loop, &f, f ? 1 : 0, (int64_t)draw(5) - 1);
        }
        break;
    default: {
        hence_completion_queue *old = queue;
        queue = NULL;
        hence_completion_queue_free(old);
    }
    }
}

static hence_promise *take_promise(unsigned *number)
{
    unsigned i = draw(PROMISES);
    *number = promises[i].number;
    return hence_promise_take(&promises[i].p);
}

static void resolve_some(void)
{
    unsigned number;
    hence_promise *p = take_promise(&number);
    if (!p)
        return;
    hence_result r = some_result(number);
    hence_resolve(p, r);
}

static void chain_some(void)
{
    unsigned number;
    hence_promise *p = take_promise(&number);
    if (p)
        hence_future_chain(older_than(number), p);
}

static void do_something(void)
{
    unsigned slot = draw(SLOTS), number;
    if (calls_left-- <= 0)
        return;
    switch (draw(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        if (!held[slot].f)
            fill_slot(slot);
        break;
    case 4:
    case 5:
    case 6:
        resolve_some();
        break;
    case 7:
        hence_abandon(take_promise(&number));
        break;
    case 8:
        chain_some();
        break;
    case 9:
        hence_future_cancel(held[slot].f);
        break;
    case 10:
    case 11:
        let_go(slot);
        break;
    case 12:
        if (held[slot].f) {
            held[slot].references++;
            hence_future_ref(held[slot].f);
        }
        break;
    case 13:
        hence_future_add_done_callback(held[slot].f, some_listener, NULL);
        break;
    case 14:
        hence_future_remove_done_callback(held[slot].f, some_listener, NULL);
        break;
    default:
        use_queue();
    }
}

/* ---- what must be true ---- */

static void check_same(const char *what, int i, const hence_result *got, hence_future *input)
{
    hence_result r = hence_future_result(input);
    const hence_list *list = hence_as_list(got);
    if (list != hence_as_list(&r) ||
        (!list && strncmp(describe(got), describe(&r), 5))) /* a payload is "shared" */
        support_fail("%s %d has %s where its input has %s", what, i, describe(got), describe(&r));
    hence_drop(r);
}

static bool is_failure_of_an_input(int i, const hence_result *r)
{
    for (size_t k = 0; k < made[i].n; k++) {
        if (!made[i].inputs[k] && hence_is_failure_of(r, &hence_domain_hence, HENCE_ENOMEM))
            return true;
        if (hence_future_failure(made[i].inputs[k]) == hence_as_failure(r))
            return true;
    }
    return false;
}

static void check_one_result(int i, const hence_result *r)
{
    const hence_list *list = hence_as_list(r);
    const hence_winner *winner = hence_as_winner(r);
    const bool failed = hence_is_failure(r);
    const size_t n = made[i].n;
    switch (made[i].kind) {
    case GATHER:
    case COLLECT:
        if (!failed) {
            check_int(hence_list_size(list), n);
            for (size_t k = 0; k < n; k++)
                check_same("a gather", i, hence_list_at(list, k), made[i].inputs[k]);
        } else if (!hence_is_cancelled(r)) {
            check(made[i].kind == GATHER);
            check(is_failure_of_an_input(i, r));
        }
        break;
    case RACE:
        if (winner) {
            check(winner->index < n);
            check_same("a race", i, &winner->result, made[i].inputs[winner->index]);
        }
        check(winner || failed);
        for (size_t k = 0; failed && k < n; k++)
            check(!made[i].inputs[k] || hence_future_failure(made[i].inputs[k]));
        break;
    case WAIT:
        check(n > 0 || hence_is_failure_of(r, &hence_domain_hence, HENCE_EINVAL));
        check(failed || (hence_as_int(r) >= 0 && hence_as_int(r) <= (int64_t)n));
        check(!failed || n == 0 || hence_is_cancelled(r));
        break;
    case SAME:
        if (!hence_is_cancelled(r) && !hence_is_failure_of(r, &hence_domain_hence, HENCE_ETIMEDOUT))
            check_same("a shield or limit", i, r, made[i].inputs[0]);
        break;
    default:
        break;
    }
}

static void check_results(bool at_the_end)
{
    for (int i = 0; i < made_count; i++) {
        if (!hence_future_done(made[i].f)) {
            check(!at_the_end && !made[i].result[0]);
            continue;
        }
        hence_result r = hence_future_result(made[i].f);
        if (made[i].result[0])
            check_string(describe(&r), made[i].result);
        else if (!has_closed && !support_faulty)
            check_one_result(i, &r);
        snprintf(made[i].result, sizeof made[i].result, "%.255s", describe(&r));
        hence_drop(r);
    }
}

static void let_go_of_made(void)
{
    while (made_count > 0) {
        made_count--;
        hence_future_unref(made[made_count].f);
        for (size_t k = 0; k < made[made_count].n; k++)
            hence_future_unref(made[made_count].inputs[k]);
    }
}

/* ---- a program ---- */

static void end_all(void)
{
    calls_left = 0;
    hence_completion_queue *old = queue;
    queue = NULL;
    hence_completion_queue_free(old);
    for (unsigned i = 0; i < PROMISES; i++)
        hence_abandon(hence_promise_take(&promises[i].p));
    for (int i = 0; i < 100; i++) {
        hence_test_clock_advance(both.clock, 10);
        for (unsigned k = 0; k < PROMISES; k++)
            hence_abandon(hence_promise_take(&promises[k].p));
    }
    for (unsigned slot = 0; slot < SLOTS; slot++)
        check(hence_future_done(held[slot].f));
    check_results(true);
}

static void run_program(uint32_t seed)
{
    state = seed * 2654435761u | 1u;
    calls_left = CALLS;
    last_number = 0;
    keeps = seed % 2;
    has_closed = false;
    both = begin_loop();
    while (calls_left > 0) {
        unsigned what = draw(12);
        if (what == 0)
            hence_test_clock_advance(both.clock, draw(3));
        else if (what < 5)
            hence_test_turn(both.loop);
        else if (what == 5 && seed % 8 == 0 && calls_left < CALLS / 2)
            has_closed = hence_loop_close(both.loop) == 0;
        else
            do_something();
        if (what < 5)
            check_results(false);
        if (!both.loop)
            calls_left--;
    }
    end_all();
    for (unsigned slot = 0; slot < SLOTS; slot++)
        while (held[slot].f)
            let_go(slot);
    let_go_of_made();
    end_loop(&both);
    forget_reports();
}

TEST_ONCE(future_random, whatever_a_program_does_each_Future_ends_as_it_should)
{
    for (uint32_t seed = 1; seed <= 5000; seed++) {
        run_program(seed);
        check_nothing_left();
    }
}

TEST(future_random, programs_survive_failing_allocations)
{
    for (uint32_t seed = 1; seed <= 20; seed++) {
        run_program(seed);
        check_nothing_left();
    }
}
