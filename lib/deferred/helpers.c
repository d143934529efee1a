/* SPDX-License-Identifier: BSD-3-Clause */
/* Deferreds for functions that may have the result at once, and steps that are always useful. */
#include <errno.h>

#include "deferred/deferred.h"
#include "value/failure.h"

hence_deferred *hence_maybe_deferred_at(const char *site, hence_result_fn *fn, void *arg)
{
    if (!fn)
        return hence_execute_at(site, fn, arg);
    hence_result r = fn(arg);
    if (hence_is_chain(&r) && hence_deferred_is(hence_chained(&r)))
        return hence_deferred_of(hence_chained(&r));
    return hence_deferred_succeed_at(site, r);
}

hence_deferred *hence_execute_at(const char *site, hence_result_fn *fn, void *arg)
{
    return hence_deferred_succeed_at(
        site, fn ? fn(arg) : hence_refuse_at(site, "there is no function to call"));
}

hence_result hence_passthru(hence_result *in, void *arg)
{
    (void)arg;
    return hence_take(in);
}

hence_result hence_log_error(hence_result *in, void *message)
{
    const hence_failure *failure = hence_as_failure(in);
    if (failure) {
        hence_report report = {
            .kind = HENCE_REPORT_LOGGED,
            .message = message ? message : "a failure",
            .failure = failure,
        };
        hence_report_failure(&report, NULL, NULL);
    }
    return hence_take(in);
}
