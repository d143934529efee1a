/* SPDX-License-Identifier: BSD-3-Clause */
#include "value/portable.h"

#include <stdatomic.h>

#include "base/memory.h"
#include "value/failure.h"
#include "value/list.h"

struct box {
    struct hence_waitable waitable; /* the slot is the value */
    atomic_uint references;
};

static void ref_box(struct hence_waitable *self)
{
    atomic_fetch_add_explicit(&((struct box *)self)->references, 1, memory_order_relaxed);
}

static void unref_box(struct hence_waitable *self)
{
    struct box *box = (struct box *)self;
    if (atomic_fetch_sub_explicit(&box->references, 1, memory_order_acq_rel) != 1)
        return;
    hence_result r = box->waitable.slot;
    hence_memory_put(box, sizeof *box);
    hence_drop(r);
}

static const struct hence_part box_part = {
    .ref = ref_box,
    .unref = unref_box,
    .is_for_any_thread = true,
};

/* Moves what the slot owns into a box, to which the slot refers then. */
static bool put_into_box(hence_result *slot)
{
    struct box *box = hence_memory_get(sizeof *box);
    if (!box)
        return false;
    box->waitable.consumer.part = &box_part;
    box->waitable.slot = *slot;
    atomic_init(&box->references, 1);
    *slot = hence_shared_with(&box->waitable);
    return true;
}

/* Makes `r`, which refers to something of this thread, refer to a box instead. */
static bool make_anew(hence_result *r)
{
    struct hence_waitable *keeper = hence_chained(r);
    if (keeper->slot.kind > HENCE_KIND_LAST && !put_into_box(&keeper->slot))
        return false;
    hence_result anew = hence_read_slot(keeper);
    hence_drop(*r);
    *r = anew;
    return true;
}

/* Makes one result portable, and puts what it holds onto the row of lists that are still to be looked at. */
static bool convert(hence_result *r, hence_list **lists)
{
    for (;;) {
        if (r->kind == HENCE_KIND_SHARED) {
            if (hence_is_portable(r)) /* so is what it refers to */
                return true;
            struct hence_waitable *keeper = hence_chained(r);
            const bool is_new = keeper->slot.kind > HENCE_KIND_LAST;
            if (!make_anew(r))
                return false;
            if (!is_new)
                continue; /* it referred to a further one, or is no reference at all now */
            r = &hence_chained(r)->slot;
        } else if (r->kind == (uint64_t)(uintptr_t)hence_winner_free) {
            r = &((hence_winner *)(uintptr_t)r->word)->result;
        } else {
            break;
        }
    }
    if (r->kind == (uint64_t)(uintptr_t)hence_list_free) {
        hence_list *list = (hence_list *)(uintptr_t)r->word;
        list->next = *lists;
        *lists = list;
    }
    return true;
}

hence_result hence_make_portable(hence_result r)
{
    hence_list *lists = NULL;
    bool ok = !hence_is_chain(&r);
    if (!ok) {
        hence_drop(r);
        return hence_refuse_at(NULL,
                               "a chain cannot go to another thread: what is to be waited for "
                               "belongs to this one");
    }
    ok = convert(&r, &lists);
    while (ok && lists) {
        hence_list *list = lists;
        lists = list->next;
        for (size_t i = 0; ok && i < list->size; i++)
            ok = convert(&list->results[i], &lists);
    }
    if (ok)
        return r;
    hence_drop(r);
    return hence_fail_static(HENCE_ENOMEM);
}
