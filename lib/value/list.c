/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists and winners. A list within a list within a list, a million deep, is destroyed in constant
 * stack: while one is being destroyed, those that turn up wait in a row of their own.
 */
#include "value/list.h"

#include <errno.h>

#include "base/memory.h"

extern inline const hence_list *hence_as_list(const hence_result *in);
extern inline hence_list *hence_take_list(hence_result *in);
extern inline const hence_winner *hence_as_winner(const hence_result *in);
extern inline hence_winner *hence_take_winner(hence_result *in);

static size_t list_size(size_t n)
{
    return sizeof(hence_list) + n * sizeof(hence_result);
}

hence_list *hence_list_new(size_t n)
{
    if (n > (SIZE_MAX - sizeof(hence_list)) / sizeof(hence_result))
        return NULL;
    hence_list *list = hence_memory_get(list_size(n));
    if (!list)
        return NULL;
    list->size = list->capacity = n;
    for (size_t i = 0; i < n; i++)
        list->results[i] = hence_none();
    return list;
}

/* The same list with room for more, or NULL. */
static hence_list *grow(hence_list *list)
{
    hence_list *grown = hence_list_new(list->capacity < 4 ? 8 : list->capacity * 2);
    if (!grown)
        return NULL;
    grown->size = list->size;
    memcpy(grown->results, list->results, list->size * sizeof *list->results);
    hence_memory_put(list, list_size(list->capacity));
    return grown;
}

int hence_list_append(hence_list **list, hence_result r)
{
    if (*list && (*list)->size == (*list)->capacity) {
        hence_list *grown = grow(*list);
        if (grown)
            *list = grown;
    }
    if (!*list || (*list)->size == (*list)->capacity) {
        hence_drop(r);
        return -ENOMEM;
    }
    (*list)->results[(*list)->size++] = r;
    return 0;
}

hence_winner *hence_winner_new(void)
{
    return hence_memory_get_zeroed(sizeof(hence_winner));
}

/* ---- destroyed ---- */

static _Thread_local hence_list *doomed_lists;
static _Thread_local hence_winner *doomed_winners; /* linked through `index` */
static _Thread_local bool destroying;

static void destroy_doomed(void)
{
    destroying = true;
    while (doomed_lists || doomed_winners) {
        if (doomed_lists) {
            hence_list *list = doomed_lists;
            doomed_lists = list->next;
            for (size_t i = 0; i < list->size; i++)
                hence_drop(list->results[i]);
            hence_memory_put(list, list_size(list->capacity));
        } else {
            hence_winner *winner = doomed_winners;
            hence_result r = winner->result;
            doomed_winners = (hence_winner *)(uintptr_t)winner->index;
            hence_memory_put(winner, sizeof *winner);
            hence_drop(r);
        }
    }
    destroying = false;
}

void hence_list_free(void *p)
{
    hence_list *list = p;
    if (!list)
        return;
    list->next = doomed_lists;
    doomed_lists = list;
    if (!destroying)
        destroy_doomed();
}

void hence_winner_free(void *p)
{
    hence_winner *winner = p;
    if (!winner)
        return;
    winner->index = (size_t)(uintptr_t)doomed_winners;
    doomed_winners = winner;
    if (!destroying)
        destroy_doomed();
}

/* ---- taken apart ---- */

hence_result hence_unwrap(hence_result *in, void *arg)
{
    const hence_failure *failure = hence_as_failure(in);
    hence_winner *winner = hence_take_winner(in);
    (void)arg;
    if (winner) {
        hence_result r = hence_take(&winner->result);
        hence_winner_free(winner);
        return r;
    }
    if (hence_failure_index(failure) != SIZE_MAX)
        return hence_fail_with(hence_failure_ref(hence_failure_cause(failure)));
    return hence_take(in);
}

/* ---- looked at ---- */

size_t hence_list_size(const hence_list *list)
{
    return list ? list->size : 0;
}

const hence_result *hence_list_at(const hence_list *list, size_t i)
{
    static const hence_result none = {HENCE_KIND_NONE, 0};
    return i < hence_list_size(list) ? &list->results[i] : &none;
}

int hence_list_set(hence_list *list, size_t i, hence_result r)
{
    if (i >= hence_list_size(list)) {
        hence_drop(r);
        return -EINVAL;
    }
    hence_result before = list->results[i];
    list->results[i] = r;
    hence_drop(before);
    return 0;
}

hence_result hence_list_take(hence_list *list, size_t i)
{
    return i < hence_list_size(list) ? hence_take(&list->results[i]) : hence_none();
}
