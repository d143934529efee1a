/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The first of several that succeeds, and the others are cancelled. If none does: why each has failed.
 *
 *     cc 34_race.c $(pkg-config --cflags --libs hence) && ./a.out
 *     oslo: connection refused                                    (after half a second)
 *     kyoto: not needed any more                                  (after a second)
 *     lima was first: "the page, from lima"
 *     oslo: connection refused
 *     bern: connection refused
 *     nobody has the page:
 *         oslo: connection refused
 *         bern: connection refused
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct mirror {
    const char *name;
    double seconds; /* that it takes to answer */
    const char *page;
};

static struct mirror mirrors[] = {
    {"oslo", 0.5, NULL},
    {"kyoto", 2, "the page, from kyoto"},
    {"lima", 1, "the page, from lima"},
    {"bern", 0.7, NULL},
};

static hence_deferred *get(hence_loop *loop, struct mirror *mirror);
static hence_result get_first(hence_loop *loop, struct mirror **from, size_t n);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    struct mirror *three[] = {&mirrors[0], &mirrors[1], &mirrors[2]};
    hence_result r = get_first(loop, three, 3);
    bool ok = hence_is_value(&r);
    hence_drop(r);

    struct mirror *bad[] = {&mirrors[0], &mirrors[3]};
    r = get_first(loop, bad, 2);
    ok = ok && hence_is_failure(&r);
    hence_drop(r);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [winner]
static hence_result print_winner(hence_result *in, void *arg)
{
    struct mirror *const *from = arg;
    const hence_winner *winner = hence_as_winner(in); /* which it was, and its result */
    if (winner)
        printf("%s was first: \"%s\"\n", from[winner->index]->name,
               (const char *)hence_as(&winner->result, free));
    return hence_take(in);
}

static hence_result unwrap(hence_result *in, void *arg)
{
    (void)arg;
    hence_winner *winner = hence_take_winner(in); /* ours now */
    if (!winner)
        return hence_fail(HENCE_EINVAL, "not what a race gives");
    hence_result page = hence_take(&winner->result);
    hence_winner_free(winner);
    return page;
}
//! [winner]

//! [group]
static hence_result print_reasons(hence_result *in, void *arg)
{
    const hence_failure *group = hence_as_failure(in);
    (void)arg;
    puts("nobody has the page:");
    for (size_t i = 0; i < hence_failure_count(group); i++)
        printf("    %s\n", hence_failure_message(hence_failure_member(group, i)));
    return hence_take(in);
}
//! [group]

//! [race]
static hence_result get_first(hence_loop *loop, struct mirror **from, size_t n)
{
    hence_deferred *pages[8];
    if (n > 8)
        return hence_fail(HENCE_EINVAL, "too many mirrors");
    for (size_t i = 0; i < n; i++)
        pages[i] = get(loop, from[i]); /* all of them begin now */

    hence_deferred *d = hence_race(pages, n); /* takes them */
    hence_deferred_add_callbacks(d, print_winner, print_reasons, from);
    hence_deferred_add_callback(d, unwrap, NULL);
    return hence_loop_run_until_complete_deferred(loop, d);
}
//! [race]

/* ---- one mirror ---- */

static hence_result answer(hence_result *in, void *arg)
{
    const struct mirror *mirror = arg;
    (void)in;
    if (mirror->page)
        return hence_own(strdup(mirror->page), free);
    printf("%s: connection refused\n", mirror->name);
    return hence_fail_errno(ECONNREFUSED, "%s: connection refused", mirror->name);
}

static hence_result not_needed(hence_result *in, void *arg)
{
    const struct mirror *mirror = arg;
    if (hence_is_cancelled(in))
        printf("%s: not needed any more\n", mirror->name);
    return hence_take(in);
}

static hence_deferred *get(hence_loop *loop, struct mirror *mirror)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(mirror->seconds));
    hence_deferred_add_callbacks(d, answer, not_needed, mirror);
    return d;
}
