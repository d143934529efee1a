/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/slab.h"

/* There if the program runs under AddressSanitizer, MemorySanitizer or LeakSanitizer, however the library was built. */
__attribute__((weak)) extern void __asan_init(void);
__attribute__((weak)) extern void __msan_init(void);
__attribute__((weak)) extern void __lsan_do_leak_check(void);

static void *system_allocate(size_t size, void *arg)
{
    (void)arg;
    return malloc(size);
}

static void *system_resize(void *p, size_t size, void *arg)
{
    (void)arg;
    return realloc(p, size);
}

static void system_release(void *p, void *arg)
{
    (void)arg;
    free(p);
}

static const hence_allocator system_allocator = {
    .allocate = system_allocate,
    .resize = system_resize,
    .release = system_release,
};

static hence_allocator allocator = {
    .allocate = system_allocate,
    .resize = system_resize,
    .release = system_release,
};
static atomic_bool was_used; /* something has been allocated: too late for another allocator */
static bool uses_slabs;

static bool runs_under_valgrind(void)
{
    /* valgrind preloads its own modules into the program that it runs */
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload");
}

static bool runs_under_sanitizer(void)
{
    return __asan_init || __msan_init || __lsan_do_leak_check;
}

void hence_memory_use_slabs(void)
{
    uses_slabs = uses_slabs || hence_slabs_begin();
}

__attribute__((constructor)) static void decide_about_slabs(void)
{
    if (!runs_under_sanitizer() && !runs_under_valgrind())
        hence_memory_use_slabs();
}

int hence_set_allocator(const hence_allocator *chosen)
{
    if (!chosen)
        chosen = &system_allocator;
    if (!chosen->allocate || !chosen->resize || !chosen->release)
        return -EINVAL;
    if (atomic_load_explicit(&was_used, memory_order_relaxed))
        return -EBUSY;
    allocator = *chosen;
    uses_slabs = uses_slabs && chosen == &system_allocator;
    return 0;
}

void *hence_memory_get_slow(size_t size)
{
    if (HENCE_UNLIKELY(!atomic_load_explicit(&was_used, memory_order_relaxed)))
        atomic_store_explicit(&was_used, true, memory_order_relaxed);
    const size_t class = hence_memory_class(size);
    void *p = uses_slabs && class < HENCE_BLOCK_CLASSES ? hence_slab_get(class)
                                                        : allocator.allocate(size, allocator.arg);
    if (p)
        HENCE_COUNT(BLOCKS_MADE);
    return p;
}

void hence_memory_put_slow(void *p, size_t size)
{
    const size_t class = hence_memory_class(size);
    HENCE_COUNT(BLOCKS_ENDED);
    if (uses_slabs && class < HENCE_BLOCK_CLASSES)
        hence_slab_put(p);
    else
        allocator.release(p, allocator.arg);
}

void *hence_memory_resize_large(void *p, size_t size)
{
    if (!p)
        return hence_memory_get_slow(size);
    return allocator.resize(p, size, allocator.arg);
}
