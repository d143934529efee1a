/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Failures: immutable, counted, with their causes behind them.
 *
 * The count is atomic, because a failure may be handed to another thread while this one keeps a
 * reference; letting go of the only reference needs no atomic write. The failures that the library
 * makes where it must not allocate exist from the start: their count is not kept.
 */
#include "value/failure.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"
#include "base/report.h"

#define STATIC_COUNT UINT32_MAX

struct hence_failure {
    _Atomic uint32_t count; /* of references; STATIC_COUNT for those that exist for ever */
    int code;
    const hence_domain *domain;
    hence_failure *cause;
    const char *site;
    size_t length; /* of the message, without its final 0 */
    char *message; /* stands behind this structure */
};

static const char *describe_hence(int code)
{
    switch ((hence_error)code) {
    case HENCE_ENOMEM:
        return "out of memory";
    case HENCE_ECANCELLED:
        return "cancelled";
    case HENCE_EABANDONED:
        return "abandoned: the promise was let go without a result";
    case HENCE_EDEADLK:
        return "deadlock: it waits for itself";
    case HENCE_ETAKEN:
        return "the result was taken by another consumer";
    case HENCE_EPENDING:
        return "there is no result yet";
    case HENCE_ESTOPPED:
        return "the loop stopped before the result came";
    case HENCE_ECLOSED:
        return "the loop is closed";
    case HENCE_EINVAL:
        return "not something that can be used here";
    case HENCE_ETIMEDOUT:
        return "timed out";
    case HENCE_EFAILED:
        return "failed";
    }
    return "unknown failure";
}

static const char *describe_errno(int code)
{
    const char *text = strerrordesc_np(code);
    return text ? text : "unknown error";
}

const hence_domain hence_domain_hence = {.name = "hence", .describe = describe_hence};
const hence_domain hence_domain_errno = {.name = "errno", .describe = describe_errno};

#define STATIC_FAILURE(which)                                                                      \
    [(which)-HENCE_ENOMEM] = {.count = STATIC_COUNT, .code = (which), .domain = &hence_domain_hence}

static hence_failure static_failures[] = {
    STATIC_FAILURE(HENCE_ENOMEM),     STATIC_FAILURE(HENCE_ECANCELLED),
    STATIC_FAILURE(HENCE_EABANDONED), STATIC_FAILURE(HENCE_EDEADLK),
    STATIC_FAILURE(HENCE_ETAKEN),     STATIC_FAILURE(HENCE_EPENDING),
    STATIC_FAILURE(HENCE_ESTOPPED),   STATIC_FAILURE(HENCE_ECLOSED),
    STATIC_FAILURE(HENCE_EINVAL),     STATIC_FAILURE(HENCE_ETIMEDOUT),
    STATIC_FAILURE(HENCE_EFAILED),
};

static hence_result failure_result(hence_failure *failure)
{
    return (hence_result){HENCE_KIND_FAILURE, (uint64_t)(uintptr_t)failure};
}

hence_result hence_fail_static(hence_error code)
{
    if (code < HENCE_ENOMEM || code > HENCE_EFAILED)
        code = HENCE_EINVAL;
    return failure_result(&static_failures[code - HENCE_ENOMEM]);
}

hence_result hence_fail_with(hence_failure *failure)
{
    return failure ? failure_result(failure) : hence_fail_static(HENCE_ENOMEM);
}

/* ---- made ---- */

static size_t failure_size(size_t length)
{
    return sizeof(hence_failure) + length + 1;
}

static hence_failure *failure_new(size_t length, const char *site, const hence_domain *domain,
                                  hence_failure *cause, int code)
{
    hence_failure *failure = hence_memory_get(failure_size(length));
    if (!failure) {
        hence_failure_unref(cause);
        return NULL;
    }
    HENCE_COUNT(FAILURES_MADE);
    atomic_init(&failure->count, 1);
    failure->code = code;
    failure->domain = domain;
    failure->cause = cause;
    failure->site = site;
    failure->length = length;
    failure->message = (char *)(failure + 1);
    failure->message[length] = '\0';
    return failure;
}

__attribute__((format(printf, 5, 0))) static hence_result fail(const char *site,
                                                               const hence_domain *domain,
                                                               hence_failure *cause, int code,
                                                               const char *fmt, va_list args)
{
    if (!fmt || !strchr(fmt, '%')) { /* the most common messages need no formatting */
        size_t length = fmt ? strlen(fmt) : 0;
        hence_failure *failure = failure_new(length, site, domain, cause, code);
        if (failure && length)
            memcpy(failure->message, fmt, length);
        return hence_fail_with(failure);
    }
    char text[256];
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(text, sizeof text, fmt, args);
    if (length < 0)
        length = 0; /* a message that cannot be formatted is no reason to lose the failure */
    hence_failure *failure = failure_new((size_t)length, site, domain, cause, code);
    if (failure && (size_t)length < sizeof text)
        memcpy(failure->message, text, (size_t)length);
    else if (failure)
        vsnprintf(failure->message, (size_t)length + 1, fmt, again);
    va_end(again);
    return hence_fail_with(failure);
}

hence_result hence_fail_at(const char *site, int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    hence_result r = fail(site, &hence_domain_hence, NULL, code, fmt, args);
    va_end(args);
    return r;
}

