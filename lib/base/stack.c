/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/stack.h"

#include <stddef.h>

_Thread_local struct hence_stack *hence_stack_here;

static _Thread_local struct hence_stack of_thread;

void *hence_stack_find_row(enum hence_turns turns)
{
    for (const struct hence_stack *stack = hence_stack_here; stack; stack = stack->outer) {
        if (stack->rows[turns])
            return stack->rows[turns];
    }
    return of_thread.rows[turns];
}

void hence_stack_set_row(enum hence_turns turns, void *row)
{
    struct hence_stack *stack = hence_stack_here ? hence_stack_here : &of_thread;
    stack->rows[turns] = row;
}
