/* SPDX-License-Identifier: BSD-3-Clause */
/* Failures: what they tell, their causes, and how long they live. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

SUITE(failure);

static const char *describe_demo(int code)
{
    return code == 7 ? "the seventh" : "another";
}

static const hence_domain demo = {.name = "demo", .describe = describe_demo};

/* ---- made ---- */

TEST(failure, it_has_its_code_message_and_line)
{
    hence_result r = hence_fail(HENCE_ECLOSED, "closed by %s, %d times", "peer", 3);
    const char *site = __FILE__ ":" HENCE_STRING(__LINE__); /* one line too far */
    const hence_failure *f = hence_as_failure(&r);
    check(hence_failure_domain(f) == &hence_domain_hence);
    check_int(hence_failure_code(f), HENCE_ECLOSED);
    check_string(hence_failure_message(f), "closed by peer, 3 times");
    check(!hence_failure_cause(f));
    check(!strncmp(hence_failure_site(f) ? hence_failure_site(f) : site, __FILE__ ":",
                   sizeof __FILE__));
    check(strcmp(hence_failure_site(f) ? hence_failure_site(f) : "", site) != 0);
    hence_drop(r);
}

TEST(failure, every_way_to_make_one_tells_what_it_was_given)
{
    hence_result r = hence_fail_at("a.c:1", HENCE_ESTOPPED, "one");
    check_string(hence_failure_site(hence_as_failure(&r)), "a.c:1");
    check_int(hence_failure_code(hence_as_failure(&r)), HENCE_ESTOPPED);
    hence_drop(r);

    r = hence_fail_errno(ENOENT, "no %s", "file");
    check(hence_failure_domain(hence_as_failure(&r)) == &hence_domain_errno);
    check_int(hence_failure_code(hence_as_failure(&r)), ENOENT);
    check_string(hence_failure_message(hence_as_failure(&r)), "no file");
    check(hence_failure_site(hence_as_failure(&r)));

    r = hence_fail_because(hence_take_failure(&r), HENCE_ECLOSED, "cannot %s", "start");
    check(hence_failure_domain(hence_as_failure(&r)) == &hence_domain_hence);
    check_string(hence_failure_message(hence_as_failure(&r)), "cannot start");
    check_string(hence_failure_message(hence_failure_cause(hence_as_failure(&r))), "no file");

    r = hence_fail_in(&demo, hence_take_failure(&r), 7, "in %s", "demo");
    check(hence_failure_domain(hence_as_failure(&r)) == &demo);
    check_int(hence_failure_code(hence_as_failure(&r)), 7);
    check_string(hence_failure_message(hence_as_failure(&r)), "in demo");
    check_string(hence_failure_message(hence_failure_cause(hence_as_failure(&r))), "cannot start");
    hence_drop(r);
}

TEST(failure, without_a_message_it_says_what_the_domain_says)
{
    hence_result r = hence_fail_in(&demo, NULL, 7, NULL);
    check_string(hence_failure_message(hence_as_failure(&r)), "the seventh");
    hence_drop(r);
    r = hence_fail_errno(ENOENT, NULL);
    check_string(hence_failure_message(hence_as_failure(&r)), "No such file or directory");
    hence_drop(r);
    r = hence_fail(HENCE_ETAKEN, NULL);
    check_string(hence_failure_message(hence_as_failure(&r)),
                 hence_domain_hence.describe(HENCE_ETAKEN));
    hence_drop(r);
    r = hence_fail_because(NULL, HENCE_ECLOSED, NULL);
    check_string(hence_failure_message(hence_as_failure(&r)), "the loop is closed");
    hence_drop(r);
    r = hence_fail_in(&test_domain, NULL, 7, NULL);
    check(hence_failure_message(hence_as_failure(&r))[0] != '\0');
    hence_drop(r);
}

TEST(failure, codes_that_no_domain_knows_are_described_all_the_same)
{
    for (int code = -1; code < 20000; code += 137) {
        check(hence_domain_hence.describe(code)[0] != '\0');
        check(hence_domain_errno.describe(code)[0] != '\0');
    }
    hence_result r = hence_fail(12345, NULL);
    check_int(hence_failure_code(hence_as_failure(&r)), 12345);
    check(hence_failure_message(hence_as_failure(&r))[0] != '\0');
    hence_drop(r);
}

TEST(failure, a_message_may_have_any_length)
{
    static char text[2001];
    memset(text, 'x', sizeof text - 1);
    for (size_t length = 1; length < sizeof text; length += length < 300 ? 1 : 97) {
        text[length] = '\0';
        hence_result r = hence_fail_in(&demo, NULL, 1, "%s", text);
        check_string(hence_failure_message(hence_as_failure(&r)), text);
        hence_drop(r);
        text[length] = 'x';
    }
}

