/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One result for many: the forecast is asked for once, and everybody has it.
 *
 *     cc 35_share.c $(pkg-config --cflags --libs hence) && ./a.out
 *     asking for the forecast
 *     bob: cancelled
 *     ann: rain                                                   (after a second)
 *     cy: rain
 *     dora, who comes late: rain
 *     asking for the forecast
 *     ann: cancelled
 *     bob: cancelled
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    hence_share *forecast; /* held by each */
    hence_deferred *reading;
};

static hence_deferred *forecast(hence_loop *loop);
static bool all_read(hence_loop *loop);
static bool forecast_is_withdrawn(hence_loop *loop);
static void begin(struct reader *reader, hence_share *share, char *name);
static void end(struct reader *reader);
static hence_result read_it(hence_result *in, void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    bool ok = loop && all_read(loop) && forecast_is_withdrawn(loop);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [share]
static bool all_read(hence_loop *loop)
{
    static char ann[] = "ann", bob[] = "bob", cy[] = "cy", dora[] = "dora, who comes late";
    struct reader readers[3];
    hence_share *share = hence_share_new(forecast(loop)); /* takes the Deferred */
    begin(&readers[0], share, ann);
    begin(&readers[1], share, bob);
    begin(&readers[2], share, cy);
    hence_deferred_cancel(readers[1].reading); /* bob's alone: the others still wait */
    hence_drop(hence_loop_run_until_complete_deferred(loop, hence_share_get(share)));

    hence_deferred *late = hence_share_get(share); /* has it already */
    hence_deferred_add_both(late, read_it, dora);
    hence_deferred_unref(late);
    hence_share_unref(share);
    for (int i = 0; i < 3; i++)
        end(&readers[i]);
    return true;
}
//! [share]

//! [hold]
static void begin(struct reader *reader, hence_share *share, char *name)
{
    reader->forecast = hence_share_ref(share); /* to ask again later */
    reader->reading = hence_share_get(share);
    hence_deferred_add_both(reader->reading, read_it, name);
}

static void end(struct reader *reader)
{
    reader->reading = hence_deferred_unref(reader->reading);
    reader->forecast = hence_share_unref(reader->forecast);
}
//! [hold]

//! [cancel]
static bool forecast_is_withdrawn(hence_loop *loop)
{
    static char ann[] = "ann", bob[] = "bob";
    struct reader readers[2];
    hence_share *share = hence_share_new(forecast(loop));
    begin(&readers[0], share, ann);
    begin(&readers[1], share, bob);
    bool withdrawn = hence_share_cancel(share) == 0; /* what is behind it, for all */
    bool only_once = hence_share_cancel(share) == -EALREADY;
    hence_share_unref(share);
    end(&readers[0]);
    end(&readers[1]);
    return withdrawn && only_once;
}
//! [cancel]

static hence_result read_it(hence_result *in, void *arg)
{
    const char *name = arg;
    const char *text = hence_as(in, free); /* the same text for all: it is lent to each */
    if (text)
        printf("%s: %s\n", name, text);
    else if (hence_is_cancelled(in))
        printf("%s: cancelled\n", name);
    return hence_take(in);
}

static hence_result write_it(hence_result *in, void *arg)
{
    (void)in;
    (void)arg;
    return hence_own(strdup("rain"), free); /* freed when nobody refers to it any more */
}

static hence_deferred *forecast(hence_loop *loop)
{
    puts("asking for the forecast");
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(1));
    hence_deferred_add_callback(d, write_it, NULL);
    return d;
}
