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
    union {
        const char *site;
        hence_failure *doomed; /* the next one to be freed */
    };
    union {
        size_t place; /* among the inputs of a combinator, plus 1; 0 if it was not one of several */
        size_t members; /* of a group */
    };
    uint32_t length; /* of the room for the message, without its final 0 */
    bool is_group;   /* its members stand behind this structure; and then, for all, the message */
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
        return "stopped before the result came";
    case HENCE_ECLOSED:
        return "the loop is closed";
    case HENCE_EINVAL:
        return "not something that can be used here";
    case HENCE_ETIMEDOUT:
        return "timed out";
    case HENCE_EFAILED:
        return "failed";
    case HENCE_EFIRST:
        return "one of several failed";
    case HENCE_EGROUP:
        return "several failed";
    case HENCE_EEND:
        return "there is no further one";
    case HENCE_EFULL:
        return "there is no room for it now";
    case HENCE_EDIED:
        return "the thread that was at it has ended";
    case HENCE_ESHUTDOWN:
        return "it was shut down";
    case HENCE_EBROKEN:
        return "it is broken";
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
    STATIC_FAILURE(HENCE_EFAILED),    STATIC_FAILURE(HENCE_EFIRST),
    STATIC_FAILURE(HENCE_EGROUP),     STATIC_FAILURE(HENCE_EEND),
    STATIC_FAILURE(HENCE_EFULL),      STATIC_FAILURE(HENCE_EDIED),
    STATIC_FAILURE(HENCE_ESHUTDOWN),  STATIC_FAILURE(HENCE_EBROKEN),
};

static hence_result failure_result(hence_failure *failure)
{
    return (hence_result){HENCE_KIND_FAILURE, (uint64_t)(uintptr_t)failure};
}

hence_result hence_fail_static(hence_error code)
{
    if (code < HENCE_ENOMEM || code > HENCE_EBROKEN)
        code = HENCE_EINVAL;
    return failure_result(&static_failures[code - HENCE_ENOMEM]);
}

hence_result hence_fail_with(hence_failure *failure)
{
    return failure ? failure_result(failure) : hence_fail_static(HENCE_ENOMEM);
}

/* ---- made ---- */

static size_t failure_size(size_t members, size_t length)
{
    return sizeof(hence_failure) + members * sizeof(hence_failure *) + length + 1;
}

static size_t members_of(const hence_failure *failure)
{
    return failure->is_group ? failure->members : 0;
}

static hence_failure **member_of(const hence_failure *group, size_t i)
{
    return (hence_failure **)(uintptr_t)(group + 1) + i;
}

static char *message_of(const hence_failure *failure)
{
    return (char *)member_of(failure, members_of(failure));
}

/* Room for `members` more and a message of that length, everything else filled in; or NULL. */
static hence_failure *failure_make(bool is_group, size_t members, size_t length, const char *site,
                                   int code)
{
    if (members > SIZE_MAX / 16 || length > UINT32_MAX / 2)
        return NULL;
    hence_failure *failure = hence_memory_get(failure_size(members, length));
    if (!failure)
        return NULL;
    HENCE_COUNT(FAILURES_MADE);
    atomic_init(&failure->count, 1);
    failure->code = code;
    failure->domain = &hence_domain_hence;
    failure->cause = NULL;
    failure->site = site;
    failure->members = members;
    failure->length = (uint32_t)length;
    failure->is_group = is_group;
    for (size_t i = 0; i < members; i++)
        *member_of(failure, i) = NULL;
    message_of(failure)[length] = '\0';
    return failure;
}

static hence_failure *failure_new(size_t length, const char *site, const hence_domain *domain,
                                  hence_failure *cause, int code)
{
    hence_failure *failure = failure_make(false, 0, length, site, code);
    if (!failure) {
        hence_failure_unref(cause);
        return NULL;
    }
    failure->domain = domain;
    failure->cause = cause;
    return failure;
}

hence_failure *hence_failure_new_first(const char *site)
{
    return failure_make(false, 0, 0, site, HENCE_EFIRST);
}