TEST(failure, a_message_that_can_not_be_formatted_loses_nothing_else)
{
    hence_result r = hence_fail(HENCE_ECLOSED, "closed by %ls", L"\x7fffffff");
    check_int(hence_failure_code(hence_as_failure(&r)), HENCE_ECLOSED);
    check_string(hence_failure_message(hence_as_failure(&r)), "the loop is closed");
    hence_drop(r);
}

TEST(failure, a_message_may_contain_percent_signs)
{
    hence_result r = hence_fail(HENCE_ECLOSED, "100%% of %s", "it");
    check_string(hence_failure_message(hence_as_failure(&r)), "100% of it");
    hence_drop(r);
    r = hence_fail(HENCE_ECLOSED, "100%%");
    check_string(hence_failure_message(hence_as_failure(&r)), "100%");
    hence_drop(r);
}

TEST(failure, without_memory_it_is_the_out_of_memory_failure_and_takes_its_cause)
{
    hence_result cause = failure("cause");
    out_of_memory(true);
    hence_result r = hence_fail_because(hence_take_failure(&cause), HENCE_ECLOSED, "effect");
    out_of_memory(false);
    check_string(describe(&r), "nomem");
    check(!hence_failure_cause(hence_as_failure(&r)));
    hence_drop(r);
}

/* ---- those that exist from the start ---- */

static bool is_known(int code)
{
    return strcmp(hence_domain_hence.describe(code), hence_domain_hence.describe(-1)) != 0;
}

TEST(failure, those_that_exist_from_the_start_need_no_memory)
{
    out_of_memory(true);
    for (int code = HENCE_ENOMEM; is_known(code); code++) {
        hence_result r = hence_fail_static((hence_error)code);
        const hence_failure *f = hence_as_failure(&r);
        check_int(hence_failure_code(f), code);
        check(hence_failure_domain(f) == &hence_domain_hence);
        check_string(hence_failure_message(f), hence_domain_hence.describe(code));
        check(!hence_failure_site(f) && !hence_failure_cause(f));
        check(hence_failure_ref(f) == f);
        for (int i = 0; i < 5; i++)
            hence_failure_unref(hence_failure_ref(f));
        hence_drop(r);
        hence_drop(r);
    }
    out_of_memory(false);
}

TEST(failure, a_code_that_none_of_them_has_is_invalid)
{
    const int codes[] = {0, -1, HENCE_ENOMEM - 1, HENCE_ENOMEM + 1000};
    for (int i = 0; i < 4; i++) {
        hence_result r = hence_fail_static((hence_error)codes[i]);
        check_int(hence_failure_code(hence_as_failure(&r)), HENCE_EINVAL);
        hence_drop(r);
    }
}

TEST(failure, one_that_exists_from_the_start_may_be_a_cause)
{
    hence_result r = hence_fail_static(HENCE_ECANCELLED);
    r = hence_fail_because(hence_take_failure(&r), HENCE_ECLOSED, "effect");
    check(hence_failure_find(hence_as_failure(&r), &hence_domain_hence, HENCE_ECANCELLED));
    check(!hence_is_cancelled(&r));
    hence_drop(r);
}

/* ---- asked ---- */

TEST(failure, a_code_means_nothing_without_its_domain)
{
    hence_result r = hence_fail_in(&demo, NULL, 7, "seven");
    check(hence_is_failure_of(&r, &demo, 7));
    check(!hence_is_failure_of(&r, &demo, 8));
    check(!hence_is_failure_of(&r, &test_domain, 7));
    hence_drop(r);
    r = hence_int(7);
    check(!hence_is_failure_of(&r, &demo, 7));
}

TEST(failure, without_a_domain_it_is_of_hence_s_own)
{
    hence_result r = hence_fail_in(NULL, NULL, HENCE_ECLOSED, "closed");
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ECLOSED));
    hence_drop(r);
}

TEST(failure, a_number_that_means_cancelled_elsewhere_does_not_hide_a_failure)
{
    hence_result r = hence_fail_in(&demo, NULL, HENCE_ECANCELLED, "lost");
    check(!hence_is_cancelled(&r));
    hence_deferred_unref(hence_deferred_fail(r));
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "lost [demo") || support_faulty);
}

TEST(failure, cancelled_is_the_code_whoever_made_it)
{
    hence_result r = hence_fail_static(HENCE_ECANCELLED);
    check(hence_is_cancelled(&r));
    hence_drop(r);
    r = hence_fail(HENCE_ECANCELLED, "by hand");
    check(hence_is_cancelled(&r));
    hence_drop(r);
    r = hence_fail_in(&demo, NULL, HENCE_ECANCELLED, "of another domain");
    check(!hence_is_cancelled(&r));
    hence_drop(r);
    r = hence_none();
    check(!hence_is_cancelled(&r));
}

