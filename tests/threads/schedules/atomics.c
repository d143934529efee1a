/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Atomic operations as C's memory model has them. All stores to an object are kept. A load may give any of them,
 * down to the latest one that the thread must know of: because it is its own, or it, or a load that gave it,
 * happens before. An operation that changes the value has the latest one. What a store publishes is the clock of
 * its thread if it releases, and what the store before it published if it is the outcome of a read-modify-write.
 * That more than the latest store can be seen is a surprise, of which a schedule has a bounded number; so is a
 * weak compare-and-swap that fails without a reason. Sequential consistency is not relied upon: such operations
 * acquire and release, no more.
 *
 * clang does not tell a weak compare-and-swap from a strong one: there none fails without a reason.
 *
 * Not found: what needs a load to give a store that comes later, or stores to one object in another order than
 * the one in which they were made. Fences are refused.
 */
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS 512
#define STORES  96

struct store {
    uint64_t value;
    struct schedule_clock published;
    uint8_t thread;
    uint16_t seen[SCHEDULE_THREADS]; /* when each thread gave or got it first */
};

struct object {
    struct store stores[STORES];
    int count;
};

static struct object objects[OBJECTS];
static uint16_t object_count;

void schedule_atomics_reset(void)
{
    object_count = 0;
}

static bool acquires(int order)
{
    return order == __ATOMIC_ACQUIRE || order == __ATOMIC_CONSUME || order == __ATOMIC_ACQ_REL ||
           order == __ATOMIC_SEQ_CST;
}

