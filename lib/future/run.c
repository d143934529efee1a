/* SPDX-License-Identifier: BSD-3-Clause */
/* Running the loop for one Future. */
#include <errno.h>

#include "future/future.h"

static void stop_loop(hence_future *f, void *told)
{
    *(bool *)told = true;
    hence_loop_stop(f->loop);
}

hence_result hence_loop_run_until_complete(hence_loop *loop, hence_future *f)
{
    int error = f ? hence_loop_can_run(loop) : -ENOMEM;
    if (!error && f->loop != loop)
        error = -EINVAL;
    if (error)
        return hence_loop_refusal(error);

    bool told = f->state & FUTURE_DONE;
    struct hence_listener listener = {.fn = stop_loop, .arg = &told};
    hence_future_ref(f);
    if (told)
        hence_loop_stop(loop); /* one turn, for what waits already */
    else
        hence_listener_add(f, &listener);
    error = hence_loop_run_forever(loop);
    if (!told)
        hence_listener_remove(f, &listener);

    hence_result r;
    if (f->state & FUTURE_DONE)
        r = hence_future_result(f);
    else if (error && error != -EINTR)
        r = hence_loop_refusal(error);
    else
        r = hence_fail_static(HENCE_ESTOPPED);
    hence_future_unref(f);
    return r;
}
