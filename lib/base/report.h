/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_BASE_REPORT_H
#define HENCE_LIB_BASE_REPORT_H

#include <stdatomic.h>

#include <hence/base.h>

extern atomic_bool hence_debugging;

static inline bool hence_debugging_is_on(void)
{
    return atomic_load_explicit(&hence_debugging, memory_order_relaxed);
}

/* Sends a report to `handler`, or to this thread's one if that is NULL. `print` may be NULL. */
void hence_report_send(const hence_report *report, hence_report_handler *handler, void *arg);

/* A report about a programming error, without an object to name. */
void hence_report_misuse(const char *message);
/* The same of a call whose line is known; `site` may be NULL. */
void hence_report_misuse_at(const char *site, const char *message);

/* The lines of a report that say where. */
void hence_report_print_sites(const hence_report *report, FILE *out);

/* A report that has no failure. */
void hence_report_print_plain(const hence_report *report, FILE *out);

#endif
