/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_CORO_CONTEXT_H
#define HENCE_LIB_CORO_CONTEXT_H

/*
 * Switching between stacks: the seam behind which another way to do it can be put. There are three:
 *
 *   by a jump       on x86-64: the registers that a function must keep are pushed, the stack pointers
 *                   exchanged, and those of the other stack popped
 *   by longjmp      elsewhere, and with -DHENCE_CONTEXT_LONGJMP: sigsetjmp() where it is left, and
 *                   siglongjmp() to go on, on a stack that makecontext() has entered once. Some three times
 *                   slower
 *   by swapcontext  where a sanitizer is part of the program, since it has to be told of each switch and has
 *                   put versions of its own in place of the others; and where the processor keeps a second
 *                   stack of return addresses, which only libc knows how to switch
 *
 * How the processor rounds, and which of its floating-point exceptions trap, is kept with the stack, as a function has to
 * keep it for its caller. swapcontext() does that itself.
 *
 * C++ keeps the exceptions that are being handled for each thread, not for each stack: they are put aside
 * with the stack.
 *
 * What costs most is none of this, but each return to a caller that the processor did not foresee. So the
 * jump does not return but jumps, and whoever can should switch in a tail call.
 */

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include <hence/result.h>

#if defined(__x86_64__) && !defined(__ILP32__) && !defined(HENCE_CONTEXT_LONGJMP)
#define HENCE_CONTEXT_BY_JUMP 1
#else
#define HENCE_CONTEXT_BY_JUMP 0
#endif

/* The control words for floating-point numbers. Elsewhere they are the thread's. */
struct hence_modes {
#if defined(__x86_64__)
    uint32_t sse;
    uint16_t x87;
#elif defined(__aarch64__)
    uint64_t fpcr;
#else
    char none;
#endif
};

/* Where a flow of control goes on. */
struct hence_context {
#if HENCE_CONTEXT_BY_JUMP
    void *stack_pointer;
#else
    sigjmp_buf registers;
#endif
    struct hence_modes modes;
    void (*entry)(void *arg); /* what it begins with */
    void *arg;
    /* For sanitizers. The stack of a thread itself is known once it has been left. */
    const void *bottom;
    size_t size;
    void *fake_stack, *fiber;
    unsigned long valgrind_stack; /* its number there */
    bool is_left_for_good; /* what stands on its stack will not be used again, but for its entry */
    ucontext_t *slow;      /* instead of the registers: the owner has room for it */
};

/* Has a sanitizer forget what stood in this memory, which is about to be unmapped: frames were left there that
 * never returned, and something else may be mapped there next. */
void hence_context_forget(void *p, size_t size);

/* Has `here` begin with entry(arg), which must not return, on the `size` bytes of stack from `bottom`
 * on, when it is first switched to. */
void hence_context_begin(struct hence_context *here, void *bottom, size_t size,
                         void (*entry)(void *arg), void *arg);

/* When it is next switched to it finds the floating-point control words as they are now. To be called for one that
 * begins. */
static inline void hence_context_inherit(struct hence_context *here)
{
#if defined(__x86_64__)
    __asm__ volatile("stmxcsr %0" : "=m"(here->modes.sse));
    __asm__ volatile("fnstcw %0" : "=m"(here->modes.x87));
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(here->modes.fpcr));
#else
    (void)here;
#endif
}

/* Nobody will switch to it again: its stack may be unmapped. */
void hence_context_end(struct hence_context *here);

/* Does a sanitizer or valgrind watch this program? Then no stack should be used twice. */
bool hence_context_is_watched(void);

/* Goes on at `to`, which is given the message. Returns when somebody switches to `from`: with what that
 * one gives. A context that begins gets none. Chosen once, when the library is loaded. */
extern hence_result (*hence_context_switch)(struct hence_context *from, struct hence_context *to,
                                            hence_result message);
/* The same for who is given messages whose first word is true or false, and wants only that. */
extern bool (*hence_context_ask)(struct hence_context *from, struct hence_context *to,
                                 hence_result message);

#endif
