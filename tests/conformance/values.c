/* SPDX-License-Identifier: BSD-3-Clause */
#include "conformance/values.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/ledger.h"

const char *const sites[SLOTS] = {"0", "1", "2", "3", "4", "5", "6", "7"};

/* ---- values: the even ones own memory ---- */

static int boxes;
static const hence_domain domain = {"conformance", NULL};

static void destroy_box(void *box)
{
    boxes--;
    free(box);
}

hence_result value(int number)
{
    if (number % 2)
        return hence_int(number);
    int *box = malloc(sizeof *box);
    if (!box)
        abort();
    *box = number;
    boxes++;
    return hence_own(box, destroy_box);
}

hence_result failure(int number)
{
    return hence_fail_in(&domain, NULL, number, NULL);
}

/* ---- text ---- */

char text[4096];

void write_text(const char *fmt, ...)
{
    size_t length = strlen(text);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text + length, sizeof text - length, fmt, args);
    va_end(args);
}

static bool has_code(const hence_failure *f, int code)
{
    return hence_failure_domain(f) == &hence_domain_hence && hence_failure_code(f) == code;
}

/* Of the failure of one of several, or of several: it counts as cancelled if what is in it does. */
static void check_code(const hence_failure *f, bool is_cancelled)
{
    if (is_cancelled != has_code(f, HENCE_ECANCELLED))
        write_text("-code-%d", hence_failure_code(f));
}

static void write_first(const hence_failure *f)
{
    const hence_failure *cause = hence_failure_cause(f);
    write_text("first%zu:", hence_failure_index(f));
    write_failure(cause);
    check_code(f, has_code(cause, HENCE_ECANCELLED));
}

static void write_group(const hence_failure *f)
{
    bool all_cancelled = true;
    write_text("group");
    for (size_t i = 0; i < hence_failure_count(f); i++) {
        const hence_failure *member = hence_failure_member(f, i);
        all_cancelled = all_cancelled && has_code(member, HENCE_ECANCELLED);
        write_text(i ? "," : "(");
        write_failure(member);
    }
    write_text(")");
    check_code(f, all_cancelled);
}

void write_failure(const hence_failure *f)
{
    static const char *const names[] = {
        "no-memory", "cancelled", "abandoned", "deadlock", "taken", "pending", "stopped",
        "closed",    "invalid",   "timeout",   "failed",   "first", "group",   "end",
    };
    if (hence_failure_domain(f) == &domain)
        write_text("f%d", hence_failure_code(f));
    else if (hence_failure_index(f) != SIZE_MAX)
        write_first(f);
    else if (hence_failure_count(f))
        write_group(f);
    else
        write_text("%s", names[hence_failure_code(f) - HENCE_ENOMEM]);
}

static void write_list(const hence_list *list)
{
    write_text("[");
    for (size_t i = 0; i < hence_list_size(list); i++) {
        write_text("%s", i ? "," : "");
        write_result(hence_list_at(list, i));
    }
    write_text("]");
}

void write_result(const hence_result *r)
{
    const hence_failure *f = hence_as_failure(r);
    const hence_list *list = hence_as_list(r);
    const hence_winner *winner = hence_as_winner(r);
    const hence_completion *completion = hence_as_completion(r);
    const int *box = hence_as(r, destroy_box);
    if (f) {
        write_failure(f);
    } else if (list) {
        write_list(list);
    } else if (winner) {
        write_text("winner%zu:", winner->index);
        write_result(&winner->result);
    } else if (completion) {
        write_text("at%zu", completion->index);
    } else if (hence_is_none(r)) {
        write_text("none");
    } else {
        write_text("%d", box ? *box : (int)hence_as_int(r));
    }
}

void trace_result(int number, const hence_result *r)
{
    text[0] = '\0';
    write_text("%d:", number);
    write_result(r);
    trace("%s", text);
}

/* ---- the end ---- */

void trace_slots(const char *word, const bool *are_so)
{
    trace("%s", word);
    for (int i = 0; i < SLOTS; i++) {
        if (are_so[i])
            trace("%d", i);
    }
}

void check_balance(void)
{
    /* not BLOCKS: of those that the cache holds only the making is counted */
    for (int i = HENCE_FAILURES_MADE; i < HENCE_COUNTERS; i += 2) {
        long made = atomic_exchange(&hence_ledger[i], 0);
        long ended = atomic_exchange(&hence_ledger[i + 1], 0);
        if (made != ended)
            trace("ledger-%d-made-%ld-ended-%ld", i, made, ended);
    }
    if (boxes)
        trace("values-left-%d", boxes);
    boxes = 0;
}
