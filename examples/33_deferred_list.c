/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Many results at once: a list with all of them, whatever they are; or the values alone, and the first
 * failure instead if there is one.
 *
 *     cc 33_deferred_list.c $(pkg-config --cflags --libs hence) && ./a.out
 *     kitchen: 21 degrees                                         (all at once, after three seconds)
 *     cellar: the battery is empty
 *     attic: 27 degrees
 *
 *     the warmest: attic, 27 degrees                              (after another three seconds)
 *
 *     attic: not needed any more                                  (two seconds later)
 *     number 1 failed first: the battery is empty
 */
/* long: 8 s */
#include <hence/hence.h>

#include <stdlib.h>

struct room {
    const char *name;
    double seconds; /* that a measurement takes */
    int degrees;
    bool battery_is_empty;
};

struct reading {
    const struct room *room;
    int degrees;
};

static struct room kitchen = {"kitchen", 1, 21, false};
static struct room cellar = {"cellar", 2, 9, true};
static struct room attic = {"attic", 3, 27, false};
static struct room hall = {"hall", 2, 18, false};

static hence_deferred *print_all(hence_loop *loop);
static hence_deferred *find_warmest(hence_loop *loop);
static hence_deferred *stop_at_first_failure(hence_loop *loop);
static hence_deferred *measure(hence_loop *loop, struct room *room);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    hence_drop(hence_loop_run_until_complete_deferred(loop, print_all(loop)));
    puts("");
    hence_drop(hence_loop_run_until_complete_deferred(loop, find_warmest(loop)));
    puts("");
    hence_drop(hence_loop_run_until_complete_deferred(loop, stop_at_first_failure(loop)));
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

/* ---- each outcome, value or failure ---- */

//! [outcomes]
static hence_result print_outcomes(hence_result *in, void *arg)
{
    struct room *const *rooms = arg;
    const hence_list *list = hence_as_list(in); /* NULL, which has no size, if it is not a list */
    for (size_t i = 0; i < hence_list_size(list); i++) {
        const hence_result *r = hence_list_at(list, i);
        const struct reading *reading = hence_as(r, free);
        if (reading)
            printf("%s: %d degrees\n", rooms[i]->name, reading->degrees);
        else
            printf("%s: %s\n", rooms[i]->name, hence_failure_message(hence_as_failure(r)));
    }
    return hence_none(); /* the list goes, and the readings with it */
}
//! [outcomes]

//! [list]
static hence_deferred *print_all(hence_loop *loop)
{
    static struct room *rooms[] = {&kitchen, &cellar, &attic};
    hence_deferred *readings[3];
    for (int i = 0; i < 3; i++)
        readings[i] = measure(loop, rooms[i]); /* all of them begin now */

    hence_deferred *d =
        hence_deferred_list(readings, 3, 0); /* takes them, even those that are NULL */
    hence_deferred_add_callback(d, print_outcomes, rooms);
    return d;
}
//! [list]

/* ---- the values ---- */

//! [take]
static hence_result keep_warmest(hence_result *in, void *arg)
{
    (void)arg;
    hence_list *list = hence_take_list(in); /* ours now */
    hence_result warmest = hence_none();
    for (size_t i = 0; i < hence_list_size(list); i++) {
        const struct reading *best = hence_as(&warmest, free);
        const struct reading *next = hence_as(hence_list_at(list, i), free);
        if (next && (!best || next->degrees > best->degrees)) {
            hence_drop(warmest);
            warmest = hence_list_take(list, i);
        }
    }
    hence_list_free(list); /* with those that were not taken out of it */
    return warmest;
}
//! [take]

static hence_result print_warmest(hence_result *in, void *arg)
{
    const struct reading *reading = hence_as(in, free);
    (void)arg;
    if (reading)
        printf("the warmest: %s, %d degrees\n", reading->room->name, reading->degrees);
    return hence_none();
}

//! [gather]
static hence_deferred *find_warmest(hence_loop *loop)
{
    hence_deferred *readings[] = {measure(loop, &kitchen), measure(loop, &attic),
                                  measure(loop, &hall)};
    hence_deferred *d = hence_gather_results(readings, 3, 0);
    hence_deferred_add_callback(d, keep_warmest, NULL); /* not called if one has failed */
    hence_deferred_add_callback(d, print_warmest, NULL);
    return d;
}
//! [gather]

/* ---- the first failure ---- */

//! [first]
static hence_result print_first(hence_result *in, void *arg)
{
    const hence_failure *failure = hence_as_failure(in); /* one of hence_gather_results() */
    const hence_failure *cause = hence_failure_cause(failure);
    (void)arg;
    printf("number %zu failed first: %s\n", hence_failure_index(failure),
           hence_failure_message(cause));
    return hence_none();
}
//! [first]

//! [cancel-rest]
static hence_deferred *stop_at_first_failure(hence_loop *loop)
{
    hence_deferred *readings[] = {measure(loop, &kitchen), measure(loop, &cellar),
                                  measure(loop, &attic)};
    hence_deferred *d = hence_gather_results(readings, 3, HENCE_CANCEL_REST);
    hence_deferred_add_errback(d, print_first, NULL);
    return d;
}
//! [cancel-rest]

/* ---- one measurement ---- */

static hence_result read_it(hence_result *in, void *arg)
{
    const struct room *room = arg;
    (void)in;
    if (room->battery_is_empty)
        return hence_fail(HENCE_EFAILED, "the battery is empty");
    struct reading *reading = malloc(sizeof *reading);
    if (reading)
        *reading = (struct reading){room, room->degrees};
    return hence_own(reading, free); /* NULL makes the out-of-memory failure */
}

static hence_result not_needed(hence_result *in, void *arg)
{
    const struct room *room = arg;
    if (hence_is_cancelled(in))
        printf("%s: not needed any more\n", room->name);
    return hence_take(in);
}

static hence_deferred *measure(hence_loop *loop, struct room *room)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(room->seconds));
    hence_deferred_add_callbacks(d, read_it, not_needed, room);
    return d;
}
