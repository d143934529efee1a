/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_COMPOSE_SHARE_H
#define HENCE_LIB_COMPOSE_SHARE_H

#include <hence/compose.h>

/* What comes is known already: a failure that nobody asks for is no news. */
void hence_share_expect(hence_share *share);

#endif
