/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions that report through an error-first callback. */
#include <limits.h>

#include <hence/compose.h>

#include "base/memory.h"

struct hence_error_first {
    hence_promise *promise;
    const hence_domain *domain;
    hence_convert_fn *convert;
    void *arg;
};

hence_error_first *hence_error_first_new(hence_promise *p, const hence_domain *domain,
                                         hence_convert_fn *convert, void *arg)
{
    struct hence_error_first *call = hence_memory_get(sizeof *call);
    if (!call) {
        hence_resolve_at(NULL, p, hence_fail_static(HENCE_ENOMEM));
        return NULL;
    }
    *call = (struct hence_error_first){p, domain, convert, arg};
    return call;
}

static hence_result failure_of(const struct hence_error_first *call, int err)
{
    if (call->domain)
        return hence_fail_in(call->domain, NULL, err, NULL);
    return hence_fail_errno(err < 0 && err != INT_MIN ? -err : err, NULL);
}

static hence_result value_of(const struct hence_error_first *call, void *value)
{
    return call->convert ? call->convert(value, call->arg) : hence_ptr(value);
}

void hence_error_first_done(int err, void *value, void *error_first)
{
    struct hence_error_first *call = error_first;
    if (!call)
        return;
    hence_promise *promise = call->promise;
    hence_result r = err ? failure_of(call, err) : value_of(call, value);
    hence_memory_put(call, sizeof *call);
    hence_resolve_at(NULL, promise, r);
}

void hence_error_first_drop(hence_error_first *call)
{
    if (!call)
        return;
    hence_promise *promise = call->promise;
    hence_memory_put(call, sizeof *call);
    hence_abandon(promise);
}
