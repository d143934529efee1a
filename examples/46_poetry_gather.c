/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Three poems as Futures, which are shared: each is announced as soon as it is there, whichever comes first,
 * and all of them together are a book, in order. Then the same with no more than two connections at once.
 *
 *     cc 46_poetry_gather.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     Rain has come, after 0.4 s
 *     Night has come, after 0.6 s
 *     Dawn has come, after 1.2 s
 *     Dawn, after 1.2 s:
 *         The light comes in on stockinged feet
 *         ...
 *     Rain, after 1.2 s:
 *         ...
 *     Night, after 1.2 s:
 *         ...
 *
 *     Dawn is asked for, after 0.0 s
 *     Rain is asked for, after 0.0 s
 *     Rain has come, after 0.4 s
 *     Night is asked for, after 0.4 s                             (there is a connection left for it)
 *     Night has come, after 1.0 s
 *     Dawn has come, after 1.2 s
 *     3 poems, after 1.2 s
 */
#include "poetry_get.h"

#define POEMS   3
#define AT_ONCE 2

struct source {
    struct reader *reader;
    const struct poem *poem;
    struct poetry_server *server;
};

struct reader {
    hence_loop *loop;
    struct source sources[POEMS];
    int next; /* who is to be asked */
    int64_t begun;
};

static bool open_sources(struct reader *reader);
static bool read_together(struct reader *reader);
static bool announce_each(struct reader *reader, hence_future *const *poems);
static hence_result announce(hence_result *in, void *arg);
static bool print_book(struct reader *reader, hence_future *book);
static bool read_in_turns(struct reader *reader);
static hence_future *next_source(void *arg);
static hence_result get_one(hence_result *in, void *arg);
static hence_result has_come(hence_result *in, void *arg);
static double seconds_since(const struct reader *reader);

int main(void)
{
    struct reader reader = {.loop = hence_loop_new(NULL)};
    bool ok = reader.loop && open_sources(&reader);
    ok = ok && read_together(&reader);
    puts("");
    ok = ok && read_in_turns(&reader);
    for (int i = 0; i < POEMS; i++)
        poetry_server_free(reader.sources[i].server);
    hence_loop_free(reader.loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool open_sources(struct reader *reader)
{
    static const struct poem *const poems[POEMS] = {&poem_dawn, &poem_rain, &poem_night};
    static const double paces[POEMS] = {0.3, 0.1, 0.15};
    struct event_base *base = hence_loop_base(reader->loop);
    bool ok = true;
    for (int i = 0; i < POEMS; i++) {
        struct source *source = &reader->sources[i];
        *source = (struct source){.reader = reader, .poem = poems[i]};
        source->server = poetry_server_new(base, poems[i], paces[i], 0);
        ok = ok && source->server;
    }
    return ok;
}

/* ---- all at once ---- */

//! [together]
static bool read_together(struct reader *reader)
{
    hence_future *poems[POEMS];
    reader->begun = hence_loop_time(reader->loop);
    for (int i = 0; i < POEMS; i++) {
        hence_deferred *d = get_poem(reader->loop, &reader->sources[i].server->address);
        poems[i] = hence_deferred_as_future(reader->loop, d);
    }
    hence_future *book = hence_gather(reader->loop, poems, POEMS, 0);
    bool ok = announce_each(reader, poems); /* the same Futures: they are shared */
    ok = print_book(reader, book) && ok;
    hence_future_unref(book);
    hence_future_unref_all(poems, POEMS);
    return ok;
}
//! [together]

//! [announce]
static bool announce_each(struct reader *reader, hence_future *const *poems)
{
    hence_completion_queue *queue = hence_as_completed(reader->loop, poems, POEMS, -1);
    hence_future *all =
        hence_for_each(reader->loop, hence_completion_queue_iterate, queue, announce, reader);
    hence_result r = hence_loop_run_until_complete(reader->loop, all);
    bool ok = hence_as_int(&r) == POEMS;
    hence_drop(r);
    hence_future_unref(all);
    hence_completion_queue_free(queue);
    return ok;
}

static hence_result announce(hence_result *in, void *arg)
{
    const struct reader *reader = arg;
    const hence_completion *completion = hence_as_completion(in);
    if (!completion)
        return hence_fail(HENCE_EINVAL, "not what a completion queue gives");
    const struct poem *poem = reader->sources[completion->index].poem;
    const hence_failure *failure = hence_future_failure(completion->future);
    printf("%s %s, after %.1f s\n", poem->title, failure ? "is lost" : "has come",
           seconds_since(reader));
    return hence_none();
}
//! [announce]

//! [book]
static bool print_book(struct reader *reader, hence_future *book)
{
    hence_result r = hence_loop_run_until_complete(reader->loop, book);
    const hence_list *poems = hence_as_list(&r); /* NULL, which has no size, if one is lost */
    for (size_t i = 0; i < hence_list_size(poems); i++) {
        const char *text = hence_as(hence_list_at(poems, i), free);
        if (text)
            print_poem(reader->sources[i].poem->title, text, seconds_since(reader));
    }
    bool ok = hence_is_value(&r);
    hence_drop(r);
    return ok;
}
//! [book]

/* ---- two at once ---- */

//! [in-turns]
static bool read_in_turns(struct reader *reader)
{
    reader->next = 0;
    reader->begun = hence_loop_time(reader->loop);
    hence_future *all = hence_map(reader->loop, next_source, reader, get_one, reader, AT_ONCE);
    hence_result r = hence_loop_run_until_complete(reader->loop, all);
    printf("%zu poems, after %.1f s\n", hence_list_size(hence_as_list(&r)), seconds_since(reader));
    bool ok = hence_is_value(&r);
    hence_drop(r);
    hence_future_unref(all);
    return ok;
}

static hence_future *next_source(void *arg)
{
    struct reader *reader = arg;
    if (reader->next == POEMS)
        return hence_future_fail(reader->loop, hence_fail_static(HENCE_EEND));
    return hence_future_succeed(reader->loop, hence_ptr(&reader->sources[reader->next++]));
}

static hence_result get_one(hence_result *in, void *arg)
{
    struct source *source = hence_as_ptr(in);
    struct reader *reader = arg;
    if (!source)
        return hence_fail(HENCE_EINVAL, "not what next_source() gives");
    printf("%s is asked for, after %.1f s\n", source->poem->title, seconds_since(reader));
    hence_deferred *d = get_poem(reader->loop, &source->server->address);
    hence_deferred_add_callback(d, has_come, source);
    return hence_chain(d);
}
//! [in-turns]

static hence_result has_come(hence_result *in, void *arg)
{
    const struct source *source = arg;
    printf("%s has come, after %.1f s\n", source->poem->title, seconds_since(source->reader));
    return hence_take(in);
}

static double seconds_since(const struct reader *reader)
{
    return (double)(hence_loop_time(reader->loop) - reader->begun) / 1e9;
}