hence_result hence_fail_errno_at(const char *site, int err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    hence_result r = fail(site, &hence_domain_errno, NULL, err, fmt, args);
    va_end(args);
    return r;
}

hence_result hence_fail_because_at(const char *site, hence_failure *cause, int code,
                                   const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    hence_result r = fail(site, &hence_domain_hence, cause, code, fmt, args);
    va_end(args);
    return r;
}

hence_result hence_fail_in_at(const char *site, const hence_domain *domain, hence_failure *cause,
                              int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    hence_result r = fail(site, domain ? domain : &hence_domain_hence, cause, code, fmt, args);
    va_end(args);
    return r;
}

/* ---- held ---- */

hence_failure *hence_failure_ref(const hence_failure *lent)
{
    hence_failure *failure = (hence_failure *)(uintptr_t)lent;
    if (failure && atomic_load_explicit(&failure->count, memory_order_relaxed) != STATIC_COUNT)
        atomic_fetch_add_explicit(&failure->count, 1, memory_order_relaxed);
    return failure;
}

/* Lets one reference go; was it the last? */
static bool let_go(hence_failure *failure)
{
    uint32_t count = atomic_load_explicit(&failure->count, memory_order_acquire);
    if (count == STATIC_COUNT)
        return false;
    return count == 1 || atomic_fetch_sub_explicit(&failure->count, 1, memory_order_acq_rel) == 1;
}

hence_failure *hence_failure_unref(hence_failure *failure)
{
    while (failure && let_go(failure)) {
        hence_failure *cause = failure->cause;
        HENCE_COUNT(FAILURES_ENDED);
        hence_memory_put(failure, failure_size(failure->length));
        failure = cause;
    }
    return NULL;
}

/* ---- looked at ---- */

const hence_domain *hence_failure_domain(const hence_failure *failure)
{
    return failure ? failure->domain : NULL;
}

int hence_failure_code(const hence_failure *failure)
{
    return failure ? failure->code : 0;
}

const char *hence_failure_message(const hence_failure *failure)
{
    if (!failure)
        return "no failure";
    if (failure->length)
        return failure->message;
    return failure->domain->describe ? failure->domain->describe(failure->code) : "failure";
}

const hence_failure *hence_failure_cause(const hence_failure *failure)
{
    return failure ? failure->cause : NULL;
}

const char *hence_failure_site(const hence_failure *failure)
{
    return failure ? failure->site : NULL;
}

const hence_failure *hence_failure_find(const hence_failure *failure, const hence_domain *domain,
                                        int code)
{
    while (failure && !(failure->code == code && failure->domain == domain))
        failure = failure->cause;
    return failure;
}

bool hence_failure_is_cancelled(const hence_failure *failure)
{
    return failure->code == HENCE_ECANCELLED && failure->domain == &hence_domain_hence;
}

bool hence_is_failure_of(const hence_result *in, const hence_domain *domain, int code)
{
    const hence_failure *failure = hence_as_failure(in);
    return failure && failure->code == code && failure->domain == domain;
}

bool hence_is_cancelled(const hence_result *in)
{
    return hence_is_failure_of(in, &hence_domain_hence, HENCE_ECANCELLED);
}

/* ---- printed ---- */

/* One failure, without its causes, as snprintf() does it. */
static int describe_one(const hence_failure *failure, char *buffer, size_t size)
{
    const char *separator = failure->cause ? ": " : "";
    if (failure->site)
        return snprintf(buffer, size, "%s [%s %d at %s]%s", hence_failure_message(failure),
                        failure->domain->name, failure->code, failure->site, separator);
    return snprintf(buffer, size, "%s [%s %d]%s", hence_failure_message(failure),
                    failure->domain->name, failure->code, separator);
}

size_t hence_failure_describe(const hence_failure *failure, char *buffer, size_t size)
{
    size_t length = 0;
    if (size)
        buffer[0] = '\0';
    for (; failure; failure = failure->cause) {
        size_t room = length < size ? size - length : 0;
        int n = describe_one(failure, room ? buffer + length : NULL, room);
        length += n > 0 ? (size_t)n : 0;
    }
    return length;
}

void hence_failure_print(const hence_failure *failure, FILE *out)
{
    for (; failure; failure = failure->cause) {
        fprintf(out, "%s [%s %d", hence_failure_message(failure), failure->domain->name,
                failure->code);
        if (failure->site)
            fprintf(out, " at %s", failure->site);
        fputs(failure->cause ? "]: " : "]", out);
    }
}

static void print_report(const hence_report *report, FILE *out)
{
    fprintf(out, "hence: %s: ", report->message);
    hence_failure_print(report->failure, out);
    fputc('\n', out);
    if (report->made)
        fprintf(out, "    made at %s\n", report->made);
}

void hence_report_failure(hence_report_kind kind, const char *message, const hence_failure *failure,
                          const char *made, hence_loop *loop, hence_report_handler *handler,
                          void *arg)
{
    hence_report report = {
        .kind = kind,
        .message = message,
        .failure = failure,
        .made = made,
        .loop = loop,
        .print = print_report,
    };
    hence_report_send(&report, handler, arg);
}
