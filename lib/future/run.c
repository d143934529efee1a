/* SPDX-License-Identifier: BSD-3-Clause */
/* Running the loop for one Future. */
#include <errno.h>

#include "future/future.h"
#include "value/failure.h"

static void stop_loop(hence_future *f, void *told)
{
    *(bool *)told = true;
    hence_loop_stop(f->loop);
}

hence_result hence_loop_run_until_complete(hence_loop *loop, hence_future *f)
{
    static const char what[] = "running the loop";
    int error = f ? hence_loop_can_run(loop) : -ENOMEM;
    if (error)
        return hence_loop_refusal_at(error, what, NULL);
    if (f->loop != loop)
        return hence_refuse_at(f->site, "running a loop for a Future of another loop");

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
        r = hence_loop_refusal_at(error, what, NULL);
    else
        r = hence_fail_static(HENCE_ESTOPPED);
    hence_future_unref(f);
    return r;
}
