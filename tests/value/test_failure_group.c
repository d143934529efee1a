/* SPDX-License-Identifier: BSD-3-Clause */
/* One of several failures, and several in one: what combinators of inputs that failed give. */
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "value/failure.h"

SUITE(failure_group);

static hence_failure *failed(const char *message)
{
    hence_result r = failure(message);
    return hence_take_failure(&r);
}

static hence_failure *cancelled(void)
{
    hence_result r = hence_fail_static(HENCE_ECANCELLED);
    return hence_take_failure(&r);
}

/* ---- one of several ---- */

static hence_failure *first(size_t index, hence_failure *cause)
{
    hence_failure *f = hence_failure_new_first("a.c:1");
    if (f)
        return hence_failure_complete_first(f, index, cause);
    return cause;
}

TEST(failure_group, one_of_several_tells_its_place_and_its_cause)
{
    hence_failure *f = first(3, failed("broken"));
    check_int(hence_failure_index(f), 3);
    check(hence_failure_domain(f) == &hence_domain_hence);
    check_int(hence_failure_code(f), HENCE_EFIRST);
    check_string(hence_failure_message(f), "one of several failed");
    check_string(hence_failure_message(hence_failure_cause(f)), "broken");
    check_string(hence_failure_site(f), "a.c:1");
    check_int(hence_failure_count(f), 0);
    check(!hence_failure_member(f, 0));
    hence_failure_unref(f);
}

TEST(failure_group, the_place_may_be_the_first_or_the_last_that_there_can_be)
{
    hence_failure *f = first(0, failed("broken")), *g = first(UINT32_MAX, failed("broken"));
    check_int(hence_failure_index(f), 0);
    check_int(hence_failure_index(g), UINT32_MAX);
    hence_failure_unref(f);
    hence_failure_unref(g);
}

TEST(failure_group, one_of_several_whose_cause_is_a_cancellation_is_cancelled)
{
    hence_result r = hence_fail_with(first(1, cancelled()));
    check(hence_is_cancelled(&r));
    if (!support_faulty)
        check_string(describe(&r), "cancelled(1:cancelled)");
    check(hence_failure_is_cancelled(hence_as_failure(&r)));
    hence_drop(r);
}

TEST(failure_group, other_failures_have_no_place_and_no_members)
{
    hence_result r = hence_fail_because(failed("cause"), HENCE_EFIRST, "made by hand");
    hence_result s = hence_fail_static(HENCE_EFIRST);
    const hence_failure *const others[] = {NULL, hence_as_failure(&r), hence_as_failure(&s)};
    for (size_t i = 0; i < 3; i++) {
        check(hence_failure_index(others[i]) == SIZE_MAX);
        check_int(hence_failure_count(others[i]), 0);
        check(!hence_failure_member(others[i], 0));
    }
    check_string(describe(&s), "first");
    hence_drop(r);
}

TEST(failure_group, one_of_several_that_was_not_needed_is_let_go)
{
    hence_failure_unref(hence_failure_new_first(NULL));
    hence_failure_unref(hence_failure_new_group(NULL, 0));
    hence_failure *group = hence_failure_new_group(NULL, 3);
    if (group)
        hence_failure_add_member(group, 1, failed("only this one came"));
    hence_failure_unref(group);
}

/* ---- several ---- */

/* A group of two, or one of them if there is no memory. */
static hence_failure *group_of(hence_failure *a, hence_failure *b)
{
    hence_failure *group = hence_failure_new_group("b.c:2", 2);
    if (!group) {
        hence_failure_unref(a);
        return b;
    }
    hence_failure_add_member(group, 1, b); /* the last one failed first */
    hence_failure_add_member(group, 0, a);
    return hence_failure_complete_group(group);
}

TEST(failure_group, several_are_told_in_the_order_of_the_inputs)
{
    hence_failure *group = group_of(failed("a"), failed("b"));
    check_int(hence_failure_count(group), 2);
    check_string(hence_failure_message(hence_failure_member(group, 0)), "a");
    check_string(hence_failure_message(hence_failure_member(group, 1)), "b");
    check(!hence_failure_member(group, 2));
    check(!hence_failure_member(group, SIZE_MAX));
    check_int(hence_failure_code(group), HENCE_EGROUP);
    check_string(hence_failure_message(group), "several failed");
    check_string(hence_failure_site(group), "b.c:2");
    check(!hence_failure_cause(group));
    check(hence_failure_index(group) == SIZE_MAX);
    hence_failure_unref(group);
}

