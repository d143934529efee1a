/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads post calls to loops that close meanwhile: each argument is destroyed exactly once, whether
 * its call ran, was dropped, or was refused. */
#include "threads/threads.h"

#define ROUNDS  200
#define THREADS 4
#define POSTS   200

static hence_loop *loop;
static atomic_int ran, destroyed, refused, posted;
static atomic_int begun; /* posters that have begun */

struct argument {
    atomic_int destroyed;
};

static void run(void *arg)
{
    struct argument *argument = arg;
    check(atomic_load(&argument->destroyed) == 0);
    atomic_fetch_add(&ran, 1);
}

static void destroy(void *arg)
{
    struct argument *argument = arg;
    check(atomic_fetch_add(&argument->destroyed, 1) == 0);
    atomic_fetch_add(&destroyed, 1);
}

static void *post_all(void *arg)
{
    struct argument *arguments = arg;
    hence_loop *held = loop;
    for (int i = 0; i < POSTS; i++) {
        int error = hence_call_soon_threadsafe_own(held, run, &arguments[i], destroy);
        check(error == 0 || error == -ESHUTDOWN);
        if (i == 0)
            atomic_fetch_add(&begun, 1);
        atomic_fetch_add(&posted, 1);
        atomic_fetch_add(&refused, error != 0);
        if (error)
            check(hence_loop_is_closed(held) && atomic_load(&arguments[i].destroyed) == 1);
    }
    hence_loop_unref(held);
    return NULL;
}

static void stop(void *arg)
{
    hence_loop_stop(arg);
}

static void one_round(int number)
{
    static struct argument arguments[THREADS][POSTS];
    pthread_t threads[THREADS];
    atomic_store(&begun, 0);
    loop = hence_loop_new(NULL);
    check(loop);
    for (int i = 0; i < THREADS; i++) {
        for (int j = 0; j < POSTS; j++)
            atomic_store(&arguments[i][j].destroyed, 0);
        hence_loop_ref(loop);
        threads[i] = start(post_all, arguments[i]);
    }
    while (atomic_load(&begun) < number % (THREADS + 1))
        ;
    if (number % 2) { /* it runs some of them first */
        check(hence_call_soon(loop, stop, loop, NULL) == 0);
        check(hence_loop_run_forever(loop) == 0);
    }
    if (number % 3)
        check(hence_loop_close(loop) == 0);
    /* else: the last reference of this thread closes it; the other threads may hold on */
    hence_loop *gone = loop;
    hence_loop_free(gone);
    for (int i = 0; i < THREADS; i++)
        join(threads[i]);
    for (int i = 0; i < THREADS; i++) {
        for (int j = 0; j < POSTS; j++)
            check(atomic_load(&arguments[i][j].destroyed) == 1);
    }
}

int main(void)
{
    for (int i = 0; i < ROUNDS; i++)
        one_round(i);
    check(destroyed == posted && posted == ROUNDS * THREADS * POSTS);
    check_ledger();
    printf("%d loops closed under %d threads: %d calls posted, %d ran, %d were refused, each "
           "argument was destroyed once\n",
           ROUNDS, THREADS, posted, ran, refused);
    return 0;
}
