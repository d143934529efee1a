/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Results one by one, in the order in which they are there, and which each of them is. A queue to which
 * more is added while it is emptied. And what is there already, without waiting.
 *
 *     cc 52_as_completed.c $(pkg-config --cflags --libs hence) && ./a.out
 *     number 2: 9                                                 (after one second)
 *     number 0: 25                                                (after two seconds)
 *     number 1: no answer                                         (after three seconds)
 *
 *     page 0: /
 *     page 2: /news                                               (which links to page 3)
 *     page 1: /about
 *     page 3: /news/today
 *
 *     number 2: 9                                                 (after two and a half seconds)
 *     number 0: 25
 *     1 of 3 is still on its way
 */
/* long: 8 s */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct question {
    int64_t x;
    double seconds; /* that the answer takes */
};

struct page {
    const char *path;
    double seconds;
    struct page *links[2];
};

static struct page today = {"/news/today", 1, {NULL, NULL}};
static struct page about = {"/about", 0.5, {NULL, NULL}};
static struct page news = {"/news", 0.2, {&today, NULL}};
static struct page home = {"/", 0.1, {&about, &news}};

static void ask_three(hence_loop *loop, hence_future **answers);
static int print_as_completed(hence_loop *loop, hence_future *const *answers);
static bool read_site(hence_loop *loop);
static void print_what_is_there(hence_loop *loop, hence_future *const *answers);
static hence_future *ask(hence_loop *loop, struct question *question);
static hence_future *get(hence_loop *loop, struct page *page);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    hence_future *answers[3];
    ask_three(loop, answers);
    bool ok = print_as_completed(loop, answers) == 3;
    hence_future_unref_all(answers, 3);
    puts("");
    ok = read_site(loop) && ok;
    puts("");
    ask_three(loop, answers);
    print_what_is_there(loop, answers);
    for (int i = 0; i < 3; i++)
        hence_future_cancel(answers[i]); /* harmless for those that are done */
    hence_future_unref_all(answers, 3);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void ask_three(hence_loop *loop, hence_future **answers)
{
    static struct question questions[] = {{5, 2}, {-1, 3}, {3, 1}};
    for (int i = 0; i < 3; i++)
        answers[i] = ask(loop, &questions[i]);
}

static void print_answer(const hence_completion *completion)
{
    hence_result r = hence_future_result(completion->future); /* the very one that was given */
    if (hence_is_int(&r))
        printf("number %zu: %" PRId64 "\n", completion->index, hence_as_int(&r));
    else
        printf("number %zu: %s\n", completion->index, hence_failure_message(hence_as_failure(&r)));
    hence_drop(r);
}

/* ---- one by one ---- */

//! [as-completed]
static int print_as_completed(hence_loop *loop, hence_future *const *answers)
{
    hence_completion_queue *queue = hence_as_completed(loop, answers, 3, -1);
    int count = 0;
    bool is_end = false;
    while (!is_end) {
        hence_future *next = hence_completion_queue_next(queue);
        hence_result r = hence_loop_run_until_complete(loop, next);
        const hence_completion *completion = hence_as_completion(&r);
        if (completion) {
            print_answer(completion);
            count++;
        }
        is_end = hence_is_failure(&r); /* HENCE_EEND: it has given all of them */
        hence_drop(r);
        hence_future_unref(next);
    }
    hence_completion_queue_free(queue);
    return count;
}
//! [as-completed]

/* ---- more is added ---- */

//! [queue]
static bool add(hence_completion_queue *queue, hence_future *f)
{
    int error = hence_completion_queue_add(queue, f); /* with a reference of its own */
    hence_future_unref(f);
    return error == 0;
}

static bool read_page(hence_loop *loop, hence_completion_queue *queue, hence_future *f)
{
    hence_result r = hence_future_result(f);
    struct page *page = hence_as_ptr(&r);
    bool ok = page != NULL;
    if (ok)
        puts(page->path);
    for (int i = 0; ok && i < 2 && page->links[i]; i++)
        ok = add(queue, get(loop, page->links[i])); /* numbered in the order of their addition */
    hence_drop(r);
    return ok;
}

static bool read_site(hence_loop *loop)
{
    hence_completion_queue *queue = hence_completion_queue_new(loop);
    bool ok = add(queue, get(loop, &home));
    while (ok && hence_completion_queue_size(queue) > 0) {
        hence_future *next = hence_completion_queue_next(queue);
        hence_result r = hence_loop_run_until_complete(loop, next);
        const hence_completion *completion = hence_as_completion(&r);
        if (completion)
            printf("page %zu: ", completion->index);
        ok = completion && read_page(loop, queue, completion->future);
        hence_drop(r);
        hence_future_unref(next);
    }
    hence_completion_queue_free(queue);
    return ok;
}
//! [queue]

/* ---- without waiting ---- */

//! [pop]
static void print_what_is_there(hence_loop *loop, hence_future *const *answers)
{
    hence_completion_queue *queue = hence_as_completed(loop, answers, 3, -1);
    hence_deferred *pause = hence_sleep(loop, HENCE_SECONDS(2.5));
    hence_drop(hence_loop_run_until_complete_deferred(loop, pause));

    hence_completion *completion;
    while ((completion = hence_completion_queue_pop(queue))) { /* NULL: no further one is done */
        print_answer(completion);
        hence_completion_free(completion);
    }
    printf("%zu of 3 is still on its way\n", hence_completion_queue_size(queue));
    hence_completion_queue_free(queue); /* that one goes on, without a queue */
}
//! [pop]

/* ---- what takes its time ---- */

static hence_result answer(hence_result *in, void *arg)
{
    const struct question *question = arg;
    (void)in;
    if (question->x < 0)
        return hence_fail(HENCE_EFAILED, "no answer");
    return hence_int(question->x * question->x);
}

static hence_future *ask(hence_loop *loop, struct question *question)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(question->seconds));
    hence_deferred_add_callback(d, answer, question);
    return hence_deferred_as_future(loop, d);
}

static hence_result give_page(hence_result *in, void *arg)
{
    (void)in;
    return hence_ptr(arg);
}

static hence_future *get(hence_loop *loop, struct page *page)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(page->seconds));
    hence_deferred_add_callback(d, give_page, page);
    return hence_deferred_as_future(loop, d);
}
