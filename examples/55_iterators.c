/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Values that come one by one, each after a while: an iterator of one's own, and what is done with it. All
 * values as a list; something with each of them, three at a time; something with each, one after the other.
 * And a loop whose condition takes time.
 *
 *     cc 55_iterators.c $(pkg-config --cflags --libs hence) && ./a.out
 *     0.6 s: 5 lines, 9 words
 *
 *     0.1 s: learning "red ..."                                   (one second a word)
 *     0.2 s: learning "snow ..."
 *     0.3 s: learning "green ..."                                 (three at once: no further one)
 *     1.2 s: "snow ..." is learnt
 *     1.3 s: learning "black ..."                                 (now there is room for it)
 *     2.3 s: "green ..." is learnt
 *     2.4 s: learning "gold ..."
 *     3.1 s: "red ..." is learnt
 *     3.3 s: "black ..." is learnt
 *     3.4 s: "gold ..." is learnt
 *     3.4 s: words in each line: 3 1 2 2 1                        (in the order of the lines)
 *
 *     1.0 s: pupil 1 recites                                      (who is ready first)
 *     2.5 s: pupil 2 recites                                      (ready at 2 s)
 *     4.0 s: pupil 0 recites                                      (ready at 3 s)
 *     5.5 s: 3 pupils have recited
 *
 *     0.1 s: it rains
 *     1.2 s: it rains
 *     2.3 s: it is dry
 *     2.3 s: waited 2 times
 */
/* long: 12 s */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

static char lines[5][3][8] = {
    {"red", "as", "roses"}, {"snow"}, {"green", "hills"}, {"black", "sheep"}, {"gold"}};
static int64_t begun;

static bool count_words(hence_loop *loop);
static bool learn_lines(hence_loop *loop);
static bool hear_pupils(hence_loop *loop);
static bool wait_for_dry_weather(hence_loop *loop);
static hence_result split_line(hence_result *in, void *arg);
static void begin(hence_loop *loop);
static void print_time(void);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    bool ok = count_words(loop);
    puts("");
    ok = learn_lines(loop) && ok;
    puts("");
    ok = hear_pupils(loop) && ok;
    puts("");
    ok = wait_for_dry_weather(loop) && ok;
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- an iterator ---- */

//! [next]
static hence_future *next_line(void *arg)
{
    hence_future *pause = hence_sleep_future(hence_loop_current(), HENCE_MS(100));
    hence_future *line = hence_future_then(pause, split_line, NULL, arg);
    hence_future_unref(pause);
    return line; /* taken */
}

static hence_result split_line(hence_result *in, void *arg)
{
    int *number = arg;
    (void)in;
    if (*number == 5)
        return hence_fail_static(HENCE_EEND); /* there is no further one */
    char(*line)[8] = lines[(*number)++];
    hence_list *words = hence_list_new(0);
    for (int i = 0; i < 3 && *line[i]; i++) {
        if (hence_list_append(&words, hence_ptr(line[i])) < 0) {
            hence_list_free(words);
            return hence_fail_static(HENCE_ENOMEM);
        }
    }
    return hence_own(words, hence_list_free);
}
//! [next]

/* ---- all values ---- */

//! [collect]
static bool count_words(hence_loop *loop)
{
    int number = 0;
    size_t words = 0;
    begin(loop);
    hence_future *all = hence_collect(loop, next_line, &number);
    hence_result r = hence_loop_run_until_complete(loop, all);
    const hence_list *list = hence_as_list(&r); /* of lists, here */
    for (size_t i = 0; i < hence_list_size(list); i++)
        words += hence_list_size(hence_as_list(hence_list_at(list, i)));
    print_time();
    printf("%zu lines, %zu words\n", hence_list_size(list), words);
    hence_drop(r);
    hence_future_unref(all);
    return words == 9;
}
//! [collect]

/* ---- three at a time ---- */

static const char *first_word(const hence_list *words)
{
    return hence_as_ptr(hence_list_at(words, 0));
}

