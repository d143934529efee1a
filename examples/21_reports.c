/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What nobody can be told: a failure that was let go unseen, a call that made no sense. Both are
 * reported, to stderr unless the program says where; a loop may have a handler of its own.
 *
 *     cc 21_reports.c $(pkg-config --cflags --libs hence) && ./a.out
 *     our handler: ... the disk is full [errno 28 at ...]
 *         made at 21_reports.c:47
 *     our handler: ...
 *     the loop's handler: ... nobody is listening [errno 32 at ...]
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>

static void lose_a_failure(void);
static void make_a_mistake(void);
static void lose_a_future(hence_loop *loop);
static void handle_report(const hence_report *report, void *arg);

int main(void)
{
    static char ours[] = "our handler", loops[] = "the loop's handler";

    //! [report-handler]
    hence_set_report_handler(handle_report, ours); /* for this thread */
    //! [report-handler]
    lose_a_failure();
    make_a_mistake();

    hence_loop *loop = hence_loop_new(NULL);
    //! [exception-handler]
    if (hence_loop_set_exception_handler(loop, handle_report, loops) < 0)
        return EXIT_FAILURE;
    //! [exception-handler]
    lose_a_future(loop);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [unhandled]
static void lose_a_failure(void)
{
    hence_deferred *d = hence_deferred_fail(hence_fail_errno(ENOSPC, "the disk is full"));
    hence_deferred_unref(d); /* nobody has looked at it: reported now */
}
//! [unhandled]

static void make_a_mistake(void)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new(&promise);
    hence_resolve(promise, hence_int(1));
    if (hence_resolve(promise, hence_int(2)) != -EALREADY) /* a promise ends once: reported */
        puts("that should not have worked");
    hence_deferred_unref(d);
}

static void lose_a_future(hence_loop *loop)
{
    hence_promise *promise;
    hence_future *f = hence_future_new(loop, &promise);
    hence_resolve(promise, hence_fail_errno(EPIPE, "nobody is listening"));
    hence_future_unref(f);
}

//! [handler]
static void handle_report(const hence_report *report, void *arg)
{
    const char *whose = arg;
    printf("%s: ", whose);
    if (report->kind == HENCE_REPORT_MISUSE)
        printf("a mistake of the program: %s\n", report->message);
    else
        hence_report_print(report, stdout); /* the message, the failure, and the birth lines */
}
//! [handler]
