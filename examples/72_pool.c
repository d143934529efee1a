/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A pool of two connections for five requests: a semaphore says how many may be out. Then semaphores that
 * count something: who takes a token keeps it.
 *
 *     cc 72_pool.c $(pkg-config --cflags --libs hence) && ./a.out
 *     1.0 s: one on connection 0                                  (two at a time)
 *     1.0 s: two on connection 1
 *     2.0 s: three on connection 0
 *     2.0 s: four on connection 1
 *     3.0 s: five on connection 0
 *     a Future has one, 1 is left; another one takes that: true, 0 are left
 *     none is out while it counts: 2
 *     3 letters have come: 1 2 3
 */
#include <hence/hence.h>

#include <stdlib.h>

enum {
    CONNECTIONS = 2,
    REQUESTS = 5
};

struct pool {
    hence_loop *loop;
    hence_semaphore *semaphore;
    bool is_out[CONNECTIONS];
    int64_t begun;
};

struct request {
    struct pool *pool;
    const char *name;
    int connection;
};

static hence_result query(void *arg);
static hence_result answer(void *arg);
static void wait_for_all(struct pool *pool, struct request *requests);
static void one_by_one(struct pool *pool);
static hence_result count(void *arg);
static void letters(void);
static hence_result letter_came(hence_result *in, void *arg);

int main(void)
{
    //! [pool]
    struct pool pool = {.loop = hence_loop_new(NULL)};
    pool.semaphore = hence_bounded_semaphore_new(CONNECTIONS);
    //! [pool]
    if (!pool.loop || !pool.semaphore)
        return EXIT_FAILURE;
    struct request requests[REQUESTS] = {{&pool, "one", 0},
                                         {&pool, "two", 0},
                                         {&pool, "three", 0},
                                         {&pool, "four", 0},
                                         {&pool, "five", 0}};
    pool.begun = hence_loop_time(pool.loop);
    wait_for_all(&pool, requests);
    one_by_one(&pool);
    letters();
    //! [free]
    hence_semaphore_free(pool.semaphore);
    //! [free]
    hence_loop_free(pool.loop);
    return EXIT_SUCCESS;
}

static void wait_for_all(struct pool *pool, struct request *requests)
{
    hence_future *futures[REQUESTS];
    //! [run-future]
    for (int i = 0; i < REQUESTS; i++)
        futures[i] = hence_semaphore_run_future(pool->loop, pool->semaphore, query, &requests[i]);
    //! [run-future]
    hence_future *all = hence_gather(pool->loop, futures, REQUESTS, 0);
    hence_drop(hence_loop_run_until_complete(pool->loop, all));
    hence_future_unref(all);
    hence_future_unref_all(futures, REQUESTS);
}

/* Called when there is a connection for it; the token comes back when the answer is there. */
static hence_result query(void *arg)
{
    struct request *request = arg;
    struct pool *pool = request->pool;
    request->connection = pool->is_out[0] ? 1 : 0;
    pool->is_out[request->connection] = true;
    return hence_chain(hence_defer_later(pool->loop, HENCE_SECONDS(1), answer, request));
}

static hence_result answer(void *arg)
{
    struct request *request = arg;
    struct pool *pool = request->pool;
    pool->is_out[request->connection] = false;
    printf("%.1f s: %s on connection %d\n",
           (double)(hence_loop_time(pool->loop) - pool->begun) / 1e9, request->name,
           request->connection);
    return hence_none();
}

/* ---- tokens by hand ---- */

static void one_by_one(struct pool *pool)
{
    //! [acquire]
    hence_future *f = hence_semaphore_acquire_future(pool->loop, pool->semaphore);
    hence_result hold = hence_loop_run_until_complete(pool->loop, f);
    hence_future_unref(f);
    //! [acquire]
    //! [try]
    hence_hold *other;
    printf("a Future has one, %zu is left", hence_semaphore_value(pool->semaphore));
    if (hence_semaphore_try_acquire(pool->semaphore, &other) == 0) {
        printf("; another one takes that: true, %zu are left\n",
               hence_semaphore_value(pool->semaphore));
        hence_hold_free(other);
    }
    //! [try]
    hence_drop(hold);

    //! [run]
    hence_deferred *d = hence_semaphore_run(pool->semaphore, count, pool);
    //! [run]
    hence_deferred_unref(d);
}

static hence_result count(void *arg)
{
    const struct pool *pool = arg;
    int here = 0;
    for (int i = 0; i < CONNECTIONS; i++)
        here += !pool->is_out[i];
    printf("none is out while it counts: %d\n", here);
    return hence_none();
}

//! [keep]
static hence_result letter_came(hence_result *in, void *arg)
{
    int *read = arg;
    hence_hold_keep(hence_as_hold(in)); /* a letter is read once */
    printf(" %d", ++*read);
    return hence_none();
}

static void letters(void)
{
    hence_semaphore *mailbox = hence_semaphore_new(0);
    int read = 0;
    printf("3 letters have come:");
    for (int i = 0; i < 3; i++) {
        hence_deferred *d = hence_semaphore_acquire(mailbox);
        hence_deferred_add_callback(d, letter_came, &read);
        hence_deferred_unref(d);
    }
    hence_semaphore_release(mailbox, 3);
    putchar('\n');
    hence_semaphore_free(mailbox);
}
//! [keep]