TEST(failure, the_first_with_a_code_is_found_among_its_causes)
{
    hence_result r = hence_fail_in(&demo, NULL, 1, "innermost");
    r = hence_fail_in(&demo, hence_take_failure(&r), 2, "middle");
    r = hence_fail_in(&demo, hence_take_failure(&r), 1, "outermost");
    const hence_failure *f = hence_as_failure(&r);
    check_string(hence_failure_message(hence_failure_find(f, &demo, 1)), "outermost");
    check_string(hence_failure_message(hence_failure_find(f, &demo, 2)), "middle");
    check(!hence_failure_find(f, &demo, 3));
    check(!hence_failure_find(f, &test_domain, 1));
    check(!hence_failure_find(NULL, &demo, 1));
    hence_drop(r);
}

TEST(failure, nothing_can_be_asked_too)
{
    check(!hence_failure_domain(NULL));
    check_int(hence_failure_code(NULL), 0);
    check(hence_failure_message(NULL) != NULL);
    check(!hence_failure_cause(NULL));
    check(!hence_failure_site(NULL));
    check(!hence_failure_ref(NULL));
    check(!hence_failure_unref(NULL));
    hence_result r = hence_fail_with(NULL);
    check_string(describe(&r), "nomem");
    hence_drop(r);
}

/* ---- held ---- */

TEST(failure, it_lives_as_long_as_a_reference)
{
    hence_result r = failure("broken");
    hence_failure *f = hence_failure_ref(hence_as_failure(&r));
    hence_drop(r);
    check_string(hence_failure_message(f), "broken");
    r = hence_fail_with(f);
    check_string(describe(&r), "broken");
    hence_drop(r);
}

TEST(failure, several_may_have_the_same_cause)
{
    hence_result cause = failure("cause");
    hence_failure *f = hence_take_failure(&cause);
    hence_result a = hence_fail_because(hence_failure_ref(f), HENCE_ECLOSED, "a");
    hence_result b = hence_fail_because(hence_failure_ref(f), HENCE_ECLOSED, "b");
    hence_failure_unref(f);
    hence_drop(a);
    check_string(hence_failure_message(hence_failure_cause(hence_as_failure(&b))), "cause");
    hence_drop(b);
}

static void *ref_and_unref(void *arg)
{
    for (int i = 0; i < 10000; i++)
        hence_failure_unref(hence_failure_ref(arg));
    hence_failure_unref(arg);
    return NULL;
}

TEST(failure, its_references_may_be_counted_on_many_threads)
{
    enum {
        THREADS = 4
    };
    pthread_t threads[THREADS];
    hence_result r = failure("broken");
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, ref_and_unref,
                                    hence_failure_ref(hence_as_failure(&r))),
                     0);
    hence_drop(r);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* ---- printed ---- */

static void check_printed(const hence_failure *f, const char *expected)
{
    char buffer[500] = "";
    FILE *out = fmemopen(buffer, sizeof buffer, "w");
    hence_failure_print(f, out);
    fclose(out);
    check_string(buffer, expected);
    check_int(hence_failure_describe(f, buffer, sizeof buffer), strlen(expected));
    check_string(buffer, expected);
}

TEST(failure, it_prints_as_one_paragraph_with_its_causes)
{
    hence_result r = hence_fail_in_at("net.c:8", &hence_domain_errno, NULL, ECONNRESET,
                                      "the connection was lost");
    r = hence_fail_in_at("page.c:31", &demo, hence_take_failure(&r), 7, "cannot load the page");
    check_printed(hence_as_failure(&r), "cannot load the page [demo 7 at page.c:31]: "
                                        "the connection was lost [errno 104 at net.c:8]");
    hence_drop(r);
}

TEST(failure, without_a_line_it_prints_none)
{
    hence_result r = hence_fail_static(HENCE_ECANCELLED);
    check_printed(hence_as_failure(&r), "cancelled [hence 10002]");
    r = hence_fail_in_at(NULL, &demo, hence_take_failure(&r), 7, NULL);
    check_printed(hence_as_failure(&r), "the seventh [demo 7]: cancelled [hence 10002]");
    hence_drop(r);
    check_printed(NULL, "");
}

TEST(failure, a_description_is_cut_to_the_buffer_and_its_whole_length_told)
{
    hence_result r = hence_fail_in_at("a.c:1", &demo, NULL, 1, "inner");
    r = hence_fail_in_at("b.c:2", &demo, hence_take_failure(&r), 2, "outer");
    const char *whole = "outer [demo 2 at b.c:2]: inner [demo 1 at a.c:1]";
    size_t length = strlen(whole);
    for (size_t size = 1; size <= length + 10; size++) {
        char buffer[100];
        memset(buffer, '#', sizeof buffer);
        check_int(hence_failure_describe(hence_as_failure(&r), buffer, size), length);
        size_t room = size - 1 < length ? size - 1 : length;
        check_int(strlen(buffer), room);
        check(!strncmp(buffer, whole, room));
        check(buffer[size] == '#'); /* nothing behind it was touched */
    }
    check_int(hence_failure_describe(hence_as_failure(&r), NULL, 0), length);
    hence_drop(r);
}
