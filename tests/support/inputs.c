/* SPDX-License-Identifier: BSD-3-Clause */
#include "inputs.h"

hence_deferred *inputs[INPUTS];
hence_future *futures[INPUTS];

static struct {
    hence_promise *promise; /* NULL: it has ended */
    hence_promise *late;
    on_cancel how;
} producers[INPUTS];

static bool canceller(hence_promise *p, void *arg)
{
    size_t i = (size_t)(uintptr_t)arg;
    trace("cancel%zu", i);
    switch (producers[i].how) {
    case STOPS:
        producers[i].promise = NULL;
        return true;
    case GOES_ON:
        return false;
    case GIVES_VALUE:
        producers[i].promise = NULL;
        hence_resolve(p, hence_int(100 + (int64_t)i));
        return true;
    case GIVES_FAILURE:
        producers[i].promise = NULL;
        hence_resolve(p, failure("late"));
        return true;
    case TAKES_TIME:
        producers[i].promise = NULL;
        hence_resolve(p, hence_chain(hence_deferred_new(&producers[i].late)));
        return true;
    case NO_CANCELLER:
        break;
    }
    return true;
}

void begin_inputs(size_t n, on_cancel how)
{
    for (size_t i = 0; i < n; i++) {
        producers[i].late = NULL;
        inputs[i] = hence_deferred_new(&producers[i].promise);
        set_on_cancel(i, how);
    }
}

void begin_futures(hence_loop *loop, size_t n, on_cancel how)
{
    for (size_t i = 0; i < n; i++) {
        producers[i].late = NULL;
        futures[i] = hence_future_new(loop, &producers[i].promise);
        set_on_cancel(i, how);
    }
}

void set_on_cancel(size_t i, on_cancel how)
{
    producers[i].how = how;
    hence_promise_on_cancel(producers[i].promise, how == NO_CANCELLER ? NULL : canceller,
                            (void *)(uintptr_t)i);
}

bool input_is_wanted(size_t i)
{
    return hence_promise_is_wanted(producers[i].promise);
}

void resolve_input(size_t i, hence_result r)
{
    hence_promise *p = hence_promise_take(&producers[i].promise);
    if (p)
        hence_resolve(p, r);
    else
        hence_drop(r);
}

void resolve_late(size_t i, hence_result r)
{
    hence_promise *p = hence_promise_take(&producers[i].late);
    if (p)
        hence_resolve(p, r);
    else
        hence_drop(r);
}

void end_inputs(void)
{
    for (size_t i = 0; i < INPUTS; i++) {
        if (futures[i])
            resolve_input(i, hence_fail_static(HENCE_ECANCELLED));
        futures[i] = hence_future_unref(futures[i]);
        hence_abandon(hence_promise_take(&producers[i].promise));
        hence_abandon(hence_promise_take(&producers[i].late));
    }
}
