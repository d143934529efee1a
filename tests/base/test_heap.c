/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/heap.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>

struct entry {
    unsigned key;
    struct hence_heap_node node;
};

static struct entry *of_node(const struct hence_heap_node *node)
{
    return (struct entry *)((char *)(uintptr_t)node - offsetof(struct entry, node));
}

static unsigned long compared;

static bool is_before(const struct hence_heap_node *a, const struct hence_heap_node *b)
{
    compared++;
    return of_node(a)->key < of_node(b)->key;
}

static void add(struct hence_heap_node **top, struct entry *entry, unsigned key)
{
    entry->key = key;
    hence_heap_add(top, &entry->node, is_before);
}

static unsigned take(struct hence_heap_node **top)
{
    return of_node(hence_heap_take(top, is_before))->key;
}

Test(heap, the_first_one_is_at_the_top_in_whatever_order_they_came)
{
    static const unsigned keys[] = {3, 1, 4, 1, 5, 9, 2, 6};
    struct entry entries[8];
    struct hence_heap_node *top = NULL;
    for (size_t i = 0; i < 8; i++)
        add(&top, &entries[i], keys[i]);
    static const unsigned sorted[] = {1, 1, 2, 3, 4, 5, 6, 9};
    for (size_t i = 0; i < 8; i++) {
        cr_assert_eq(of_node(top)->key, sorted[i]);
        cr_assert_eq(take(&top), sorted[i]);
    }
    cr_assert_null(top);
}

Test(heap, what_is_added_between_takes_is_taken_in_its_turn)
{
    enum {
        N = 64,
        ROUNDS = 20000
    };
    static struct entry entries[N];
    unsigned there[N] = {0}; /* how many of each key */
    struct hence_heap_node *top = NULL;
    unsigned long random = 12345;
    struct entry *unused[N];
    size_t unused_count = N;
    for (size_t i = 0; i < N; i++)
        unused[i] = &entries[i];
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 6364136223846793005ul + 1442695040888963407ul;
        unsigned key = (unsigned)(random >> 40) % N;
        if (unused_count && (unused_count == N || random >> 63)) {
            there[key]++;
            add(&top, unused[--unused_count], key);
            continue;
        }
        unsigned least = 0;
        while (!there[least])
            least++;
        struct entry *first = of_node(hence_heap_take(&top, is_before));
        cr_assert_eq(first->key, least);
        there[least]--;
        unused[unused_count++] = first;
    }
}

/* The key of the i-th of n that is added; each key once: 48271 and 100,000 have no common divisor. */
static unsigned rising(unsigned i, unsigned n)
{
    (void)n;
    return i;
}

static unsigned falling(unsigned i, unsigned n)
{
    return n - 1 - i;
}

static unsigned mixed(unsigned i, unsigned n)
{
    return (unsigned)(i * 48271ul % n);
}

Test(heap, a_hundred_thousand_of_them_take_n_log_n_comparisons_in_any_order)
{
    enum {
        N = 100000
    };
    static struct entry entries[N];
    static unsigned (*const orders[])(unsigned i, unsigned n) = {rising, falling, mixed};
    for (size_t order = 0; order < 3; order++) {
        struct hence_heap_node *top = NULL;
        compared = 0;
        for (unsigned i = 0; i < N; i++)
            add(&top, &entries[i], orders[order](i, N));
        for (unsigned i = 0; i < N; i++)
            cr_assert_eq(take(&top), i);
        cr_assert_leq(compared, 34ul * N, "log2(N) is 17; there were %lu", compared);
    }
}
