/* SPDX-License-Identifier: BSD-3-Clause */
#include "conformance/turns.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/ledger.h"

int turn;
bool is_free_running;
struct event_base *base;
hence_loop *loop;
hence_test_clock *test_clock;

/* ---- values: the even ones own memory ---- */

static int boxes;
static const hence_domain domain = {"conformance", NULL};

static void destroy_box(void *box)
{
    boxes--;
    free(box);
}

hence_result value(int number)
{
    if (number % 2)
        return hence_int(number);
    int *box = malloc(sizeof *box);
    if (!box)
        abort();
    *box = number;
    boxes++;
    return hence_own(box, destroy_box);
}

hence_result failure(int number)
{
    return hence_fail_in(&domain, NULL, number, NULL);
}

/* ---- events ---- */

char text[4096];

void write_text(const char *fmt, ...)
{
    size_t length = strlen(text);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text + length, sizeof text - length, fmt, args);
    va_end(args);
}

void write_failure(const hence_failure *f)
{
    static const char *const names[] = {
        "no-memory", "cancelled", "abandoned", "deadlock", "taken", "pending", "stopped",
        "closed",    "invalid",   "timeout",   "failed",   "first", "group",   "end",
    };
    if (hence_failure_domain(f) == &domain)
        write_text("f%d", hence_failure_code(f));
    else
        write_text("%s", names[hence_failure_code(f) - HENCE_ENOMEM]);
}

void write_result(const hence_result *r)
{
    const hence_failure *f = hence_as_failure(r);
    const hence_list *list = hence_as_list(r);
    const hence_completion *completion = hence_as_completion(r);
    const int *box = hence_as(r, destroy_box);
    if (f) {
        write_failure(f);
    } else if (list) {
        for (size_t i = 0; i < hence_list_size(list); i++) {
            write_text("%s", i ? "," : "[");
            write_result(hence_list_at(list, i));
        }
        write_text("%s", hence_list_size(list) ? "]" : "[]");
    } else if (completion) {
        write_text("at%zu", completion->index);
    } else if (hence_is_none(r)) {
        write_text("none");
    } else {
        write_text("%d", box ? *box : (int)hence_as_int(r));
    }
}

/* Begins the text of an event with the turn in which it happens. */
void begin_text(void)
{
    text[0] = '\0';
    if (is_free_running)
        write_text("-");
    else
        write_text("%d", turn);
}

void event(const char *what)
{
    begin_text();
    trace("%s:%s", text, what);
}

void event_in_block(const struct block *block, const char *what)
{
    begin_text();
    trace("%s/%d:%s", text, block->number, what);
}

void event_of(const struct block *block, const hence_result *r)
{
    begin_text();
    if (block)
        write_text("/%d", block->number);
    write_text(":");
    write_result(r);
    trace("%s", text);
}

void event_with(const struct block *block, hence_result r)
{
    event_of(block, &r);
    hence_drop(r);
}

/* ---- turns ---- */

void begin_loop(void)
{
    loop = hence_loop_new(base);
    test_clock = hence_test_clock_new(loop);
    turn = 0;
}

void end_loop(void)
{
    hence_test_clock_free(test_clock);
    hence_loop_free(loop);
}

bool take_turn(void)
{
    if (hence_ready_is_empty(&loop->queue)) {
        int64_t next = hence_timers_next(&loop->timers);
        if (next == INT64_MAX)
            return false;
        if (next > loop->clock->now)
            loop->clock->now = next;
        hence_loop_arm(loop);
    }
    turn++;
    if (hence_test_turn(loop) < 0)
        event("error");
    return true;
}

/* ---- the end ---- */

void check_balance(void)
{
    /* not BLOCKS: of those that the cache holds only the making is counted */
    for (int i = HENCE_FAILURES_MADE; i < HENCE_COUNTERS; i += 2) {
        long made = atomic_exchange(&hence_ledger[i], 0);
        long ended = atomic_exchange(&hence_ledger[i + 1], 0);
        if (made != ended)
            trace("ledger-%d-made-%ld-ended-%ld", i, made, ended);
    }
    if (boxes)
        trace("values-left-%d", boxes);
    boxes = 0;
}
