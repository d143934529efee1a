/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_COMPOSE_TIMEOUT_H
#define HENCE_LIB_COMPOSE_TIMEOUT_H

#include <hence/result.h>

/* The failure HENCE_ETIMEDOUT, with a message that says how long; without one if there is no memory. */
hence_result hence_timed_out(const char *site, int64_t timeout);

#endif
