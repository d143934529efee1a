/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs that a loop does not want: from another thread, closed, or none at all. */
#include <string.h>

#include "exec/exec_support.h"

SUITE(executor_refused);

struct request {
    hence_loop *loop;
    hence_executor *executor;
    struct work work;
    bool as_future;
    hence_error code;
    bool has_none;
};

static hence_error code_of(hence_result r)
{
    const hence_failure *failure = hence_as_failure(&r);
    const hence_error code = (hence_error)hence_failure_code(failure);
    hence_drop(r);
    return code;
}

static void ask(void *arg)
{
    struct request *request = arg;
    if (request->as_future) {
        hence_future *f = hence_run_in_executor(request->loop, request->executor, work_number,
                                                &request->work, work_drop);
        request->has_none = !f;
        hence_future_unref(f);
        return;
    }
    hence_deferred *d = hence_defer_to_thread(request->loop, request->executor, work_number,
                                              &request->work, work_drop);
    request->has_none = !d;
    request->code = code_of(hence_deferred_take(d));
    hence_deferred_unref(d);
}

TEST(executor_refused, a_job_from_another_thread_than_the_loop_s_is_a_mistake)
{
    for (int i = 0; i < 4; i++) {
        hence_loop *loop = real_loop();
        hence_executor *executor = i & 1 ? pool(1, 0) : NULL;
        struct request request = {.loop = loop, .executor = executor, .as_future = i & 2};
        on_another_thread(ask, &request);
        check(had_report(HENCE_REPORT_WRONG_THREAD));
        if (request.as_future) {
            check(request.has_none);
        } else {
            check_int(request.code, HENCE_EINVAL);
            check(strstr(report_text(), "hence_defer_to_thread() on another thread"));
        }
        cr_assert_eq(request.work.dropped, 1);
        check_int(request.work.began, 0);
        end_pool(loop, executor);
        hence_loop_free(loop);
        forget_reports();
    }
}

TEST(executor_refused, a_job_for_a_closed_loop_or_for_none_fails)
{
    for (int i = 0; i < 4; i++) {
        hence_loop *loop = real_loop();
        hence_executor *executor = i & 1 ? hence_executor_new(NULL) : NULL;
        hence_loop_close(loop);
        struct request request = {.loop = i & 2 ? NULL : loop, .executor = executor};
        ask(&request);
        check_int(request.code, i & 2 ? HENCE_ENOMEM : HENCE_ECLOSED);
        cr_assert_eq(request.work.dropped, 1);
        check_int(request.work.began, 0);
        hence_executor_unref(executor);
        hence_loop_free(loop);
        forget_reports();
    }
}
