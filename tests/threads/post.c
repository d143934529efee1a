/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Eight threads post calls while the loop runs: none is lost, and each thread's come in order.
 *
 *   post [N]   each of the threads posts N calls
 */
#include "threads/threads.h"

#define THREADS 8

static int posts = 20000;

static hence_loop *loop;

static struct poster {
    pthread_t thread;
    int came; /* belongs to the loop's thread */
} posters[THREADS];

struct post {
    struct poster *poster;
    int number;
};

static int came, dropped;

static void receive(void *arg)
{
    const struct post *post = arg;
    check(post->number == post->poster->came);
    post->poster->came++;
    if (++came == THREADS * posts)
        check(hence_loop_stop(loop) == 0);
}

static void drop(void *arg)
{
    dropped++;
    free(arg);
}

static void *post_all(void *arg)
{
    for (int i = 0; i < posts; i++) {
        struct post *post = malloc(sizeof *post);
        check(post);
        *post = (struct post){arg, i};
        check(hence_call_soon_threadsafe_own(loop, receive, post, drop) == 0);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        posts = atoi(argv[1]);
    loop = hence_loop_new(NULL);
    check(loop);
    for (int i = 0; i < THREADS; i++)
        posters[i].thread = start(post_all, &posters[i]);
    check(hence_loop_run_forever(loop) == 0);
    for (int i = 0; i < THREADS; i++)
        join(posters[i].thread);
    check(dropped == came);
    hence_loop_free(loop);
    check_ledger();
    printf("%d threads posted %d calls each: %d came, in order, and %d were destroyed\n", THREADS,
           posts, came, dropped);
    return 0;
}
