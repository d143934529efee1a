/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_VALUE_FAILURE_H
#define HENCE_LIB_VALUE_FAILURE_H

#include <hence/result.h>

/* A report about a failure that got lost; `handler` may be NULL: the thread's. */
void hence_report_failure(hence_report_kind kind, const char *message, const hence_failure *failure,
                          const char *made, hence_loop *loop, hence_report_handler *handler,
                          void *arg);

/* Is this the one static failure that says "cancelled", or another failure with that code? */
bool hence_failure_is_cancelled(const hence_failure *failure);

#endif
