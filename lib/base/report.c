/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/report.h"

static _Thread_local hence_report_handler *thread_handler;
static _Thread_local void *thread_handler_arg;
static _Thread_local bool reporting;
atomic_bool hence_debugging;

void hence_set_debugging(bool on)
{
    atomic_store_explicit(&hence_debugging, on, memory_order_relaxed);
}

bool hence_get_debugging(void)
{
    return hence_debugging_is_on();
}

void hence_set_report_handler(hence_report_handler *handler, void *arg)
{
    thread_handler = handler;
    thread_handler_arg = arg;
}

void hence_report_print_sites(const hence_report *report, FILE *out)
{
    if (report->made)
        fprintf(out, "    made at %s\n", report->made);
    if (report->resolved)
        fprintf(out, "    resolved at %s\n", report->resolved);
    if (report->here)
        fprintf(out, "    now at %s\n", report->here);
}

void hence_report_print_plain(const hence_report *report, FILE *out)
{
    fprintf(out, "hence: %s\n", report->message);
    hence_report_print_sites(report, out);
}

void hence_report_print(const hence_report *report, FILE *out)
{
    if (report->print)
        report->print(report, out);
    else
        hence_report_print_plain(report, out);
}

void hence_report_send(const hence_report *report, hence_report_handler *handler, void *arg)
{
    if (!handler) {
        handler = thread_handler;
        arg = thread_handler_arg;
    }
    if (!handler || reporting) {
        hence_report_print(report, stderr);
        return;
    }
    reporting = true;
    handler(report, arg);
    reporting = false;
}

void hence_report_misuse_at(const char *site, const char *message)
{
    hence_report report = {.kind = HENCE_REPORT_MISUSE, .message = message, .here = site};
    hence_report_send(&report, NULL, NULL);
}

void hence_report_misuse(const char *message)
{
    hence_report_misuse_at(NULL, message);
}