static bool releases(int order)
{
    return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

static uint64_t get_value(const volatile void *p, int size)
{
    switch (size) {
    case 1:
        return *(const volatile uint8_t *)p;
    case 2:
        return *(const volatile uint16_t *)p;
    case 4:
        return *(const volatile uint32_t *)p;
    default:
        return *(const volatile uint64_t *)p;
    }
}

static void set_value(volatile void *p, int size, uint64_t value)
{
    memcpy((void *)(uintptr_t)p, &value, (size_t)size); /* little-endian */
}

static struct object *find_object(const volatile void *p, int size)
{
    uint16_t *number = schedule_memory_number(p);
    if (!*number) {
        if (object_count == OBJECTS)
            schedule_fail("too many atomic objects");
        struct object *object = &objects[object_count++];
        *number = object_count;
        object->count = 1;
        object->stores[0] = (struct store){.value = get_value(p, size)};
    }
    return &objects[*number - 1];
}

/* The earliest store that the thread may still get. */
static int earliest(const struct object *object)
{
    const struct schedule_clock *known = schedule_known();
    for (int i = object->count - 1; i > 0; i--) {
        const struct store *store = &object->stores[i];
        for (int j = 0; j < SCHEDULE_THREADS; j++)
            if (store->seen[j] && store->seen[j] <= known->at[j])
                return i;
    }
    return 0;
}

static uint64_t take_value(struct store *store, int order)
{
    const int self = schedule_self();
    if (!store->seen[self])
        store->seen[self] = schedule_known()->at[self];
    if (acquires(order))
        schedule_clock_join(schedule_known(), &store->published);
    return store->value;
}

/* The latest store, or an earlier one that differs from `unlike`. */
static struct store *choose_store(struct object *object, const uint64_t *unlike)
{
    struct store *choices[STORES];
    int count = 0;
    choices[count++] = &object->stores[object->count - 1];
    for (int i = object->count - 2; schedule_may_surprise() && i >= earliest(object); i--)
        if (!unlike || object->stores[i].value != *unlike)
            choices[count++] = &object->stores[i];
    const int chosen = schedule_choose(count, "gets the latest value, or an earlier one");
    if (chosen)
        schedule_take_surprise();
    return choices[chosen];
}

static void append(struct object *object, uint64_t value, int order, bool goes_on)
{
    const int self = schedule_self();
    if (object->count == STORES)
        schedule_fail("more than %d stores to one object: it may not end", STORES);
    const struct store *before = &object->stores[object->count - 1];
    struct store *store = &object->stores[object->count++];
    *store = (struct store){.value = value, .thread = (uint8_t)self};
    store->seen[self] = schedule_known()->at[self];
    if (goes_on)
        store->published = before->published;
    if (releases(order))
        schedule_clock_join(&store->published, schedule_known());
    schedule_memory_step(); /* what the thread does from here on is not published */
}

/* ---- the operations ---- */

static void stop_before(const char *what, const volatile void *p, enum schedule_touch touch)
{
    schedule_point(&(struct schedule_operation){
        .what = what, .object = (const void *)(uintptr_t)p, .touch = touch});
}

static uint64_t load(const volatile void *p, int size, int order)
{
    if (!schedule_memory_is_shared(p))
        return get_value(p, size);
    stop_before("loads", p, READS);
    schedule_memory_check(p, (size_t)size, "loads");
    return take_value(choose_store(find_object(p, size), NULL), order);
}

static void store(volatile void *p, int size, uint64_t value, int order)
{
    const bool is_shared = schedule_memory_is_shared(p);
    /* atomic_init(), which clang compiles to an ordinary write: nobody else knows of it */
    const bool is_first =
        is_shared && !*schedule_memory_number(p) && !schedule_memory_was_written(p);
    if (is_shared && !is_first)
        stop_before("stores", p, WRITES);
    if (is_shared)
        schedule_memory_check(p, (size_t)size, "stores");
    set_value(p, size, value);
    if (is_first)
        find_object(p, size);
    else if (is_shared)
        append(find_object(p, size), value, order, false);
}

enum change {
    EXCHANGE,
    ADD,
    SUBTRACT,
    AND,
    OR
};

static uint64_t changed(uint64_t value, enum change change, uint64_t by)
{
    switch (change) {
    case ADD:
        return value + by;
    case SUBTRACT:
        return value - by;
    case AND:
        return value & by;
    case OR:
        return value | by;
    default:
        return by;
    }
}

static uint64_t trimmed(uint64_t value, int size)
{
    return size == 8 ? value : value & ((UINT64_C(1) << 8 * size) - 1);
}

static uint64_t modify(volatile void *p, int size, enum change change, uint64_t by, int order)
{
    const bool is_shared = schedule_memory_is_shared(p);
    if (is_shared) {
        stop_before(change == EXCHANGE ? "exchanges" : "changes", p, WRITES);
        schedule_memory_check(p, (size_t)size, "changes");
    }
    struct object *object = is_shared ? find_object(p, size) : NULL;
    const uint64_t now = get_value(p, size);
    const uint64_t after = trimmed(changed(now, change, by), size);
    if (object) {
        take_value(&object->stores[object->count - 1], order);
        append(object, after, order, true);
    }
    set_value(p, size, after);
    return now;
}

/* What was there; if that is what was expected, it has been replaced. */
static uint64_t compare_exchange(volatile void *p, int size, uint64_t expected, uint64_t desired,
                                 int success, int failure, bool is_weak, bool *done)
{
    const uint64_t now = get_value(p, size);
    if (!schedule_memory_is_shared(p)) {
        *done = now == expected;
        if (*done)
            set_value(p, size, desired);
        return now;
    }
    stop_before("compares and exchanges", p, WRITES);
    schedule_memory_check(p, (size_t)size, "compares and exchanges");
    struct object *object = find_object(p, size);
    struct store *last = &object->stores[object->count - 1];
    struct store *chosen = choose_store(object, &expected);
    *done = chosen == last && last->value == expected;
    if (*done && is_weak && schedule_may_surprise() &&
        schedule_choose(2, "succeeds, or fails without a reason")) {
        schedule_take_surprise();
        *done = false;
    }
    if (!*done)
        return take_value(chosen, failure);
    take_value(last, success);
    append(object, desired, success, true);
    set_value(p, size, desired);
    return expected;
}

/* ---- what the compiler calls ---- */

#define ATOMICS(bits, type)                                                                        \
    type __tsan_atomic##bits##_load(const volatile void *p, int order);                            \
    void __tsan_atomic##bits##_store(volatile void *p, type value, int order);                     \
    type __tsan_atomic##bits##_exchange(volatile void *p, type value, int order);                  \
    type __tsan_atomic##bits##_fetch_add(volatile void *p, type value, int order);                 \
    type __tsan_atomic##bits##_fetch_sub(volatile void *p, type value, int order);                 \
    type __tsan_atomic##bits##_fetch_and(volatile void *p, type value, int order);                 \
    type __tsan_atomic##bits##_fetch_or(volatile void *p, type value, int order);                  \
    _Bool __tsan_atomic##bits##_compare_exchange_strong(volatile void *p, void *expected,          \
                                                        type desired, int success, int failure);   \
    _Bool __tsan_atomic##bits##_compare_exchange_weak(volatile void *p, void *expected,            \
                                                      type desired, int success, int failure);     \
    type __tsan_atomic##bits##_compare_exchange_val(volatile void *p, type expected, type desired, \
                                                    int success, int failure);                     \
    type __tsan_atomic##bits##_load(const volatile void *p, int order)                             \
    {                                                                                              \
        return (type)load(p, bits / 8, order);                                                     \
    }                                                                                              \
    void __tsan_atomic##bits##_store(volatile void *p, type value, int order)                      \
    {                                                                                              \
        store(p, bits / 8, value, order);                                                          \
    }                                                                                              \
    type __tsan_atomic##bits##_exchange(volatile void *p, type value, int order)                   \
    {                                                                                              \
        return (type)modify(p, bits / 8, EXCHANGE, value, order);                                  \
    }                                                                                              \
    type __tsan_atomic##bits##_fetch_add(volatile void *p, type value, int order)                  \
    {                                                                                              \
        return (type)modify(p, bits / 8, ADD, value, order);                                       \
    }                                                                                              \
    type __tsan_atomic##bits##_fetch_sub(volatile void *p, type value, int order)                  \
    {                                                                                              \
        return (type)modify(p, bits / 8, SUBTRACT, value, order);                                  \
    }                                                                                              \
    type __tsan_atomic##bits##_fetch_and(volatile void *p, type value, int order)                  \
    {                                                                                              \
        return (type)modify(p, bits / 8, AND, value, order);                                       \
    }                                                                                              \
    type __tsan_atomic##bits##_fetch_or(volatile void *p, type value, int order)                   \
    {                                                                                              \
        return (type)modify(p, bits / 8, OR, value, order);                                        \
    }                                                                                              \
    static _Bool compare_exchange_##bits(volatile void *p, type *expected, type desired,           \
                                         int success, int failure, _Bool is_weak)                  \
    {                                                                                              \
        bool done;                                                                                 \
        *expected = (type)compare_exchange(p, bits / 8, *expected, desired, success, failure,      \
                                           is_weak, &done);                                        \
        return done;                                                                               \
    }                                                                                              \
    _Bool __tsan_atomic##bits##_compare_exchange_strong(volatile void *p, void *expected,          \
                                                        type desired, int success, int failure)    \
    {                                                                                              \
        return compare_exchange_##bits(p, expected, desired, success, failure, 0);                 \
    }                                                                                              \
    _Bool __tsan_atomic##bits##_compare_exchange_weak(volatile void *p, void *expected,            \
                                                      type desired, int success, int failure)      \
    {                                                                                              \
        return compare_exchange_##bits(p, expected, desired, success, failure, 1);                 \
    }                                                                                              \
    type __tsan_atomic##bits##_compare_exchange_val(volatile void *p, type expected, type desired, \
                                                    int success, int failure)                      \
    {                                                                                              \
        compare_exchange_##bits(p, &expected, desired, success, failure, 0);                       \
        return expected;                                                                           \
    }

ATOMICS(8, unsigned char)
ATOMICS(16, unsigned short)
ATOMICS(32, unsigned)
ATOMICS(64, unsigned long)

void __tsan_atomic_thread_fence(int order);

void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    schedule_fail("a fence: what it orders is not known here");
}
