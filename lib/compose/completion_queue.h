/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_COMPOSE_COMPLETION_QUEUE_H
#define HENCE_LIB_COMPOSE_COMPLETION_QUEUE_H

#include <hence/gather.h>

/* The next completion if there is one now, as the Future of hence_completion_queue_next() would have it, but without
 * one: true. Otherwise false, and nothing has happened. */
bool hence_completion_queue_take(hence_completion_queue *queue, hence_result *out);

#endif
