/* SPDX-License-Identifier: BSD-3-Clause */
/* Results in a few letters, for traces. */
#include <stdarg.h>
#include <string.h>

#include "support.h"

/* A text that is cut where there is no more room. */
struct text {
    char *at;
    size_t room;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text->at, text->room, fmt, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n < text->room ? (size_t)n : text->room - 1;
    text->at += used;
    text->room -= used;
}

static void put_failure(struct text *text, const hence_failure *f, int depth)
{
    static const char *const texts[] = {"nomem",   "cancelled", "abandoned", "deadlock", "taken",
                                        "pending", "stopped",   "closed",    "invalid",  "timedout",
                                        "failed",  "first",     "group",     "end",      "full",
                                        "died",    "shutdown",  "broken"};
    const char *message = hence_failure_message(f);
    int code = hence_failure_code(f);
    if (hence_failure_domain(f) == &hence_domain_hence && code >= HENCE_ENOMEM &&
        code <= HENCE_EBROKEN &&
        /* what was wrong about a call is told in many words, which have tests of their own */
        (code == HENCE_EINVAL || !strcmp(message, hence_domain_hence.describe(code))))
        message = texts[code - HENCE_ENOMEM];
    put(text, "%s", message);
    if (hence_failure_index(f) != SIZE_MAX) {
        put(text, "(%zu:", hence_failure_index(f));
        if (depth)
            put_failure(text, hence_failure_cause(f), depth - 1);
        put(text, depth ? ")" : "...)");
    }
    if (hence_failure_count(f))
        put(text, "{");
    for (size_t i = 0; i < hence_failure_count(f) && depth && text->room > 1; i++) {
        put(text, i ? "," : "");
        put_failure(text, hence_failure_member(f, i), depth - 1);
    }
    if (hence_failure_count(f))
        put(text, depth ? "}" : "...}");
}

static void put_result(struct text *text, const hence_result *r, int depth)
{
    const hence_list *list = hence_as_list(r);
    const hence_winner *winner = hence_as_winner(r);
    const char *shared = r->kind == HENCE_KIND_SHARED ? "shared" : "";
    if (hence_is_failure(r)) {
        put_failure(text, hence_as_failure(r), depth);
    } else if (hence_is_none(r)) {
        put(text, "none");
    } else if (hence_is_int(r)) {
        put(text, "%lld", (long long)hence_as_int(r));
    } else if (hence_is_real(r)) {
        put(text, "%g", hence_as_real(r));
    } else if (list) {
        put(text, "%s[", shared);
        for (size_t i = 0; i < hence_list_size(list) && depth && text->room > 1; i++) {
            put(text, i ? "," : "");
            put_result(text, hence_list_at(list, i), depth - 1);
        }
        put(text, depth ? "]" : "...]");
    } else if (winner) {
        put(text, "%swinner(%zu:", shared, winner->index);
        if (depth)
            put_result(text, &winner->result, depth - 1);
        put(text, depth ? ")" : "...)");
    } else if (hence_as_hold(r)) {
        put(text, hence_hold_holds(hence_as_hold(r)) ? "hold" : "spent");
    } else if (*shared) {
        put(text, "shared");
    } else if (hence_as(r, payload_destroy)) {
        put(text, "payload");
    } else {
        put(text, hence_is_ptr(r) ? "ptr" : "chain");
    }
}

const char *describe(const hence_result *r)
{
    static char texts[8][256];
    static unsigned turn;
    char *out = texts[turn++ % 8];
    put_result(&(struct text){out, sizeof texts[0]}, r, 2);
    return out;
}
