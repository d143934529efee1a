/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Holding a chain before its next step. Pauses nest: as many unpauses let it run.
 *
 *     cc 13_pause.c $(pkg-config --cflags --libs hence) && ./a.out
 *     resolved, and paused twice
 *     unpaused once
 *     the step has 7
 *     unpaused twice
 *     and taken: 7
 *     once more is an error
 */
#include <hence/hence.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static hence_result show(hence_result *in, void *arg);
static void no_report(const hence_report *report, void *arg);

int main(void)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new(&promise);
    if (!d)
        return EXIT_FAILURE;
    hence_deferred_add_callback(d, show, NULL);

    //! [pause]
    hence_deferred_pause(d);
    hence_deferred_pause(d);
    hence_resolve(promise, hence_int(7)); /* the result is there, the step waits */
    if (hence_deferred_get_state(d) == HENCE_DEFERRED_PAUSED)
        puts("resolved, and paused twice");

    hence_deferred_unpause(d);
    puts("unpaused once");
    hence_deferred_unpause(d); /* runs the step */
    puts("unpaused twice");
    //! [pause]

    //! [take]
    if (hence_deferred_get_state(d) == HENCE_DEFERRED_DONE) {
        hence_result r = hence_deferred_take(d); /* as its one consumer */
        printf("and taken: %" PRId64 "\n", hence_as_int(&r));
        hence_drop(r);
    }
    //! [take]

    hence_set_report_handler(no_report, NULL); /* the next line is a mistake: it is reported */
    if (hence_deferred_unpause(d) == -EINVAL)
        puts("once more is an error");
    hence_deferred_unref(d);
    return EXIT_SUCCESS;
}

static hence_result show(hence_result *in, void *arg)
{
    (void)arg;
    printf("the step has %" PRId64 "\n", hence_as_int(in));
    return hence_take(in);
}

static void no_report(const hence_report *report, void *arg)
{
    (void)report;
    (void)arg;
}
