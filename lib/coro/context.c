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
static int (*swap)(ucontext_t *from, const ucontext_t *to) = swapcontext;

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

/* ---- telling valgrind ---- */

enum {
    REGISTER_STACK = 0x1501, /* as in valgrind.h */
    DEREGISTER_STACK = 0x1502
};

/* Valgrind takes these instructions, which do nothing otherwise, for a request. The answer is 0 without it. */
static unsigned long request_of_valgrind(unsigned long request, unsigned long first,
                                         unsigned long second)
{
    unsigned long answer = 0;
#if defined(__x86_64__) && !defined(__ILP32__)
    volatile unsigned long words[6] = {request, first, second, 0, 0, 0};
    __asm__ volatile("rolq $3, %%rdi\n\t"
                     "rolq $13, %%rdi\n\t"
                     "rolq $61, %%rdi\n\t"
                     "rolq $51, %%rdi\n\t"
                     "xchgq %%rbx, %%rbx"
                     : "=d"(answer)
                     : "a"(&words[0]), "0"(answer)
                     : "cc", "memory");
#else
    (void)request;
    (void)first;
    (void)second;
#endif
    return answer;
}

/* ---- jumping ---- */

#if HENCE_CONTEXT_BY_JUMP

/* The message is in the third and fourth register of arguments, and is returned in the two registers of
 * results; the contexts stay where they are, for enter(). To set the control words for floating-point numbers
 * takes less time than to see whether they differ. */
__asm__(".text\n"
        ".p2align 4\n"
        ".globl hence_context_jump\n"
        ".hidden hence_context_jump\n"
        ".type hence_context_jump, @function\n"
        "hence_context_jump:\n\t"
        "endbr64\n\t"
        "pushq %rbp\n\t"
        "pushq %rbx\n\t"
        "pushq %r12\n\t"
        "pushq %r13\n\t"
        "pushq %r14\n\t"
        "pushq %r15\n\t"
        "stmxcsr 8(%rdi)\n\t"
        "fnstcw 12(%rdi)\n\t"
        "movq %rsp, (%rdi)\n\t"
        "movq (%rsi), %rsp\n\t"
        "ldmxcsr 8(%rsi)\n\t"
        "fldcw 12(%rsi)\n\t"
        "popq %r15\n\t"
        "popq %r14\n\t"
        "popq %r13\n\t"
        "popq %r12\n\t"
        "popq %rbx\n\t"
        "popq %rbp\n\t"
        "movq %rdx, %rax\n\t"
        "movq %rcx, %rdx\n\t"
        "popq %r8\n\t"
        "notrack jmpq *%r8\n"
        ".size hence_context_jump, . - hence_context_jump\n");

hence_result hence_context_jump(struct hence_context *from, struct hence_context *to,
                                hence_result message);
/* The low byte of the first register of results is what a bool is returned in. */
bool hence_context_jump_and_ask(struct hence_context *from, struct hence_context *to,
                                hence_result message) __asm__("hence_context_jump");

_Static_assert(offsetof(struct hence_context, stack_pointer) == 0 &&
                   offsetof(struct hence_context, modes.sse) == 8 &&
                   offsetof(struct hence_context, modes.x87) == 12,
               "where the jump expects them");

static void enter(struct hence_context *from, struct hence_context *here)
{
    (void)from;
    here->entry(here->arg);
}

static void jump(struct hence_context *from, struct hence_context *to)
{
    hence_context_jump(from, to, hence_none());
}

static void prepare_jump(struct hence_context *here)
{
    enum {
        KEPT = 6, /* registers that are popped first */
        ROOM = KEPT + 4
    };
    void **stack = (void **)(((uintptr_t)here->bottom + here->size) & ~(uintptr_t)15) - ROOM;
    for (int i = 0; i < ROOM; i++)
        stack[i] = NULL; /* a return address of zero, too: here the stack ends */
    stack[KEPT] = (void *)(uintptr_t)enter;
    here->stack_pointer = stack;
}

#else

/* siglongjmp(), without what _FORTIFY_SOURCE makes of it: it refuses to go to another stack. */
extern void long_jump(sigjmp_buf registers, int value) __asm__("siglongjmp")
    __attribute__((noreturn));

static inline void set_modes(const struct hence_modes *modes)
{
#if defined(__x86_64__)
    __asm__ volatile("ldmxcsr %0" : : "m"(modes->sse));
    __asm__ volatile("fldcw %0" : : "m"(modes->x87));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(modes->fpcr));
#else
    (void)modes;
#endif
}

static __attribute__((noinline)) void jump(struct hence_context *from, struct hence_context *to)
{
    hence_context_inherit(from);
    if (sigsetjmp(from->registers, 0) == 0)
        long_jump(to->registers, 1);
    set_modes(&from->modes);
}

static struct hence_context *of_halves(unsigned high, unsigned low)
{
    return (struct hence_context *)((uintptr_t)high << 16 << 16 | (uintptr_t)low);
}

