/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls of the loop, and how its turns are made. */
#include <errno.h>
#include <string.h>

#include "conformance/futures.h"

#define FOR_EVER (1000 * UNIT) /* after that a run for something that never comes is stopped */

/* ---- calls ---- */

static struct handle {
    hence_call call;
    bool made;
} handles[SLOTS];

static int owned; /* calls that own their argument, and have not been destroyed */

void begin_calls(void)
{
    memset(handles, 0, sizeof handles);
}

static void called(void *arg)
{
    const struct block *block = arg;
    if (is_over)
        return;
    event_in_block(block, "call");
    run_block(block);
}

static void disown(void *arg)
{
    (void)arg;
    owned--;
}

static void call(struct handle *handle, const struct block *block, bool later, int number)
{
    void *arg = (void *)(uintptr_t)block;
    const int64_t delay = (number ? number / 2 : -1) * UNIT;
    hence_drop_fn *drop = block->number % 2 ? disown : NULL;
    if (drop)
        owned++;
    int error = later ? hence_call_later_own(loop, delay, called, arg, drop, &handle->call)
                      : hence_call_soon_own(loop, called, arg, drop, &handle->call);
    handle->made = true;
    if (error)
        event("error");
}

void call_soon(int slot, const struct block *block)
{
    call(&handles[slot], block, false, 0);
}

void call_later(int slot, int number, const struct block *block)
{
    call(&handles[slot], block, true, number);
}

void cancel_call(int slot)
{
    const struct handle *handle = &handles[slot];
    if (handle->made && hence_call_cancel(loop, handle->call))
        event("gone");
}

void tell_when(int slot)
{
    const struct handle *handle = &handles[slot];
    int64_t when;
    if (!handle->made)
        return;
    int error = hence_call_when(loop, handle->call, &when);
    begin_text();
    if (error)
        trace("%s:%s", text, error == -EINVAL ? "soon" : "gone");
    else
        trace("%s:when-%d", text, (int)(when / UNIT));
}

void check_calls(void)
{
    if (owned)
        trace("arguments-left-%d", owned);
    owned = 0;
}

/* ---- turns ---- */

void dispatch(void)
{
    hence_test_clock_autojump(test_clock, true);
    is_free_running = true;
    event_base_dispatch(base);
    is_free_running = false;
    hence_test_clock_autojump(test_clock, false);
    turn++;
}

static void stop(void *arg)
{
    (void)arg;
    hence_loop_stop(loop);
}

static bool runs_until; /* what can be stopped */

void run_until(hence_future *f)
{
    hence_call limit;
    hence_call_later(loop, FOR_EVER, stop, NULL, &limit);
    hence_test_clock_autojump(test_clock, true);
    is_free_running = runs_until = true;
    hence_future_ref(f); /* its variable may let it go meanwhile */
    hence_result r = hence_loop_run_until_complete(loop, f);
    hence_future_unref(f);
    is_free_running = runs_until = false;
    hence_test_clock_autojump(test_clock, false);
    hence_call_cancel(loop, limit);
    turn++;
    event_with(NULL, r);
}

void stop_run(void)
{
    if (runs_until)
        stop(NULL);
}