hence_failure *hence_failure_complete_first(hence_failure *first, size_t index,
                                            hence_failure *cause)
{
    first->place = index + 1;
    first->cause = cause;
    if (hence_failure_is_cancelled(cause))
        first->code = HENCE_ECANCELLED;
    return first;
}

hence_failure *hence_failure_new_group(const char *site, size_t members)
{
    return failure_make(true, members, 0, site, HENCE_EGROUP);
}

void hence_failure_add_member(hence_failure *group, size_t i, hence_failure *member)
{
    *member_of(group, i) = member;
}

hence_failure *hence_failure_grow_group(hence_failure *group, size_t members)
{
    hence_failure *grown = hence_failure_new_group(group->site, members);
    if (!grown)
        return NULL;
    for (size_t i = 0; i < group->members; i++) {
        *member_of(grown, i) = *member_of(group, i);
        *member_of(group, i) = NULL;
    }
    hence_failure_unref(group);
    return grown;
}

/* The room of the others becomes that of the message, so that its size stays known; the message is still
 * empty. */
void hence_failure_shrink_group(hence_failure *group, size_t members)
{
    group->length += (uint32_t)((group->members - members) * sizeof(hence_failure *));
    group->members = members;
    *message_of(group) = '\0';
}

hence_failure *hence_failure_complete_group(hence_failure *group)
{
    size_t cancelled = 0;
    for (size_t i = 0; i < group->members; i++)
        cancelled += hence_failure_is_cancelled(*member_of(group, i));
    if (cancelled == group->members)
        group->code = HENCE_ECANCELLED;
    return group;
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
            memcpy(message_of(failure), fmt, length);
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
        memcpy(message_of(failure), text, (size_t)length);
    else if (failure)
        vsnprintf(message_of(failure), (size_t)length + 1, fmt, again);
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

hence_result hence_refuse_at(const char *site, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    hence_result r = fail(site, &hence_domain_hence, NULL, HENCE_EINVAL, fmt, args);
    va_end(args);
    if (!hence_is_failure_of(&r, &hence_domain_hence, HENCE_ENOMEM))
        return r;
    hence_drop(r);
    return hence_fail_static(HENCE_EINVAL);
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

/* Puts it on the list of those that are to be freed, if nobody has it any more. */
static void let_go_to(hence_failure *failure, hence_failure **doomed)
{
    if (failure && let_go(failure)) {
        failure->doomed = *doomed;
        *doomed = failure;
    }
}

hence_failure *hence_failure_unref(hence_failure *failure)
{
    hence_failure *doomed = NULL;
    let_go_to(failure, &doomed);
    while (doomed) {
        hence_failure *gone = doomed;
        doomed = gone->doomed;
        let_go_to(gone->cause, &doomed);
        for (size_t i = 0; i < members_of(gone); i++)
            let_go_to(*member_of(gone, i), &doomed);
        HENCE_COUNT(FAILURES_ENDED);
        hence_memory_put(gone, failure_size(members_of(gone), gone->length));
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
    if (failure->length && *message_of(failure))
        return message_of(failure);
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

size_t hence_failure_index(const hence_failure *failure)
{
    return failure && !failure->is_group ? failure->place - 1 : SIZE_MAX;
}

size_t hence_failure_count(const hence_failure *failure)
{
    return failure ? members_of(failure) : 0;
}

const hence_failure *hence_failure_member(const hence_failure *failure, size_t i)
{
    return i < hence_failure_count(failure) ? *member_of(failure, i) : NULL;
}

/* How deep groups within groups are looked into, and printed, and how many members are printed. */
#define GROUP_DEPTH   8
#define GROUP_PRINTED 20

static const hence_failure *find(const hence_failure *failure, const hence_domain *domain, int code,
                                 int depth)
{
    for (; failure; failure = failure->cause) {
        if (failure->code == code && failure->domain == domain)
            return failure;
        for (size_t i = 0; depth < GROUP_DEPTH && i < members_of(failure); i++) {
            const hence_failure *found = find(*member_of(failure, i), domain, code, depth + 1);
            if (found)
                return found;
        }
    }
    return NULL;
}

const hence_failure *hence_failure_find(const hence_failure *failure, const hence_domain *domain,
                                        int code)
{
    return find(failure, domain, code, 0);
}

bool hence_failure_is_cancelled(const hence_failure *failure)
{
    return failure->code == HENCE_ECANCELLED && failure->domain == &hence_domain_hence;
}

static bool is_of_closing(const hence_failure *failure, int depth)
{
    if (!failure || failure->domain != &hence_domain_hence)
        return false;
    if (failure->code == HENCE_ECLOSED || failure->code == HENCE_ECANCELLED)
        return true;
    if (failure->code == HENCE_EFIRST)
        return depth < GROUP_DEPTH && is_of_closing(failure->cause, depth + 1);
    if (failure->code != HENCE_EGROUP || !members_of(failure) || depth >= GROUP_DEPTH)
        return false;
    for (size_t i = 0; i < members_of(failure); i++) {
        if (!is_of_closing(*member_of(failure, i), depth + 1))
            return false;
    }
    return true;
}

bool hence_failure_is_of_closing(const hence_failure *failure)
{
    return is_of_closing(failure, 0);
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

/* Where the text goes: a file, or a buffer that may be too short. */
struct text {
    FILE *out;
    char *buffer;
    size_t size, length;
};

static void put(struct text *text, const char *s)
{
    size_t length = strlen(s);
    if (text->out) {
        fputs(s, text->out);
    } else if (text->length + 1 < text->size) {
        size_t room = text->size - text->length - 1;
        size_t part = length < room ? length : room;
        memcpy(text->buffer + text->length, s, part);
        text->buffer[text->length + part] = '\0';
    }
    text->length += length;
}

static void put_number(struct text *text, const char *before, long long number)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", number);
    put(text, before);
    put(text, digits);
}

static void put_failure(struct text *text, const hence_failure *failure, int depth);

static void put_members(struct text *text, const hence_failure *group, int depth)
{
    if (depth >= GROUP_DEPTH && group->is_group) {
        put_number(text, ": a group of ", (long long)group->members);
        return;
    }
    for (size_t i = 0; i < members_of(group); i++) {
        if (i == GROUP_PRINTED) {
            put_number(text, "; and ", (long long)(members_of(group) - i));
            put(text, " more");
            return;
        }
        put_number(text, i ? "; (" : ": (", (long long)i);
        put(text, ") ");
        put_failure(text, *member_of(group, i), depth + 1);
    }
}

static void put_failure(struct text *text, const hence_failure *failure, int depth)
{
    for (; failure; failure = failure->cause) {
        put(text, hence_failure_message(failure));
        if (hence_failure_index(failure) != SIZE_MAX)
            put_number(text, ", input ", (long long)hence_failure_index(failure));
        put(text, " [");
        put(text, failure->domain->name);
        put_number(text, " ", failure->code);
        if (failure->site) {
            put(text, " at ");
            put(text, failure->site);
        }
        put(text, "]");
        put_members(text, failure, depth);
        if (failure->cause)
            put(text, ": ");
    }
}

size_t hence_failure_describe(const hence_failure *failure, char *buffer, size_t size)
{
    struct text text = {.buffer = buffer, .size = size};
    if (size)
        buffer[0] = '\0';
    put_failure(&text, failure, 0);
    return text.length;
}

void hence_failure_print(const hence_failure *failure, FILE *out)
{
    put_failure(&(struct text){.out = out}, failure, 0);
}

static void print_report(const hence_report *report, FILE *out)
{
    fprintf(out, "hence: %s: ", report->message);
    hence_failure_print(report->failure, out);
    fputc('\n', out);
    hence_report_print_sites(report, out);
}

void hence_report_failure(const hence_report *report, hence_report_handler *handler, void *arg)
{
    hence_report printable = *report;
    printable.print = print_report;
    hence_report_send(&printable, handler, arg);
}

void hence_report_unhandled(const hence_failure *failure, const char *message, const char *made)
{
    if (!failure || hence_failure_is_cancelled(failure))
        return;
    const hence_report report = {
        .kind = HENCE_REPORT_UNHANDLED,
        .message = message,
        .failure = failure,
        .made = made,
    };
    hence_report_failure(&report, NULL, NULL);
}
