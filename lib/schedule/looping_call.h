/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_SCHEDULE_LOOPING_CALL_H
#define HENCE_LIB_SCHEDULE_LOOPING_CALL_H

#include <hence/schedule.h>

/* Is a call under way, or what it returned to wait for? Then it cannot be started. */
bool hence_looping_call_is_busy(const hence_looping_call *call);

#endif
