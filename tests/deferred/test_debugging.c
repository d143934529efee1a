/* SPDX-License-Identifier: BSD-3-Clause */
/* What Deferreds remember of who resolved them, and what reports tell of it. */
#include <errno.h>
#include <string.h>

#include "support.h"

SUITE(debugging);

/* Deferreds, made while debugging is on; it is off again afterwards. */
static hence_deferred *make(hence_promise **p)
{
    hence_set_debugging(true);
    hence_deferred *d = hence_deferred_new_at("made.c:1", p);
    hence_set_debugging(false);
    return d;
}

TEST(debugging, it_is_off_in_the_beginning_and_can_be_switched)
{
    check(!hence_get_debugging());
    hence_set_debugging(true);
    check(hence_get_debugging());
    hence_set_debugging(false);
    check(!hence_get_debugging());
}

TEST(debugging, without_it_a_Deferred_does_not_know_where_it_was_resolved)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_resolve(p, hence_int(7));
    check(!hence_deferred_resolved_site(d));
    check(!hence_deferred_resolved_site(NULL));
    hence_deferred_unref(d);
}

TEST(debugging, with_it_a_Deferred_knows_where_it_was_made_and_resolved)
{
    hence_promise *p;
    hence_deferred *d = make(&p);
    check(!hence_deferred_resolved_site(d));
    hence_resolve_at("resolved.c:2", p, hence_int(7));
    check_string(hence_deferred_site(d), "made.c:1");
    if (d && hence_deferred_resolved_site(d)) /* without memory it does not remember */
        check_string(hence_deferred_resolved_site(d), "resolved.c:2");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

TEST(debugging, the_line_is_that_of_the_call)
{
    hence_promise *p;
    hence_deferred *d = make(&p);
    hence_resolve(p, hence_int(7));
    const char *site = hence_deferred_resolved_site(d);
    check(site && strstr(site, "tests/deferred/test_debugging.c:"));
    hence_deferred_unref(d);
}

TEST(debugging, those_that_were_made_before_do_not_remember_and_those_made_meanwhile_do)
{
    hence_promise *p, *q;
    hence_deferred *before = hence_deferred_new(&p), *meanwhile = make(&q);
    hence_set_debugging(true);
    hence_resolve_at("resolved.c:2", p, hence_int(7));
    hence_set_debugging(false);
    hence_resolve_at("resolved.c:3", q, hence_int(8));
    check(!hence_deferred_resolved_site(before));
    check(hence_deferred_resolved_site(meanwhile));
    hence_deferred_unref(before);
    hence_deferred_unref(meanwhile);
}

TEST(debugging, one_that_fails_or_waits_knows_who_resolved_it_too)
{
    hence_promise *p, *q, *r;
    hence_deferred *failed = make(&p), *waits = make(&q), *inner = hence_deferred_new(&r);
    hence_resolve_at("resolved.c:2", p, failure("broken"));
    hence_resolve_at("resolved.c:3", q, hence_chain(inner));
    check_string(hence_deferred_resolved_site(failed), "resolved.c:2");
    check_string(hence_deferred_resolved_site(waits), "resolved.c:3");
    hence_resolve_at("resolved.c:4", r, hence_int(7));
    check_string(hence_deferred_resolved_site(waits), "resolved.c:3");
    hence_drop(hence_deferred_take(failed));
    hence_deferred_unref(failed);
    hence_deferred_unref(waits);
}

TEST(debugging, one_that_is_cancelled_or_abandoned_was_not_resolved)
{
    hence_promise *p, *q;
    hence_deferred *cancelled = make(&p), *abandoned = make(&q);
    hence_deferred_cancel(cancelled);
    hence_resolve_at("too_late.c:2", p, hence_int(7));
    hence_abandon(q);
    check(!hence_deferred_resolved_site(cancelled));
    check(!hence_deferred_resolved_site(abandoned));
    hence_drop(hence_deferred_take(abandoned));
    hence_deferred_unref(cancelled);
    hence_deferred_unref(abandoned);
}

TEST(debugging, remembering_and_binding_memory_go_together)
{
    hence_promise *p;
    hence_deferred *d = make(&p);
    if (hence_deferred_bind(d, payload_new(), payload_destroy) == 0)
        check_int(payloads_alive(), 1);
    hence_resolve_at("resolved.c:2", p, hence_int(7));
    check_string(hence_deferred_resolved_site(d), "resolved.c:2");
    check_string(hence_deferred_site(d), "made.c:1");
    hence_deferred_unref(d);
    check_int(payloads_alive(), 0);
}

TEST(debugging, it_costs_one_more_block_of_memory)
{
    hence_promise *p, *q;
    long before = blocks_alive();
    hence_deferred *d = hence_deferred_new(&p);
    long usual = blocks_alive() - before;
    hence_deferred *e = make(&q);
    check_int(blocks_alive() - before - usual, usual + 1);
    hence_resolve(p, hence_none());
    hence_resolve(q, hence_none());
    hence_deferred_unref(d);
    hence_deferred_unref(e);
}

/* ---- what reports tell ---- */

struct kept {
    hence_report_kind kind;
    char made[64], resolved[64], here[64];
};

static void copy(char *to, const char *from)
{
    snprintf(to, 64, "%s", from ? from : "none");
}

static void keep_sites(const hence_report *report, void *arg)
{
    struct kept *kept = arg;
    kept->kind = report->kind;
    copy(kept->made, report->made);
    copy(kept->resolved, report->resolved);
    copy(kept->here, report->here);
}

static hence_result some_result(bool fails)
{
    return fails ? failure("broken") : hence_int(7);
}

/* rules 5 and 6: a second result, in all four combinations */
TEST(debugging, a_second_result_tells_where_it_was_made_resolved_and_resolved_again)
{
    for (int i = 0; i < 4; i++) {
        struct kept kept = {0};
        hence_promise *p;
        hence_deferred *d = make(&p);
        hence_deferred_add_errback(d, swallow, "d");
        hence_resolve_at("resolved.c:2", p, some_result(i & 1));
        hence_set_report_handler(keep_sites, &kept);
        if (d)
            check_int(hence_resolve_at("again.c:3", p, some_result(i & 2)), -EALREADY);
        keep_reports();
        check_int(kept.kind, HENCE_REPORT_MISUSE);
        check_string(kept.made, "made.c:1");
        check_string(kept.resolved, "resolved.c:2");
        check_string(kept.here, "again.c:3");
        hence_deferred_unref(d);
    }
    check_trace("d:broken d:broken");
}

/* rule 6 */
TEST(debugging, without_it_a_second_result_tells_where_it_was_made_and_resolved_again)
{
    struct kept kept = {0};
    hence_promise *p;
    hence_deferred *d = hence_deferred_new_at("made.c:1", &p);
    hence_resolve_at("resolved.c:2", p, hence_int(7));
    hence_set_report_handler(keep_sites, &kept);
    if (d)
        check_int(hence_resolve_at("again.c:3", p, payload()), -EALREADY);
    keep_reports();
    check_int(payloads_alive(), 0);
    check_string(kept.made, "made.c:1");
    check_string(kept.resolved, "none");
    check_string(kept.here, "again.c:3");
    hence_deferred_unref(d);
}

TEST(debugging, a_failure_that_nobody_handled_tells_where_it_was_resolved)
{
    struct kept kept = {0};
    hence_promise *p;
    hence_deferred *d = make(&p);
    hence_resolve_at("resolved.c:2", p, failure("broken"));
    hence_set_report_handler(keep_sites, &kept);
    hence_deferred_unref(d);
    keep_reports();
    check_int(kept.kind, HENCE_REPORT_UNHANDLED);
    check_string(kept.made, "made.c:1");
    check_string(kept.resolved, "resolved.c:2");
    check_string(kept.here, "none");
}

TEST(debugging, a_printed_report_has_a_line_for_each_of_them)
{
    hence_promise *p;
    hence_deferred *d = make(&p);
    hence_resolve_at("resolved.c:2", p, hence_int(7));
    if (d)
        hence_resolve_at("again.c:3", p, hence_int(8));
    check(had_report(HENCE_REPORT_MISUSE));
    check(strstr(report_text(), "\n    made at made.c:1\n    resolved at resolved.c:2\n"
                                "    now at again.c:3\n"));
    hence_deferred_unref(d);
}

TEST(debugging, one_that_another_resolves_tells_where_that_was_resolved)
{
    struct kept kept = {0};
    hence_promise *p, *q;
    hence_deferred *source = make(&p), *target = make(&q);
    hence_deferred_chain(source, q);
    hence_resolve_at("resolved.c:2", p, failure("broken"));
    hence_deferred_unref(source);
    hence_set_report_handler(keep_sites, &kept);
    hence_deferred_unref(target);
    keep_reports();
    check_string(kept.resolved, "resolved.c:2");
}

TEST(debugging, one_that_a_finished_one_resolves_tells_where_that_was_resolved)
{
    hence_promise *p, *q;
    hence_deferred *source = make(&p), *target = make(&q);
    hence_resolve_at("resolved.c:2", p, hence_int(7));
    hence_deferred_chain(source, q);
    check_string(hence_deferred_resolved_site(target), "resolved.c:2");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

TEST(debugging, what_the_library_resolves_does_not_tell_the_library_s_own_lines)
{
    hence_promise *p, *q;
    hence_set_debugging(true);
    hence_deferred *source = hence_deferred_new(&p), *target = hence_deferred_new(&q);
    hence_deferred_chain(NULL, q);
    hence_share *share = hence_share_new(source);
    hence_deferred *got = hence_share_get(share);
    hence_deferred *list = hence_deferred_list(&(hence_deferred *){NULL}, 1, 0);
    hence_resolve_at("resolved.c:2", p, hence_int(7));
    hence_deferred *const all[] = {target, got, list};
    hence_set_debugging(false);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const char *site = hence_deferred_resolved_site(all[i]);
        check_string(site && strstr(site, "lib/") ? site : "", "");
        hence_drop(hence_deferred_take(all[i]));
        hence_deferred_unref(all[i]);
    }
    hence_share_unref(share);
}
