/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_VALUE_LIST_H
#define HENCE_LIB_VALUE_LIST_H

#include <hence/list.h>

struct hence_list {
    size_t size, capacity;
    hence_list *next; /* of those that are to be destroyed */
    hence_result results[];
};

/* A winner whose fields are still to be filled in, or NULL. */
hence_winner *hence_winner_new(void);

#endif
