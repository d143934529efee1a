/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A loop in steps: what a `for` with a sleep in it becomes. Each step does one round and returns
 * the rest as a chain, so that the whole is one operation that can be waited for, or cancelled.
 *
 *     cc 08_ultra_simple.c $(pkg-config --cflags --libs hence) && ./a.out
 *     This was run by the loop:                                   (five times, every 0.2 s)
 *     done with loop
 */
#include <hence/hence.h>

#include <stdlib.h>

struct lots {
    hence_loop *loop;
    int left;
};

static hence_deferred *say_lots(hence_loop *loop, int times);
static hence_result say_next(hence_result *in, void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_result r = hence_loop_run_until_complete_deferred(loop, say_lots(loop, 5));
    bool ok = hence_is_value(&r);
    hence_drop(r);
    hence_loop_free(loop);
    puts("done with loop");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [rounds]
static hence_deferred *say_lots(hence_loop *loop, int times)
{
    hence_deferred *d = hence_sleep(loop, 0);
    struct lots *l = hence_deferred_alloc(d, sizeof *l, NULL); /* as long as the chain */
    if (!l)
        return hence_deferred_unref(d);
    *l = (struct lots){.loop = loop, .left = times};
    hence_deferred_add_callback(d, say_next, l);
    return d;
}

static hence_result say_next(hence_result *in, void *arg)
{
    struct lots *l = arg;
    if (l->left-- == 0)
        return hence_take(in);
    puts("This was run by the loop:");

    hence_deferred *rest = hence_sleep(l->loop, HENCE_SECONDS(0.2));
    hence_deferred_add_callback(rest, say_next, l);
    return hence_chain(rest);
}
//! [rounds]
