/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports are kept, until a test asks for them. */

#include <stdio.h>

#include "support/parts.h"

#define REPORTS_KEPT 64

static struct {
    hence_report_kind kind;
    char text[1024];
} reports[REPORTS_KEPT];
static size_t reports_begin, reports_end;

static void keep_report(const hence_report *report, void *arg)
{
    (void)arg;
    if (reports_end == REPORTS_KEPT)
        return;
    FILE *out = fmemopen(reports[reports_end].text, sizeof reports[reports_end].text, "w");
    cr_assert_not_null(out);
    hence_report_print(report, out);
    fclose(out);
    reports[reports_end++].kind = report->kind;
}

void forget_reports(void)
{
    reports_begin = reports_end = 0;
}

void keep_reports(void)
{
    hence_set_report_handler(keep_report, NULL);
}

bool had_report(hence_report_kind kind)
{
    if (reports_begin == reports_end || reports[reports_begin].kind != kind)
        return support_faulty;
    reports_begin++;
    return true;
}

const char *report_text(void)
{
    return reports_begin ? reports[reports_begin - 1].text : "";
}

void support_check_reports(void)
{
    if (reports_begin != reports_end)
        support_fail("an unexpected report: %s", reports[reports_begin].text);
}