TEST(failure_group, several_are_cancelled_only_if_all_of_them_are)
{
    hence_result all = hence_fail_with(group_of(cancelled(), cancelled()));
    hence_result some = hence_fail_with(group_of(cancelled(), failed("b")));
    check(hence_is_cancelled(&all));
    check(!hence_is_cancelled(&some));
    check_string(describe(&all), "cancelled{cancelled,cancelled}");
    check_string(describe(&some), "group{cancelled,b}");
    hence_drop(all);
    hence_drop(some);
}

TEST(failure_group, an_inner_one_that_is_cancelled_counts_as_cancelled)
{
    hence_result r =
        hence_fail_with(group_of(group_of(cancelled(), cancelled()), first(0, cancelled())));
    check(hence_is_cancelled(&r));
    hence_drop(r);
}

TEST(failure_group, a_member_can_be_held_longer_than_the_group)
{
    hence_failure *group = group_of(failed("a"), failed("b"));
    hence_failure *member = hence_failure_ref(hence_failure_member(group, 1));
    hence_failure_unref(group);
    if (member)
        check_string(hence_failure_message(member), "b");
    hence_failure_unref(member);
}

TEST(failure_group, the_same_failure_may_stand_in_several_places)
{
    hence_failure *a = failed("a");
    hence_failure *group = group_of(a, hence_failure_ref(a));
    check(hence_failure_member(group, 0) == hence_failure_member(group, 1));
    hence_failure_unref(group);
}

/* ---- searched ---- */

TEST(failure_group, what_is_looked_for_is_found_among_members_and_their_causes)
{
    hence_result cause = hence_fail(HENCE_ECLOSED, "the cause");
    hence_result b = hence_fail_because(hence_take_failure(&cause), HENCE_EFAILED, "b");
    hence_failure *group = first(4, group_of(failed("a"), hence_take_failure(&b)));
    const hence_failure *found = hence_failure_find(group, &hence_domain_hence, HENCE_ECLOSED);
    check_string(hence_failure_message(found), "the cause");
    check(hence_failure_find(group, &hence_domain_hence, HENCE_EGROUP) ==
          hence_failure_cause(group));
    found = hence_failure_find(group, &test_domain, 1);
    check_string(hence_failure_message(found), "a");
    check(!hence_failure_find(group, &test_domain, 2));
    hence_failure_unref(group);
}

TEST(failure_group, of_several_with_the_same_code_the_first_input_s_is_found)
{
    hence_failure *group = group_of(group_of(failed("a"), failed("b")), failed("c"));
    const hence_failure *found = hence_failure_find(group, &test_domain, 1);
    check_string(hence_failure_message(found), "a");
    hence_failure_unref(group);
}

/* ---- printed ---- */

static void check_text(hence_failure *f, const char *expected)
{
    char whole[512], cut[10];
    size_t length = hence_failure_describe(f, whole, sizeof whole);
    check_string(whole, expected);
    check_int(length, strlen(expected));
    check_int(hence_failure_describe(f, cut, sizeof cut), length);
    check(!strncmp(cut, expected, sizeof cut - 1) && !cut[sizeof cut - 1]);
    check_int(hence_failure_describe(f, NULL, 0), length);

    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    hence_failure_print(f, out);
    fclose(out);
    check_string(text, expected);
    free(text);
}

static hence_failure *at(const char *site, const char *message)
{
    hence_result r = hence_fail_in_at(site, &test_domain, NULL, 1, "%s", message);
    return hence_take_failure(&r);
}

TEST(failure_group, one_of_several_is_printed_with_its_place)
{
    hence_failure *f = first(2, at("c.c:3", "broken"));
    check_text(f, "one of several failed, input 2 [hence 10012 at a.c:1]: "
                  "broken [test 1 at c.c:3]");
    hence_failure_unref(f);
}

TEST(failure_group, several_are_printed_with_all_of_them)
{
    hence_failure *f = group_of(first(0, at("c.c:3", "broken")), at("d.c:4", "lost"));
    check_text(f, "several failed [hence 10013 at b.c:2]: "
                  "(0) one of several failed, input 0 [hence 10012 at a.c:1]: "
                  "broken [test 1 at c.c:3]; (1) lost [test 1 at d.c:4]");
    hence_failure_unref(f);
}

