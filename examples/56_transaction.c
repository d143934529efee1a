/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A transaction: begun, worked on, and then committed or rolled back, in any case. Each of the three takes its
 * time and is waited for, so that whoever waits for the whole knows that nothing is left open.
 *
 *     cc 56_transaction.c $(pkg-config --cflags --libs hence) && ./a.out
 *     30 from ann to bob
 *         0.10 s: begin
 *         0.30 s: commit
 *         0.40 s: done                                            (when it has been committed)
 *     500 from ann to bob
 *         0.10 s: begin
 *         0.20 s: roll back
 *         0.30 s: ann has only 70                                 (when it has been rolled back)
 *     20 from ann to bob, within 0.15 s
 *         0.10 s: begin
 *         0.15 s: roll back
 *         0.25 s: timed out after 0.15 s
 *     ann has 70, bob has 30
 */
#include <hence/hence.h>

#include <stdlib.h>

struct accounts {
    int ann, bob;
};

struct transfer {
    hence_loop *loop;
    struct accounts *accounts;
    struct accounts *working; /* the copy that the transaction works on */
    int amount;               /* from ann to bob */
    int64_t begun;
};

static hence_future *transfer(struct transfer *t, int amount);
static hence_result begin(void *arg);
static hence_result begun(void *arg);
static hence_result move(hence_result *in, void *arg);
static hence_result withdraw(hence_result *in, void *arg);
static hence_result deposit(hence_result *in, void *arg);
static hence_result end(const hence_result *resource, const hence_result *outcome, void *arg);
static bool finish(struct transfer *t, hence_future *f);
static void print_time(const struct transfer *t);

int main(void)
{
    struct accounts accounts = {.ann = 100};
    struct transfer t = {.loop = hence_loop_new(NULL), .accounts = &accounts};
    if (!t.loop)
        return EXIT_FAILURE;
    puts("30 from ann to bob");
    bool ok = finish(&t, transfer(&t, 30));
    puts("500 from ann to bob");
    ok = !finish(&t, transfer(&t, 500)) && ok;
    puts("20 from ann to bob, within 0.15 s");
    hence_future *f = transfer(&t, 20);
    ok = !finish(&t, hence_wait_for(f, HENCE_MS(150))) && ok;
    hence_future_unref(f);
    printf("ann has %d, bob has %d\n", accounts.ann, accounts.bob);
    hence_loop_free(t.loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [using]
static hence_future *transfer(struct transfer *t, int amount)
{
    t->amount = amount;
    t->begun = hence_loop_time(t->loop);
    return hence_using(t->loop, begin, move, end, t);
}

static hence_result begin(void *arg)
{
    struct transfer *t = arg;
    return hence_chain(hence_defer_later(t->loop, HENCE_MS(100), begun, t));
}

static hence_result end(const hence_result *resource, const hence_result *outcome, void *arg)
{
    struct transfer *t = arg;
    const struct accounts *working = hence_as(resource, free); /* what begin() has given */
    print_time(t);
    if (working && hence_is_value(outcome)) {
        puts("commit");
        *t->accounts = *working;
    } else {
        puts("roll back"); /* the body has failed, or was cancelled */
    }
    return hence_chain(hence_sleep(t->loop, HENCE_MS(100))); /* waited for, like all the rest */
}
//! [using]

static hence_result begun(void *arg)
{
    struct transfer *t = arg;
    struct accounts *copy = malloc(sizeof *copy);
    print_time(t);
    puts("begin");
    if (copy)
        *copy = *t->accounts;
    return hence_own(copy, free);
}

//! [body]
static hence_result move(hence_result *in, void *arg)
{
    struct transfer *t = arg;
    t->working = hence_as(in, free); /* lives until end() has ended */
    hence_deferred *d = hence_sleep(t->loop, HENCE_MS(100));
    hence_deferred_add_callback(d, withdraw, t);
    hence_deferred_add_callback(d, deposit, t); /* not called if withdraw() fails */
    return hence_chain(d);
}

static hence_result withdraw(hence_result *in, void *arg)
{
    struct transfer *t = arg;
    (void)in;
    if (t->working->ann < t->amount)
        return hence_fail(HENCE_EFAILED, "ann has only %d", t->working->ann);
    t->working->ann -= t->amount;
    return hence_chain(hence_sleep(t->loop, HENCE_MS(100)));
}

static hence_result deposit(hence_result *in, void *arg)
{
    struct transfer *t = arg;
    (void)in;
    t->working->bob += t->amount;
    return hence_none();
}
//! [body]

/* Takes the Future. */
static bool finish(struct transfer *t, hence_future *f)
{
    hence_result r = hence_loop_run_until_complete(t->loop, f);
    bool done = hence_is_value(&r);
    print_time(t);
    puts(done ? "done" : hence_failure_message(hence_as_failure(&r)));
    hence_drop(r);
    hence_future_unref(f);
    return done;
}

static void print_time(const struct transfer *t)
{
    printf("    %.2f s: ", (double)(hence_loop_time(t->loop) - t->begun) / 1e9);
}
