/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_BASE_SLAB_H
#define HENCE_LIB_BASE_SLAB_H

/* What memory.h needs when the current slab has no block, or the block is of another slab. */

#include <stdbool.h>
#include <stddef.h>

/* From now on there are slabs; false if there can be none. */
bool hence_slabs_begin(void);

/* A block of this class, of which none is at hand; or NULL. */
void *hence_slab_get(size_t class);

/* Gives it back, on whatever thread. */
void hence_slab_put(void *block);

#endif
