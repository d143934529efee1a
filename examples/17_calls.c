/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls that are asked for and then cancelled or moved: a line that goes quiet is hung up, and each
 * word that comes over it moves the time when that happens.
 *
 *     cc 17_calls.c $(pkg-config --cflags --libs hence) && ./a.out
 *     0.0 s: the line is open
 *     a reminder is due after 1.5 s
 *     4 calls wait
 *     0.5 s: hello
 *     0.5 s: no reminder is needed
 *     1.0 s: anybody there?
 *     2.0 s: quiet for a second, hung up
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>

struct line {
    hence_loop *loop;
    int64_t opened;
    hence_call hang_up;
    hence_call reminder;
};

struct word {
    struct line *line;
    const char *text;
};

static int say_at(struct line *line, int64_t when, const char *text);
static void hear(void *arg);
static void remind(void *arg);
static void hang_up(void *arg);
static void tell(const struct line *line, const char *text);

int main(void)
{
    struct line line = {.loop = hence_loop_new(NULL)};
    if (!line.loop)
        return EXIT_FAILURE;
    //! [time]
    line.opened = hence_loop_time(line.loop);
    //! [time]
    tell(&line, "the line is open");

    //! [call-later]
    int error = hence_call_later(line.loop, HENCE_SECONDS(1), hang_up, &line, &line.hang_up);
    //! [call-later]
    //! [call-at]
    int64_t when = line.opened + HENCE_SECONDS(1.5);
    if (!error)
        error = hence_call_at(line.loop, when, remind, &line, &line.reminder);
    //! [call-at]
    if (!error)
        error = say_at(&line, line.opened + HENCE_MS(500), "hello");
    if (!error)
        error = say_at(&line, line.opened + HENCE_MS(1000), "anybody there?");

    //! [when]
    int64_t due;
    if (hence_call_when(line.loop, line.reminder, &due) == 0)
        printf("a reminder is due after %.1f s\n", (double)(due - line.opened) / 1e9);
    //! [when]
    //! [pending]
    printf("%zu calls wait\n", hence_loop_pending(line.loop));
    //! [pending]

    if (!error)
        error = hence_loop_run_forever(line.loop);
    hence_loop_free(line.loop);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

//! [call-at-own]
static int say_at(struct line *line, int64_t when, const char *text)
{
    struct word *word = malloc(sizeof *word);
    if (!word)
        return -ENOMEM;
    *word = (struct word){.line = line, .text = text};
    return hence_call_at_own(line->loop, when, hear, word, free, NULL);
}
//! [call-at-own]

static void hear(void *arg)
{
    struct word *word = arg;
    struct line *line = word->line;
    tell(line, word->text);

    //! [reset]
    if (hence_call_reset(line->loop, line->hang_up, HENCE_SECONDS(1)) < 0) /* a second from now */
        tell(line, "too late");
    //! [reset]
    //! [cancel]
    if (hence_call_cancel(line->loop, line->reminder) == 0)
        tell(line, "no reminder is needed");
    //! [cancel]
}

static void remind(void *arg)
{
    tell(arg, "say something");
}

static void hang_up(void *arg)
{
    struct line *line = arg;
    tell(line, "quiet for a second, hung up");
    hence_loop_stop(line->loop);
}

static void tell(const struct line *line, const char *text)
{
    double seconds = (double)(hence_loop_time(line->loop) - line->opened) / 1e9;
    printf("%.1f s: %s\n", seconds, text);
}
