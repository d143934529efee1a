/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_CORO_CONTEXT_H
#define HENCE_LIB_CORO_CONTEXT_H

/*
 * Switching between stacks: the one file that another backend would replace.
 *
 * A stack is entered once by makecontext(), and from then on by siglongjmp() to where it was left by
 * sigsetjmp(): a few registers each, no system call, no assembly of ours. Both are meant for one stack
 * only, so three things have to be known of them:
 *
 *   - _FORTIFY_SOURCE makes siglongjmp() refuse to go to another stack: the function is reached by a
 *     name of our own instead.
 *   - Sanitizers replace it by a version that takes the jump for the end of the frames in between.
 *     Where one is part of the program, libc's own swapcontext() switches, and the sanitizer is told.
 *   - C++ keeps the exceptions that are being handled for each thread, not for each stack: they are put
 *     aside with the stack.
 */

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

/* Where a flow of control goes on. */
struct hence_context {
    sigjmp_buf registers;
    void (*entry)(void *arg); /* what it begins with */
    void *arg;
    /* For sanitizers. The stack of a thread itself is known once it has been left. */
    const void *bottom;
    size_t size;
    void *fake_stack, *fiber;
    ucontext_t slow; /* instead of the registers, where a sanitizer watches */
};

/* Has `here` begin with entry(arg), which must not return, on the `size` bytes of stack from `bottom`
 * on, when it is first switched to. */
void hence_context_begin(struct hence_context *here, void *bottom, size_t size,
                         void (*entry)(void *arg), void *arg);

/* Goes on at `to`. Returns when somebody switches to `from`. `is_last`: of what stands on this stack
 * only the frames that return then will still be used. */
void hence_context_switch(struct hence_context *from, struct hence_context *to, bool is_last);

/* Nobody will switch to it again: its stack may be unmapped. */
void hence_context_end(struct hence_context *here);

/* Does a sanitizer or valgrind watch this program? Then no stack should be used twice. */
bool hence_context_is_watched(void);

#endif
