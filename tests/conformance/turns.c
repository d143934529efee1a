/* SPDX-License-Identifier: BSD-3-Clause */
#include "conformance/turns.h"

int turn;
bool is_free_running;
struct event_base *base;
hence_loop *loop;
hence_test_clock *test_clock;

/* ---- events ---- */

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

void show_time(void)
{
    trace("end-%d", (int)(hence_loop_time(loop) / UNIT));
}

void show_future(int slot, hence_future *f)
{
    text[0] = '\0';
    if (!f)
        return;
    if (hence_future_done(f))
        write_result(&f->waitable.slot);
    else
        write_text("pending");
    trace("%d:%s", slot, text);
}
