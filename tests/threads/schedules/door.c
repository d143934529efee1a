/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop's door in every order: no call is lost or made twice, each thread's calls come in order, a loop that
 * sleeps is woken, a closed one refuses, and what was not called is dropped. */
#include <errno.h>

#include <hence/hence.h>

#include "loop/loop.h"
#include "schedule.h"

#define PRODUCERS 3
#define POSTS     4

struct post {
    int producer, number;
    int calls, drops, refusals;
};

static hence_loop *loop;
static struct post posts[PRODUCERS][POSTS];
static int producers, posts_each, calls_made, last_number[PRODUCERS];
static bool stops;   /* when all calls have been made */
static bool is_held; /* by each producer; otherwise the loop waits for them before it is freed */

static void call(void *arg)
{
    struct post *post = arg;
    post->calls++;
    if (post->number <= last_number[post->producer])
        schedule_fail("the calls of one thread are out of order");
    last_number[post->producer] = post->number;
    if (++calls_made == producers * posts_each && stops)
        hence_loop_stop(loop);
}

static void drop(void *arg)
{
    struct post *post = arg;
    if (post->drops++)
        schedule_fail("an argument is dropped twice");
}

static void produce(void *arg)
{
    struct post *mine = arg;
    hence_loop *held = loop;
    for (int i = 0; i < posts_each; i++) {
        int error = hence_call_soon_threadsafe_own(held, call, &mine[i], drop);
        if (error && error != -ESHUTDOWN)
            schedule_fail("a post fails with %d", error);
        mine[i].refusals = error != 0;
        if (error && !hence_loop_is_closed(held))
            schedule_fail("a loop refuses that does not seem to be closed");
        if (error && !mine[i].drops)
            schedule_fail("a refused call's argument is not dropped at once");
    }
    if (is_held)
        hence_loop_unref(held);
}

/* As many producers and posts as the scenario says. */
static void begin(int *threads)
{
    static const char *const names[PRODUCERS] = {"producer 1", "producer 2", "producer 3"};
    producers = schedule_number(0);
    posts_each = schedule_number(1);
    calls_made = 0;
    loop = hence_loop_new(NULL);
    schedule_name(&loop->door.posted, "the posts");
    schedule_name(&loop->closed, "closed");
    schedule_name(&loop->references, "the references");
    for (int i = 0; i < producers; i++) {
        last_number[i] = -1;
        for (int j = 0; j < posts_each; j++)
            posts[i][j] = (struct post){.producer = i, .number = j};
        if (is_held)
            hence_loop_ref(loop);
        threads[i] = schedule_start(names[i], produce, posts[i]);
    }
}

static void end(const int *threads)
{
    for (int i = 0; i < producers; i++)
        schedule_join(threads[i]);
    for (int i = 0; i < producers; i++) {
        for (int j = 0; j < posts_each; j++) {
            const struct post *post = &posts[i][j];
            if (post->drops != 1)
                schedule_fail("an argument is dropped %d times", post->drops);
            if (post->calls + post->refusals > 1 || (stops && post->calls != 1))
                schedule_fail("a call is made %d times, refused %d times", post->calls,
                              post->refusals);
        }
    }
}

/* The loop sleeps whenever it has nothing to do. */
static void post(void *unused)
{
    int threads[PRODUCERS];
    (void)unused;
    stops = true;
    is_held = false;
    begin(threads);
    hence_loop_run_forever(loop);
    end(threads);
    hence_loop_free(loop);
}

/* libevent cannot tell of each write once: the loop reads the descriptor. */
static void read_first(void *unused)
{
    schedule_allow_edges(false);
    post(unused);
}

/* It looks by itself first, as a test does, and takes what is there without having
 * been woken: for each time, one wake-up more may be on its way. */
static void poll(void *unused)
{
    int threads[PRODUCERS];
    (void)unused;
    stops = true;
    is_held = false;
    begin(threads);
    schedule_allow_wakeups(1 + (uint64_t)schedule_number(2));
    for (int i = 0; i < schedule_number(2); i++)
        hence_loop_poll(loop, false);
    if (calls_made < producers * posts_each)
        hence_loop_run_forever(loop);
    end(threads);
    hence_loop_free(loop);
}

/* It closes after so many looks, with the producers at any point. */
static void close_early(void *unused)
{
    int threads[PRODUCERS];
    (void)unused;
    stops = is_held = false;
    begin(threads);
    schedule_allow_wakeups(1 + (uint64_t)schedule_number(2));
    for (int i = 0; i < schedule_number(2); i++)
        hence_loop_poll(loop, false);
    hence_loop_close(loop);
    end(threads);
    hence_loop_free(loop);
}

/* It closes; the last of all to let go frees it, and the descriptor with it. */
static void free_early(void *unused)
{
    int threads[PRODUCERS];
    (void)unused;
    stops = false;
    is_held = true;
    begin(threads);
    hence_loop_free(loop);
    end(threads);
}

static const char post_does[] = "%d producers x %d posts, 1 loop that sleeps";
static const char read_does[] =
    "%d producers x %d posts, 1 loop that sleeps and reads the descriptor";
static const char poll_does[] = "%d producers x %d posts, 1 loop that looks %d times, then sleeps";
static const char close_does[] = "%d producers x %d posts, 1 loop that looks %d times, then closes";
static const char free_does[] =
    "%d producers x %d posts, 1 loop that closes, the last one frees it";

static const struct schedule_scenario scenarios[] = {
    {"post", post, post_does, {3, 1}, 0, UNBOUNDED, false, 0},
    {"post", post, post_does, {2, 1}, 1, UNBOUNDED, false, 0},
    {"post", post, post_does, {3, 2}, 0, 2, false, 0},
    {"read", read_first, read_does, {2, 1}, 1, UNBOUNDED, false, 0},
    {"read", read_first, read_does, {2, 2}, 0, 3, false, 0},
    {"poll", poll, poll_does, {3, 1, 1}, 0, UNBOUNDED, false, 0},
    {"poll", poll, poll_does, {2, 1, 1}, 1, UNBOUNDED, false, 0},
    {"close", close_early, close_does, {3, 1, 1}, 0, UNBOUNDED, false, 0},
    {"close", close_early, close_does, {2, 2}, 1, UNBOUNDED, false, 0},
    {"free", free_early, free_does, {2, 2}, 0, UNBOUNDED, false, 0},
    {"free", free_early, free_does, {2, 1}, 1, UNBOUNDED, false, 0},
    {"post", post, post_does, {3, 1}, 1, UNBOUNDED, true, 1000000},
    {"post", post, post_does, {2, 3}, 0, UNBOUNDED, true, 1000000},
    {"read", read_first, read_does, {2, 2}, 0, UNBOUNDED, true, 1000000},
    {"post", post, post_does, {3, 2}, 0, UNBOUNDED, true, 1000000},
    {"post", post, post_does, {2, 2}, 1, UNBOUNDED, true, 1000000},
    {"post", post, post_does, {3, 2}, 0, 4, true, 1000000},
    {"poll", poll, poll_does, {2, 2, 1}, 0, UNBOUNDED, true, 1000000},
    {"poll", poll, poll_does, {3, 1, 1}, 1, UNBOUNDED, true, 1000000},
    {"close", close_early, close_does, {3, 2, 0}, 0, UNBOUNDED, true, 1000000},
    {"close", close_early, close_does, {3, 1, 1}, 1, UNBOUNDED, true, 1000000},
    {"free", free_early, free_does, {3, 1}, 0, UNBOUNDED, true, 1000000},
    {.name = NULL},
};

int main(int argc, char **argv)
{
    return schedule_main(argc, argv, scenarios);
}
