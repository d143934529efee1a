/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A page that many read and one writes, and a limiter whose number of tokens changes while they are lent.
 *
 *     cc 75_rwlock.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     ann reads version 1
 *     bob reads version 1
 *     cy writes version 2                                         (when both have read)
 *     dan reads version 2                                         (he came after cy)
 *     without waiting: 1 reader, a writer: false
 *     of 1 token 1 is lent, 0 are left
 *     with 2 the next one goes in
 *     of 2 tokens 2 are lent
 *     Futures: 3 were let in
 */
#include <event2/event.h>
#include <hence/hence.h>

#include <stdlib.h>

struct page {
    hence_loop *loop;
    hence_rwlock *lock;
    int version;
};

struct person {
    struct page *page;
    const char *name;
};

static hence_result read_page(hence_result *in, void *arg);
static hence_result write_page(hence_result *in, void *arg);
static void read_it(struct person *person);
static void write_it(struct person *person);
static void try_it(struct page *page);
static void limit(void);
static hence_result go_in(hence_result *in, void *arg);
static void futures(struct page *page);

int main(void)
{
    struct page page = {.loop = hence_loop_new(NULL), .version = 1};
    struct person people[] = {{&page, "ann"}, {&page, "bob"}, {&page, "cy"}, {&page, "dan"}};
    //! [rwlock]
    page.lock = hence_rwlock_new(0); /* any number of readers */
    if (!page.loop || !page.lock)
        return EXIT_FAILURE;
    read_it(&people[0]);
    read_it(&people[1]);
    write_it(&people[2]);
    read_it(&people[3]);
    event_base_dispatch(hence_loop_base(page.loop));
    try_it(&page);
    limit();
    futures(&page);
    hence_rwlock_free(page.lock);
    //! [rwlock]
    hence_loop_free(page.loop);
    return EXIT_SUCCESS;
}

//! [read]
static void read_it(struct person *person)
{
    hence_deferred *d = hence_rwlock_acquire_read(person->page->lock);
    hence_deferred_add_callback(d, read_page, person);
    hence_deferred_unref(d);
}

static hence_result read_page(hence_result *in, void *arg)
{
    const struct person *person = arg;
    (void)in; /* the hold, until the second is over */
    printf("%s reads version %d\n", person->name, person->page->version);
    return hence_chain(hence_sleep(person->page->loop, HENCE_SECONDS(1)));
}
//! [read]

//! [write]
static void write_it(struct person *person)
{
    hence_deferred *d = hence_rwlock_acquire_write(person->page->lock);
    hence_deferred_add_callback(d, write_page, person);
    hence_deferred_unref(d);
}
//! [write]

static hence_result write_page(hence_result *in, void *arg)
{
    const struct person *person = arg;
    (void)in;
    printf("%s writes version %d\n", person->name, ++person->page->version);
    return hence_chain(hence_sleep(person->page->loop, HENCE_SECONDS(1)));
}

static void try_it(struct page *page)
{
    //! [try]
    hence_hold *reading, *writing;
    if (hence_rwlock_try_read(page->lock, &reading) < 0)
        return;
    if (hence_rwlock_try_write(page->lock, &writing) < 0) /* it is being read */
        printf("without waiting: %zu reader, a writer: %s\n", hence_rwlock_readers(page->lock),
               hence_rwlock_has_writer(page->lock) ? "true" : "false");
    hence_hold_free(writing);
    hence_hold_free(reading);
    //! [try]
}

/* ---- a limiter ---- */

//! [limiter]
static hence_result go_in(hence_result *in, void *arg)
{
    (void)arg;
    puts("with 2 the next one goes in");
    return hence_take(in); /* the hold stays in the Deferred */
}

static void limit(void)
{
    hence_capacity_limiter *limiter = hence_capacity_limiter_new(1);
    int ann, bob; /* who they are */
    hence_hold *hold;
    if (hence_capacity_limiter_try_acquire(limiter, &ann, &hold) == 0)
        printf("of %zu token %zu is lent, %zu are left\n", hence_capacity_limiter_total(limiter),
               hence_capacity_limiter_borrowed(limiter), hence_capacity_limiter_available(limiter));
    hence_deferred *next = hence_capacity_limiter_acquire(limiter, &bob);
    hence_deferred_add_callback(next, go_in, NULL);
    hence_capacity_limiter_set_total(limiter, 2);
    printf("of 2 tokens %zu are lent\n", hence_capacity_limiter_borrowed(limiter));
    hence_deferred_unref(next);
    hence_hold_free(hold);
    hence_capacity_limiter_free(limiter);
}
//! [limiter]

/* ---- Futures ---- */

static void futures(struct page *page)
{
    hence_capacity_limiter *limiter = hence_capacity_limiter_new(1);
    //! [futures]
    hence_future *asked[] = {
        hence_rwlock_acquire_read_future(page->loop, page->lock),
        hence_rwlock_acquire_write_future(page->loop, page->lock),
        hence_capacity_limiter_acquire_future(page->loop, limiter, NULL),
    };
    int let_in = 0;
    for (int i = 0; i < 3; i++) {
        hence_result hold = hence_loop_run_until_complete(page->loop, asked[i]);
        let_in += hence_hold_holds(hence_as_hold(&hold));
        hence_future_unref(asked[i]);
        hence_drop(hold); /* the last one who has it: let go */
    }
    //! [futures]
    printf("Futures: %d were let in\n", let_in);
    hence_capacity_limiter_free(limiter);
}