static void enter(unsigned high, unsigned low)
{
    struct hence_context *here = of_halves(high, low);
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

static void prepare_jump(struct hence_context *here)
{
    const uintptr_t address = (uintptr_t)here;
    ucontext_t start;
    getcontext(&start);
    start.uc_stack.ss_sp = (void *)(uintptr_t)here->bottom;
    start.uc_stack.ss_size = here->size;
    start.uc_link = NULL;
    makecontext(&start, (void (*)(void))(uintptr_t)enter, 2, (unsigned)(address >> 16 >> 16),
                (unsigned)address);
    enter_first(&start);
}

#endif

/* ---- beginning ---- */

static void enter_by_swapcontext(unsigned high, unsigned low)
{
    struct hence_context *here =
        (struct hence_context *)((uintptr_t)high << 16 << 16 | (uintptr_t)low);
    arrive(NULL);
    here->entry(here->arg);
}

static void prepare_swap(struct hence_context *here)
{
    const uintptr_t address = (uintptr_t)here;
    getcontext(here->slow);
    here->slow->uc_stack.ss_sp = (void *)(uintptr_t)here->bottom;
    here->slow->uc_stack.ss_size = here->size;
    here->slow->uc_link = NULL;
    makecontext(here->slow, (void (*)(void))(uintptr_t)enter_by_swapcontext, 2,
                (unsigned)(address >> 16 >> 16), (unsigned)address);
}

void hence_context_forget(void *p, size_t size)
{
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(p, size);
}

void hence_context_begin(struct hence_context *here, void *bottom, size_t size,
                         void (*entry)(void *arg), void *arg)
{
    here->entry = entry;
    here->arg = arg;
    here->bottom = bottom;
    here->size = size;
    if (__lsan_register_root_region)
        __lsan_register_root_region(bottom, size);
    if (__tsan_create_fiber)
        here->fiber = __tsan_create_fiber(0);
    here->valgrind_stack =
        request_of_valgrind(REGISTER_STACK, (uintptr_t)bottom, (uintptr_t)bottom + size);
    if (by_swapcontext)
        prepare_swap(here);
    else
        prepare_jump(here);
}

void hence_context_end(struct hence_context *here)
{
    request_of_valgrind(DEREGISTER_STACK, here->valgrind_stack, 0);
    if (__lsan_unregister_root_region)
        __lsan_unregister_root_region(here->bottom, here->size);
    if (__tsan_destroy_fiber)
        __tsan_destroy_fiber(here->fiber);
}

/* ---- switching ---- */

static _Thread_local hence_result passed;

static hence_result switch_slowly(struct hence_context *from, struct hence_context *to,
                                  hence_result message)
{
    struct cxx_exceptions mine = {NULL, 0}, *of_thread = NULL;
    if (__cxa_get_globals) {
        of_thread = __cxa_get_globals();
        mine = *of_thread;
        *of_thread = (struct cxx_exceptions){NULL, 0}; /* for one that begins */
    }
    passed = message;
    if (by_swapcontext) {
        leave(from, to, from->is_left_for_good);
        swap(from->slow, to->slow); /* comes back only to those who are not left for good */
        arrive(from->fake_stack);
    } else {
        jump(from, to);
    }
    if (of_thread)
        *of_thread = mine;
    return passed;
}

static bool ask_slowly(struct hence_context *from, struct hence_context *to, hence_result message)
{
    return switch_slowly(from, to, message).kind != 0;
}

hence_result (*hence_context_switch)(struct hence_context *from, struct hence_context *to,
                                     hence_result message) = switch_slowly;
bool (*hence_context_ask)(struct hence_context *from, struct hence_context *to,
                          hence_result message) = ask_slowly;

/* ---- which way ---- */

#if HENCE_CONTEXT_BY_JUMP

/* Does the processor keep a stack of return addresses of its own? */
static bool has_shadow_stack(void)
{
    unsigned long pointer = 0;
    __asm__ volatile("rdsspq %0" : "+r"(pointer)); /* does nothing where there is none */
    return pointer != 0;
}

static void use_jump(void)
{
    hence_context_switch = hence_context_jump;
    hence_context_ask = hence_context_jump_and_ask;
}

#else

static bool has_shadow_stack(void)
{
    return false; /* longjmp() knows of it */
}

static void use_jump(void)
{
}

#endif

__attribute__((constructor)) static void choose(void)
{
    const bool has_sanitizer = __sanitizer_start_switch_fiber || __tsan_switch_to_fiber;
    by_swapcontext = has_sanitizer || has_shadow_stack();
    if (!by_swapcontext && !__cxa_get_globals)
        use_jump();
    if (!has_sanitizer)
        return;
    /* libc's, not the one that the sanitizer has put in its place */
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *found = libc ? dlsym(libc, "swapcontext") : NULL;
    if (found)
        memcpy(&swap, &found, sizeof swap);
}

bool hence_context_is_watched(void)
{
    const char *preloaded = getenv("LD_PRELOAD"); /* valgrind's modules come this way */
    return by_swapcontext || (preloaded && strstr(preloaded, "vgpreload"));
}
