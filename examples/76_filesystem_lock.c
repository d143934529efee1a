/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A lock that processes share. Here two locks on one file stand for two processes; a process that dies leaves
 * nothing behind.
 *
 *     cc 76_filesystem_lock.c $(pkg-config --cflags --libs hence) && ./a.out
 *     the first one has it
 *     the second one without waiting: false
 *     the second one for a second: out of time
 *     the second one has it after 0.3 s                           (when the first has let go)
 */
#include <hence/hence.h>

#include <stdlib.h>
#include <unistd.h>

static hence_result let_go(void *hold);
static hence_result keep(hence_result *in, void *variable);

int main(void)
{
    char directory[] = "/tmp/hence-example-XXXXXX", path[64];
    if (!mkdtemp(directory))
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/lock", directory);
    hence_loop *loop = hence_loop_new(NULL);
    //! [lock]
    hence_filesystem_lock *first = hence_filesystem_lock_new(loop, path);
    hence_filesystem_lock *second = hence_filesystem_lock_new(loop, path);
    hence_filesystem_lock_set_interval(second, HENCE_MS(100)); /* how often it looks */
    //! [lock]

    //! [acquire]
    hence_hold *hold = NULL, *other;
    hence_deferred *d = hence_filesystem_lock_acquire(first, -1);
    hence_deferred_add_callback(d, keep, &hold);
    printf("the first one has it\n");
    bool has_both = hence_filesystem_lock_try_acquire(second, &other) == 0;
    printf("the second one without waiting: %s\n", has_both ? "true" : "false");
    //! [acquire]
    hence_deferred_unref(d);

    //! [future]
    hence_future *f = hence_filesystem_lock_acquire_future(second, HENCE_SECONDS(1));
    hence_result r = hence_loop_run_until_complete(loop, f);
    if (hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT))
        printf("the second one for a second: out of time\n");
    hence_drop(r);
    hence_future_unref(f);
    //! [future]

    int64_t begun = hence_loop_time(loop);
    hence_deferred_unref(hence_defer_later(loop, HENCE_MS(250), let_go, &hold));
    f = hence_filesystem_lock_acquire_future(second, -1);
    hence_drop(hence_loop_run_until_complete(loop, f));
    printf("the second one has it after %.1f s\n", (double)(hence_loop_time(loop) - begun) / 1e9);
    hence_future_unref(f);

    //! [free]
    hence_filesystem_lock_free(first);
    //! [free]
    hence_filesystem_lock_free(second);
    hence_loop_free(loop);
    unlink(path);
    rmdir(directory);
    return EXIT_SUCCESS;
}

static hence_result keep(hence_result *in, void *variable)
{
    *(hence_hold **)variable = hence_take_hold(in);
    return hence_none();
}

static hence_result let_go(void *hold)
{
    hence_hold_free(*(hence_hold **)hold);
    return hence_none();
}
