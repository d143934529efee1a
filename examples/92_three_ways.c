/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The same small program three times: as callbacks of libevent, as Deferreds, as a coroutine. Somebody's number
 * is looked up, then the balance that belongs to the number; each takes a while, and either may not be there.
 *
 *     cc 92_three_ways.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     callbacks: Ann has 700
 *     callbacks: Bob is not known
 *     Deferreds: Ann has 700
 *     Deferreds: Bob is not known
 *     coroutine: Ann has 700
 *     coroutine: Bob is not known
 */
#include <hence/hence.h>

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is far away, and answers after a while ---- */

static int64_t number_of(const char *name)
{
    return strcmp(name, "Ann") == 0 ? 7 : -1;
}

static int64_t balance_of(int64_t number)
{
    return number * 100;
}

/* ---- callbacks of libevent ---- */

//! [callbacks]
struct account {
    struct event_base *base;
    const char *name;
    int64_t number;
};

static void number_has_come(evutil_socket_t fd, short what, void *arg);
static void balance_has_come(evutil_socket_t fd, short what, void *arg);
static const struct timeval a_while = {0, 100000};

static int print_by_callbacks(struct event_base *base, const char *name)
{
    struct account *account = calloc(1, sizeof *account);
    if (!account)
        return -1;
    account->base = base;
    account->name = name;
    if (event_base_once(base, -1, EV_TIMEOUT, number_has_come, account, &a_while) < 0) {
        free(account);
        return -1;
    }
    return 0;
}

static void number_has_come(evutil_socket_t fd, short what, void *arg)
{
    struct account *account = arg;
    (void)fd;
    (void)what;
    account->number = number_of(account->name);
    if (account->number < 0) {
        printf("callbacks: %s is not known\n", account->name);
        free(account); /* each way out must say so */
        return;
    }
    if (event_base_once(account->base, -1, EV_TIMEOUT, balance_has_come, account, &a_while) < 0) {
        printf("callbacks: out of memory\n");
        free(account);
    }
}

static void balance_has_come(evutil_socket_t fd, short what, void *arg)
{
    struct account *account = arg;
    (void)fd;
    (void)what;
    printf("callbacks: %s has %" PRId64 "\n", account->name, balance_of(account->number));
    free(account);
}
//! [callbacks]

/* ---- Deferreds ---- */

static hence_result give_number(void *arg)
{
    int64_t number = number_of(arg);
    return number < 0 ? hence_fail(HENCE_EFAILED, "%s is not known", (char *)arg)
                      : hence_int(number);
}

static hence_result give_balance(hence_result *in, void *arg)
{
    const int64_t *number = arg;
    (void)in;
    return hence_int(balance_of(*number));
}

static hence_deferred *look_up_number(hence_loop *loop, char *name)
{
    return hence_defer_later(loop, HENCE_MS(100), give_number, name);
}

static hence_deferred *look_up_balance(hence_loop *loop, int64_t number)
{
    hence_deferred *d = hence_sleep(loop, HENCE_MS(100));
    int64_t *n = hence_deferred_alloc(d, sizeof *n, NULL);
    if (!n)
        return hence_deferred_unref(d);
    *n = number;
    hence_deferred_add_callback(d, give_balance, n);
    return d;
}

//! [deferreds]
struct person {
    hence_loop *loop;
    char *name;
};

static hence_result ask_for_balance(hence_result *in, void *arg)
{
    const struct person *person = arg;
    return hence_chain(look_up_balance(person->loop, hence_as_int(in)));
}

static hence_result print_balance(hence_result *in, void *arg)
{
    const struct person *person = arg;
    printf("Deferreds: %s has %" PRId64 "\n", person->name, hence_as_int(in));
    return hence_none();
}

static hence_result print_failure(hence_result *in, void *arg)
{
    (void)arg;
    printf("Deferreds: %s\n", hence_failure_message(hence_as_failure(in)));
    return hence_none();
}

static hence_deferred *print_by_deferreds(struct person *person)
{
    hence_deferred *d = look_up_number(person->loop, person->name);
    hence_deferred_add_callback(d, ask_for_balance, person);
    hence_deferred_add_callbacks(d, print_balance, NULL, person);
    hence_deferred_add_errback(d, print_failure, NULL); /* of any step */
    return d;
}
//! [deferreds]

/* ---- a coroutine ---- */

//! [coroutine]
static hence_result print_by_coroutine(void *arg)
{
    const struct person *person = arg;
    hence_result r = hence_await_deferred(look_up_number(person->loop, person->name));
    if (hence_is_value(&r))
        r = hence_await_deferred(look_up_balance(person->loop, hence_as_int(&r)));

    if (hence_is_value(&r))
        printf("coroutine: %s has %" PRId64 "\n", person->name, hence_as_int(&r));
    else
        printf("coroutine: %s\n", hence_failure_message(hence_as_failure(&r)));
    hence_drop(r);
    return hence_none();
}
//! [coroutine]

int main(void)
{
    char ann[] = "Ann", bob[] = "Bob";
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    struct person people[] = {{loop, ann}, {loop, bob}};

    for (int i = 0; i < 2; i++) {
        if (print_by_callbacks(hence_loop_base(loop), people[i].name) < 0)
            return EXIT_FAILURE;
        hence_drop(
            hence_loop_run_until_complete_deferred(loop, hence_sleep(loop, HENCE_SECONDS(1))));
    }
    for (int i = 0; i < 2; i++)
        hence_drop(hence_loop_run_until_complete_deferred(loop, print_by_deferreds(&people[i])));
    for (int i = 0; i < 2; i++) {
        hence_future *f = hence_spawn(loop, print_by_coroutine, &people[i]);
        hence_drop(hence_loop_run_until_complete(loop, f));
        hence_future_unref(f);
    }
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}
