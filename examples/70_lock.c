/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A lock around something that takes several steps. Clerks change one account: each reads it, waits a while, and
 * writes it; their sections never overlap, so no change gets lost. First as Deferreds, then as Futures.
 *
 *     cc 70_lock.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     ann reads 0
 *     ann writes 1
 *     bob reads 1
 *     bob writes 2
 *     cy reads 2
 *     cy writes 3                                                 (after 3 seconds)
 *     dan reads 3
 *     dan writes 4
 *     eve reads 4
 *     eve writes 5                                                (after another 2)
 *     the lock is free: true
 *     a Future holds it: true, and then: false
 *     6 with the lock held
 *     somebody waited too long: timed out after 0.5 s
 */
#include <event2/event.h>
#include <hence/hence.h>

#include <stdlib.h>

struct bank {
    hence_loop *loop;
    hence_lock *lock;
    int account;
    hence_hold *hold;
};

struct clerk {
    struct bank *bank;
    const char *name;
    int seen;
};

static hence_result read_account(hence_result *in, void *arg);
static hence_result change_account(void *arg);
static hence_result write_account(void *arg);
static void deposit_with_futures(struct clerk *clerks);
static hence_result add_one(void *arg);
static hence_result keep(hence_result *in, void *arg);
static hence_result print_failure(hence_result *in, void *arg);
static void deposit(struct clerk *clerk);
static void with_futures(struct bank *bank);
static void with_run(struct bank *bank);
static void with_time_limit(struct bank *bank);
static const char *yes_or_no(bool yes);

int main(void)
{
    struct bank bank = {.loop = hence_loop_new(NULL)};
    //! [lock]
    bank.lock = hence_lock_new();
    if (!bank.loop || !bank.lock)
        return EXIT_FAILURE;
    struct clerk clerks[] = {{&bank, "ann", 0},
                             {&bank, "bob", 0},
                             {&bank, "cy", 0},
                             {&bank, "dan", 0},
                             {&bank, "eve", 0}};
    for (int i = 0; i < 3; i++)
        deposit(&clerks[i]);
    //! [lock]
    event_base_dispatch(hence_loop_base(bank.loop));
    deposit_with_futures(&clerks[3]);

    //! [try]
    hence_hold *hold;
    bool is_free =
        !hence_lock_is_locked(bank.lock) && hence_lock_try_acquire(bank.lock, &hold) == 0;
    //! [try]
    printf("the lock is free: %s\n", yes_or_no(is_free));
    if (is_free)
        hence_hold_free(hold);

    with_futures(&bank);
    with_run(&bank);
    with_time_limit(&bank);
    //! [free]
    hence_lock_free(bank.lock);
    //! [free]
    hence_loop_free(bank.loop);
    return EXIT_SUCCESS;
}

/* ---- Deferreds ---- */

//! [acquire]
static void deposit(struct clerk *clerk)
{
    hence_deferred *d = hence_lock_acquire(clerk->bank->lock);
    hence_deferred_add_callback(d, read_account, clerk);
    hence_deferred_unref(d);
}

/* The hold stays in the input, which lives until the outcome of the step is known. */
static hence_result read_account(hence_result *in, void *arg)
{
    (void)in;
    return change_account(arg);
}

static hence_result change_account(void *arg)
{
    struct clerk *clerk = arg;
    clerk->seen = clerk->bank->account;
    printf("%s reads %d\n", clerk->name, clerk->seen);
    return hence_chain(
        hence_defer_later(clerk->bank->loop, HENCE_SECONDS(1), write_account, clerk));
}
//! [acquire]

static hence_result write_account(void *arg)
{
    struct clerk *clerk = arg;
    clerk->bank->account = clerk->seen + 1;
    printf("%s writes %d\n", clerk->name, clerk->bank->account);
    return hence_none();
}

/* ---- Futures ---- */

//! [run-future]
static void deposit_with_futures(struct clerk *clerks)
{
    struct bank *bank = clerks[0].bank;
    hence_future *futures[2];
    for (int i = 0; i < 2; i++)
        futures[i] = hence_lock_run_future(bank->loop, bank->lock, change_account, &clerks[i]);
    hence_future *all = hence_gather(bank->loop, futures, 2, 0);
    hence_drop(hence_loop_run_until_complete(bank->loop, all));
    hence_future_unref(all);
    hence_future_unref_all(futures, 2);
}
//! [run-future]

static void with_futures(struct bank *bank)
{
    //! [future]
    hence_future *f = hence_lock_acquire_future(bank->loop, bank->lock);
    hence_result r = hence_loop_run_until_complete(bank->loop, f);
    hence_hold *hold = hence_as_hold(&r);
    printf("a Future holds it: %s", yes_or_no(hence_hold_holds(hold)));
    hence_hold_release(hold);
    printf(", and then: %s\n", yes_or_no(hence_hold_holds(hold)));
    hence_drop(r);
    hence_future_unref(f);
    //! [future]
}

/* ---- functions ---- */

//! [run]
static hence_result add_one(void *arg)
{
    struct bank *bank = arg;
    return hence_int(++bank->account);
}

static void with_run(struct bank *bank)
{
    hence_deferred *d = hence_lock_run(bank->lock, add_one, bank);
    //! [run]
    hence_result r = hence_deferred_take(d);
    printf("%d with the lock held\n", (int)hence_as_int(&r));
    hence_drop(r);
    hence_deferred_unref(d);
}

/* ---- holds ---- */

//! [hold]
static hence_result keep(hence_result *in, void *arg)
{
    struct bank *bank = arg;
    bank->hold = hence_take_hold(in); /* for longer than this step */
    return hence_none();
}

static void with_time_limit(struct bank *bank)
{
    hence_deferred *d = hence_lock_acquire(bank->lock);
    hence_deferred_add_callback(d, keep, bank);
    hence_deferred_unref(d);

    d = hence_lock_run(bank->lock, add_one, bank);
    hence_deferred_add_timeout(d, bank->loop, HENCE_MS(500), NULL, NULL);
    hence_deferred_add_errback(d, print_failure, NULL);
    hence_deferred_unref(d);
    event_base_dispatch(hence_loop_base(bank->loop));
    hence_hold_free(bank->hold);
}
//! [hold]

static hence_result print_failure(hence_result *in, void *arg)
{
    (void)arg;
    printf("somebody waited too long: %s\n", hence_failure_message(hence_as_failure(in)));
    return hence_none();
}

static const char *yes_or_no(bool yes)
{
    return yes ? "true" : "false";
}
