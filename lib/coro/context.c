/* SPDX-License-Identifier: BSD-3-Clause */
#include "coro/context.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hence/base.h>

/* ---- what watches, if it is part of the program ---- */

#define WEAK __attribute__((weak))

void __sanitizer_start_switch_fiber(void **fake_stack, const void *bottom, size_t size) WEAK;
void __sanitizer_finish_switch_fiber(void *fake_stack, const void **bottom, size_t *size) WEAK;
void __asan_unpoison_memory_region(const volatile void *p, size_t size) WEAK;
void __lsan_register_root_region(const void *p, size_t size) WEAK;
void __lsan_unregister_root_region(const void *p, size_t size) WEAK;
void *__tsan_get_current_fiber(void) WEAK;
void *__tsan_create_fiber(unsigned flags) WEAK;
void __tsan_destroy_fiber(void *fiber) WEAK;
void __tsan_switch_to_fiber(void *fiber, unsigned flags) WEAK;

/* What C++ knows of the exceptions that this thread handles. */
struct cxx_exceptions {
    void *caught;
    unsigned uncaught;
};
struct cxx_exceptions *__cxa_get_globals(void) WEAK;

static bool by_swapcontext;
static int (*swap)(ucontext_t *from, const ucontext_t *to);

__attribute__((constructor)) static void choose(void)
{
    by_swapcontext = __sanitizer_start_switch_fiber || __tsan_switch_to_fiber;
    if (!by_swapcontext)
        return;
    /* not the one that the sanitizer has put in its place */
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *found = libc ? dlsym(libc, "swapcontext") : NULL;
    swap = swapcontext;
    if (found)
        memcpy(&swap, &found, sizeof swap);
}

bool hence_context_is_watched(void)
{
    const char *preloaded = getenv("LD_PRELOAD"); /* valgrind's modules come this way */
    return by_swapcontext || (preloaded && strstr(preloaded, "vgpreload"));
}

/* ---- jumping ---- */

/* siglongjmp(), without what _FORTIFY_SOURCE makes of it. */
extern void hence_context_jump(sigjmp_buf registers, int value) __asm__("siglongjmp")
    __attribute__((noreturn));

static __attribute__((noinline)) void jump(struct hence_context *from, struct hence_context *to)
{
    if (sigsetjmp(from->registers, 0) == 0)
        hence_context_jump(to->registers, 1);
}

/* ---- telling the sanitizers ---- */

static _Thread_local struct hence_context *left; /* the one that was left last */

static void leave(struct hence_context *from, struct hence_context *to, bool is_last)
{
    left = from;
    if (__tsan_switch_to_fiber) {
        from->fiber = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(to->fiber, 0);
    }
    if (__sanitizer_start_switch_fiber)
        __sanitizer_start_switch_fiber(is_last ? NULL : &from->fake_stack, to->bottom, to->size);
}

static void arrive(void *fake_stack)
{
    if (__sanitizer_finish_switch_fiber)
        __sanitizer_finish_switch_fiber(fake_stack, &left->bottom, &left->size);
}

/* ---- beginning ---- */

static void enter(unsigned high, unsigned low)
{
    struct hence_context *here =
        (struct hence_context *)((uintptr_t)high << 16 << 16 | (uintptr_t)low);
    if (by_swapcontext)
        arrive(NULL);
    else
        jump(here, left);
    here->entry(here->arg);
}

/* enter() comes back at once: from then on it is jumped to. */
static __attribute__((noinline)) void enter_first(const ucontext_t *start)
{
    struct hence_context back;
    left = &back;
    if (sigsetjmp(back.registers, 0) == 0)
        setcontext(start);
}

void hence_context_begin(struct hence_context *here, void *bottom, size_t size,
                         void (*entry)(void *arg), void *arg)
{
    const uintptr_t address = (uintptr_t)here;
    ucontext_t first, *start = by_swapcontext ? &here->slow : &first;

    here->entry = entry;
    here->arg = arg;
    here->bottom = bottom;
    here->size = size;
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(bottom, size); /* of what was mapped here before */
    if (__lsan_register_root_region)
        __lsan_register_root_region(bottom, size);
    if (__tsan_create_fiber)
        here->fiber = __tsan_create_fiber(0);

    getcontext(start);
    start->uc_stack.ss_sp = bottom;
    start->uc_stack.ss_size = size;
    start->uc_link = NULL;
    makecontext(start, (void (*)(void))(uintptr_t)enter, 2, (unsigned)(address >> 16 >> 16),
                (unsigned)address);
    if (!by_swapcontext)
        enter_first(start);
}

void hence_context_end(struct hence_context *here)
{
    if (__lsan_unregister_root_region)
        __lsan_unregister_root_region(here->bottom, here->size);
    if (__tsan_destroy_fiber)
        __tsan_destroy_fiber(here->fiber);
}

/* ---- switching ---- */

void hence_context_switch(struct hence_context *from, struct hence_context *to, bool is_last)
{
    struct cxx_exceptions mine = {NULL, 0}, *of_thread = NULL;
    if (HENCE_UNLIKELY(__cxa_get_globals != NULL)) {
        of_thread = __cxa_get_globals();
        mine = *of_thread;
        *of_thread = (struct cxx_exceptions){NULL, 0}; /* for one that begins */
    }
    if (HENCE_UNLIKELY(by_swapcontext)) {
        leave(from, to, is_last);
        swap(&from->slow, &to->slow);
        arrive(is_last ? NULL : from->fake_stack);
    } else {
        jump(from, to);
    }
    if (HENCE_UNLIKELY(of_thread != NULL))
        *of_thread = mine;
}
