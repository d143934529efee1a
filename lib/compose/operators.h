/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_COMPOSE_OPERATORS_H
#define HENCE_LIB_COMPOSE_OPERATORS_H

#include <hence/deferred.h>
#include <hence/future.h>

/* A Future that waits for `d`, which it takes: a cancellation is passed on, and what comes of it waited
 * for. NULL when there is no memory: then `d` has been forgotten. */
hence_future *hence_future_of_deferred(const char *site, hence_loop *loop, hence_deferred *d);

#endif