static hence_result learnt(hence_result *in, void *arg)
{
    const hence_list *words = arg;
    (void)in;
    print_time();
    printf("\"%s ...\" is learnt\n", first_word(words));
    return hence_int((int64_t)hence_list_size(words));
}

//! [map]
static hence_result learn(hence_result *in, void *arg)
{
    hence_list *words = hence_as(in, hence_list_free); /* lives until the chain has ended */
    (void)arg;
    print_time();
    printf("learning \"%s ...\"\n", first_word(words));
    hence_deferred *d = hence_sleep(hence_loop_current(), HENCE_SECONDS(hence_list_size(words)));
    hence_deferred_add_callback(d, learnt, words);
    return hence_chain(d);
}

static bool learn_lines(hence_loop *loop)
{
    int number = 0;
    begin(loop);
    hence_future *all = hence_map(loop, next_line, &number, learn, NULL, 3);
    hence_result r = hence_loop_run_until_complete(loop, all);
    const hence_list *list = hence_as_list(&r);
    print_time();
    printf("words in each line:");
    for (size_t i = 0; i < hence_list_size(list); i++)
        printf(" %" PRId64, hence_as_int(hence_list_at(list, i)));
    puts("");
    bool ok = hence_list_size(list) == 5;
    hence_drop(r);
    hence_future_unref(all);
    return ok;
}
//! [map]

/* ---- one after the other ---- */

//! [for-each]
static hence_result recite(hence_result *in, void *arg)
{
    const hence_completion *completion = hence_as_completion(in);
    (void)arg;
    if (!completion)
        return hence_fail(HENCE_EINVAL, "not what a completion queue gives");
    print_time();
    printf("pupil %zu recites\n", completion->index);
    return hence_chain(hence_sleep(hence_loop_current(), HENCE_SECONDS(1.5)));
}

static bool hear_pupils(hence_loop *loop)
{
    begin(loop);
    hence_future *ready[] = {hence_sleep_future(loop, HENCE_SECONDS(3)),
                             hence_sleep_future(loop, HENCE_SECONDS(1)),
                             hence_sleep_future(loop, HENCE_SECONDS(2))};
    hence_completion_queue *queue = hence_as_completed(loop, ready, 3, -1);
    hence_future *all = hence_for_each(loop, hence_completion_queue_iterate, queue, recite, NULL);
    hence_result r = hence_loop_run_until_complete(loop, all);
    print_time();
    printf("%" PRId64 " pupils have recited\n", hence_as_int(&r));
    bool ok = hence_as_int(&r) == 3;
    hence_drop(r);
    hence_future_unref(all);
    hence_completion_queue_free(queue);
    hence_future_unref_all(ready, 3);
    return ok;
}
//! [for-each]

/* ---- while ---- */

static hence_result look_out(void *arg)
{
    int *showers = arg;
    print_time();
    puts(*showers ? "it rains" : "it is dry");
    return hence_int(*showers ? (*showers)-- : 0);
}

//! [repeat-while]
static hence_result it_rains(void *arg)
{
    return hence_chain(hence_defer_later(hence_loop_current(), HENCE_MS(100), look_out, arg));
}

static hence_result wait_a_second(void *arg)
{
    (void)arg;
    return hence_chain(hence_sleep(hence_loop_current(), HENCE_SECONDS(1)));
}

static bool wait_for_dry_weather(hence_loop *loop)
{
    int showers = 2;
    begin(loop);
    hence_future *dry = hence_repeat_while(loop, it_rains, wait_a_second, &showers);
    hence_result r = hence_loop_run_until_complete(loop, dry);
    print_time();
    printf("waited %" PRId64 " times\n", hence_as_int(&r));
    bool ok = hence_as_int(&r) == 2;
    hence_drop(r);
    hence_future_unref(dry);
    return ok;
}
//! [repeat-while]

/* ---- time ---- */

static void begin(hence_loop *loop)
{
    begun = hence_loop_time(loop);
}

static void print_time(void)
{
    printf("%.1f s: ", (double)(hence_loop_time(hence_loop_current()) - begun) / 1e9);
}