TEST(failure_group, of_very_many_only_some_are_printed)
{
    char text[2048], last[64];
    hence_failure *f = hence_failure_new_group("b.c:2", 25);
    for (size_t i = 0; f && i < 25; i++)
        hence_failure_add_member(f, i, failed("broken"));
    if (!f)
        return;
    hence_failure_describe(f, text, sizeof text);
    check(strstr(text, "(19) ") && !strstr(text, "(20) "));
    snprintf(last, sizeof last, "; and %d more", 5);
    check(strlen(text) > strlen(last) && !strcmp(text + strlen(text) - strlen(last), last));
    hence_failure_unref(f);
}

/* ---- depth ---- */

enum kind {
    FIRSTS,
    GROUPS,
    BOTH
};

struct deep {
    int depth;
    enum kind kind;
    size_t length;
    bool found;
};

static void make_deep(void *arg)
{
    struct deep *deep = arg;
    hence_failure *f = failed("the innermost");
    for (int i = 0; i < deep->depth; i++) {
        if (deep->kind == FIRSTS || (deep->kind == BOTH && i % 2))
            f = first((size_t)i, f);
        else
            f = group_of(cancelled(), f);
    }
    char text[64];
    deep->length = hence_failure_describe(f, text, sizeof text);
    deep->found = hence_failure_find(f, &test_domain, 1);
    hence_failure_unref(f);
}

static struct deep check_deep(enum kind kind)
{
    struct deep deep = {support_many(), kind, 0, false};
    on_small_stack(make_deep, &deep);
    return deep;
}

TEST(failure_group, a_million_causes_can_be_told_searched_and_destroyed)
{
    struct deep deep = check_deep(FIRSTS);
    check(deep.found);
    check(deep.length > (size_t)deep.depth);
}

TEST(failure_group, a_million_groups_within_groups_can_be_told_searched_and_destroyed)
{
    struct deep deep = check_deep(GROUPS);
    check(deep.length > 0);
}

TEST(failure_group, a_million_of_both_can_be_told_searched_and_destroyed)
{
    struct deep deep = check_deep(BOTH);
    check(deep.length > 0);
}

/* In how many groups it may stand. */
static bool is_found_within(int groups)
{
    hence_failure *f = failed("the innermost");
    for (int i = 0; i < groups; i++)
        f = group_of(cancelled(), f);
    bool found = hence_failure_find(f, &test_domain, 1);
    hence_failure_unref(f);
    return found;
}

TEST(failure_group, what_stands_in_up_to_eight_groups_is_found)
{
    check(is_found_within(1));
    check(is_found_within(8));
    check(!is_found_within(9));
}

/* ---- groups whose members are not known beforehand ---- */

TEST(failure_group, a_group_grows_with_its_members_and_keeps_them)
{
    hence_failure *group = hence_failure_new_group("a.c:1", 1);
    if (!group)
        return;
    hence_failure_add_member(group, 0, failed("first"));
    hence_failure *grown = hence_failure_grow_group(group, 20);
    check(grown != NULL);
    group = grown ? grown : group;
    if (grown)
        hence_failure_add_member(group, 1, failed("second"));
    hence_failure_shrink_group(group, grown ? 2 : 1);
    check_int(hence_failure_count(group), 2);
    check_string(hence_failure_message(hence_failure_member(group, 0)), "first");
    check_string(hence_failure_message(hence_failure_member(group, 1)), "second");
    check(!hence_failure_member(group, 2));
    check_string(hence_failure_message(group), "several failed");
    check_string(hence_failure_site(group), "a.c:1");
    char text[200];
    hence_failure_describe(group, text, sizeof text);
    check(strstr(text, "second") != NULL);
    hence_failure_unref(group);
}

TEST(failure_group, a_group_without_members_is_a_group)
{
    hence_failure *group = hence_failure_new_group("a.c:1", 4);
    if (!group)
        return;
    hence_failure_shrink_group(group, 0);
    check_int(hence_failure_count(group), 0);
    check_string(hence_failure_message(group), "several failed");
    hence_failure_unref(group);
}
