/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports: what a person should know and no caller can be told. */
#include "base/report.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

SUITE(report);

/* ---- what is written to stderr ---- */

static char written[2000];

static void read_stderr_of(void (*fn)(void *arg), void *arg)
{
    fflush(stderr);
    int keep = dup(STDERR_FILENO);
    int file = memfd_create("stderr", 0);
    dup2(file, STDERR_FILENO);
    fn(arg);
    fflush(stderr);
    dup2(keep, STDERR_FILENO);
    close(keep);
    ssize_t n = pread(file, written, sizeof written - 1, 0);
    written[n > 0 ? n : 0] = '\0';
    close(file);
}

static void let_a_failed_one_go(void *arg)
{
    (void)arg;
    hence_deferred_unref(hence_deferred_fail_at(
        "main.c:5", hence_fail_in_at("page.c:31", &test_domain, NULL, 7, "no")));
}

static void without_handler(void *arg)
{
    hence_set_report_handler(NULL, NULL);
    let_a_failed_one_go(arg);
    keep_reports();
}

static const char *const text = "hence: unhandled failure in a Deferred: no [test 7 at page.c:31]\n"
                                "    made at main.c:5\n";

TEST(report, without_a_handler_it_goes_to_stderr)
{
    read_stderr_of(without_handler, NULL);
    check_string(written, text);
}

TEST(report, with_a_handler_nothing_goes_to_stderr)
{
    read_stderr_of(let_a_failed_one_go, NULL);
    check_string(written, "");
    check(had_report(HENCE_REPORT_UNHANDLED));
    check_string(report_text(), text);
}

static void on_a_thread(void *arg)
{
    on_small_stack(let_a_failed_one_go, arg);
}

TEST(report, printing_it_fits_on_the_smallest_stack)
{
    read_stderr_of(on_a_thread, NULL);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check_string(written, "");
}

/* ---- handlers ---- */

static void count_reports(const hence_report *report, void *arg)
{
    int *count = arg;
    *count += report->kind == HENCE_REPORT_MISUSE && !report->failure && !report->made;
}

TEST(report, the_handler_gets_its_argument_and_the_kind)
{
    int count = 0;
    hence_set_report_handler(count_reports, &count);
    hence_report_misuse("a mistake");
    hence_report_misuse("another");
    keep_reports();
    check_int(count, 2);
}

static void report_again(const hence_report *report, void *arg)
{
    int *depth = arg;
    (void)report;
    ++*depth;
    hence_report_misuse("inside");
    --*depth;
    trace("%d", *depth);
}

static void report_inside_a_handler(void *arg)
{
    hence_set_report_handler(report_again, arg);
    hence_report_misuse("outside");
    hence_report_misuse("outside");
    keep_reports();
}

TEST(report, a_report_that_the_handler_causes_goes_to_stderr)
{
    int depth = 0;
    read_stderr_of(report_inside_a_handler, &depth);
    check_trace("0 0");
    check_string(written, "hence: inside\nhence: inside\n");
}

struct of_a_thread {
    int count;
    int on_thread;
};

static void use_a_handler_of_its_own(void *arg)
{
    struct of_a_thread *its = arg;
    hence_set_report_handler(count_reports, &its->on_thread);
    hence_report_misuse("on the thread");
}

TEST(report, each_thread_has_a_handler_of_its_own)
{
    struct of_a_thread its = {0, 0};
    hence_set_report_handler(count_reports, &its.count);
    on_small_stack(use_a_handler_of_its_own, &its);
    check_int(its.count, 0);
    check_int(its.on_thread, 1);
    hence_report_misuse("here");
    check_int(its.count, 1);
    check_int(its.on_thread, 1);
    keep_reports();
}

TEST(report, a_handler_named_with_the_report_comes_before_that_of_the_thread)
{
    int count = 0;
    const hence_report report = {.kind = HENCE_REPORT_MISUSE, .message = "a mistake"};
    hence_report_send(&report, count_reports, &count);
    check_int(count, 1);
    hence_report_send(&report, NULL, NULL);
    check(had_report(HENCE_REPORT_MISUSE));
    check_int(count, 1);
}

/* ---- printed ---- */

static void check_print(const hence_report *report, const char *expected)
{
    char buffer[500] = "";
    FILE *out = fmemopen(buffer, sizeof buffer, "w");
    hence_report_print(report, out);
    fclose(out);
    check_string(buffer, expected);
}

TEST(report, it_prints_its_message_and_where_its_object_was_made)
{
    hence_report report = {.kind = HENCE_REPORT_LEFT_BEHIND, .message = "left behind"};
    check_print(&report, "hence: left behind\n");
    report.made = "main.c:5";
    check_print(&report, "hence: left behind\n    made at main.c:5\n");
}

static void print_other(const hence_report *report, FILE *out)
{
    fprintf(out, "<%s>", report->message);
}

TEST(report, it_may_have_a_way_of_its_own_to_print)
{
    const hence_report report = {.message = "special", .print = print_other};
    check_print(&report, "<special>");
}
