/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A function that has its answer at once, or later, or never: whoever calls it need not care.
 *
 *     cc 32_maybe.c $(pkg-config --cflags --libs hence) && ./a.out
 *     asking for example.org
 *     localhost is 127.0.0.1
 *     hence: no address: not a name: ? [hence ... at 32_maybe.c:...]
 *     ? is unknown
 *     example.org is 192.0.2.7                                    (after one second)
 *     asking for example.net
 *     another Deferred than that of ask()
 *     example.net is 192.0.2.7                                    (a second later)
 */
#include <hence/hence.h>

#include <stdlib.h>
#include <string.h>

struct query {
    hence_loop *loop;
    const char *name;
    const hence_deferred *asked; /* what ask() has returned, to compare it */
};

static hence_result look_up(void *arg);
static hence_deferred *ask(struct query *query);
static hence_result answer(hence_result *in, void *arg);
static void find(struct query *query, bool tell);
static hence_deferred *find_here(struct query *query);
static hence_result print_address(hence_result *in, void *arg);
static hence_result print_unknown(hence_result *in, void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    struct query slow = {loop, "example.org", NULL};
    struct query known = {loop, "localhost", NULL};
    struct query wrong = {loop, "?", NULL};
    find(&slow, true);
    find(&known, true);
    find(&known, false);
    find(&wrong, true);
    hence_drop(hence_loop_run_until_complete_deferred(loop, hence_sleep(loop, HENCE_SECONDS(2))));

    struct query last = {loop, "example.net", NULL};
    hence_drop(hence_loop_run_until_complete_deferred(loop, find_here(&last)));
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [look-up]
static hence_result look_up(void *arg)
{
    static char address[] = "127.0.0.1";
    struct query *query = arg;
    if (strcmp(query->name, "localhost") == 0)
        return hence_ptr(address); /* known already */
    if (!strchr(query->name, '.'))
        return hence_fail(HENCE_EINVAL, "not a name: %s", query->name);
    return hence_chain(ask(query)); /* takes a second */
}
//! [look-up]

static hence_deferred *ask(struct query *query)
{
    printf("asking for %s\n", query->name);
    hence_deferred *d = hence_sleep(query->loop, HENCE_SECONDS(1));
    hence_deferred_add_callback(d, answer, NULL);
    query->asked = d;
    return d;
}

static hence_result answer(hence_result *in, void *arg)
{
    static char address[] = "192.0.2.7";
    (void)in;
    (void)arg;
    return hence_ptr(address);
}

static void find(struct query *query, bool tell)
{
    //! [maybe]
    hence_deferred *d = hence_maybe_deferred(look_up, query); /* in all three cases */
    //! [maybe]

    //! [log-error]
    static char message[] = "no address";
    hence_deferred_add_errback(d, hence_log_error, message); /* reports it, and passes it on */
    //! [log-error]

    //! [passthru]
    hence_step *on_value = tell ? print_address : hence_passthru;
    hence_deferred_add_callbacks(d, on_value, print_unknown, query);
    //! [passthru]
    hence_deferred_unref(d);
}

//! [execute]
static hence_deferred *find_here(struct query *query)
{
    hence_deferred *d = hence_execute(look_up, query); /* waits for that of ask() */
    if (d != query->asked)
        puts("another Deferred than that of ask()");
    hence_deferred_add_callbacks(d, print_address, print_unknown, query);
    return d;
}
//! [execute]

static hence_result print_address(hence_result *in, void *arg)
{
    const struct query *query = arg;
    printf("%s is %s\n", query->name, (const char *)hence_as_ptr(in));
    return hence_none();
}

static hence_result print_unknown(hence_result *in, void *arg)
{
    const struct query *query = arg;
    (void)in;
    printf("%s is unknown\n", query->name);
    return hence_none(); /* handled */
}
