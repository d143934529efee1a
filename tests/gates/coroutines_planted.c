/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mistakes in coroutines, for the gate "coroutines": what the address sanitizer must see, and what it must
 * not.
 *
 *     inside, outside     the last byte of an array that lives over a wait is written, or the one after it
 *     returned            a variable of a function that has returned is used, on the stack of a coroutine
 *     held, lost          blocks are held by variables of coroutines that wait, at the end of the program; and
 *                         others by nobody
 */
#include <hence/hence.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *planted;
static hence_loop *loop; /* stays, so that what hangs on it is no leak */
static hence_promise *promise;

static bool is(const char *what)
{
    return strcmp(planted, what) == 0;
}

static hence_result write_near_the_end(void *arg)
{
    char text[16];
    volatile size_t place = sizeof text - 1 + (size_t)is("outside");
    (void)arg;
    memset(text, 'x', sizeof text);
    hence_co_yield();
    text[place] = 'y';
    hence_co_yield();
    return hence_int(text[sizeof text - 1] == 'y');
}

static int *volatile kept;

static __attribute__((noinline)) void keep_address(void)
{
    int variable = 7;
    kept = &variable;
    hence_co_yield();
}

static hence_result use_after_return(void *arg)
{
    (void)arg;
    keep_address();
    hence_co_yield();
    return hence_int(*kept);
}

static hence_result hold_block(void *arg)
{
    char *volatile block = (char *)malloc(100);
    (void)arg;
    hence_result r = hence_await(hence_future_new(loop, &promise));
    free(block);
    return r;
}

static char *volatile last_block;

static void lose_blocks(void)
{
    for (int i = 0; i < 10; i++)
        last_block = (char *)malloc(100);
}

static void stop(void *arg)
{
    (void)arg;
    hence_loop_stop(loop);
}

int main(int argc, char **argv)
{
    planted = argc > 1 ? argv[1] : "";
    loop = hence_loop_new(NULL);
    if (is("held") || is("lost")) {
        if (is("lost"))
            lose_blocks();
        for (int i = 0; i < 10; i++)
            hence_future_unref(hence_spawn(loop, hold_block, NULL));
        hence_call_later(loop, HENCE_MS(10), stop, NULL, NULL);
        hence_loop_run_forever(loop);
        return 0; /* with everything still there */
    }
    hence_result_fn *fn = is("returned") ? use_after_return : write_near_the_end;
    for (int i = 0; i < 10; i++) {
        hence_future *f = hence_spawn(loop, fn, NULL), *other = hence_spawn(loop, fn, NULL);
        hence_drop(hence_loop_run_until_complete(loop, f));
        hence_drop(hence_loop_run_until_complete(loop, other));
        hence_future_unref(f);
        hence_future_unref(other);
    }
    hence_loop_free(loop);
    return 0;
}
