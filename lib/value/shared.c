/* SPDX-License-Identifier: BSD-3-Clause */
#include "value/shared.h"

#include "base/memory.h"

static void ref_part(struct hence_waitable *self)
{
    ((struct hence_shared *)self)->references++;
}

static void unref_part(struct hence_waitable *self)
{
    hence_shared_unref((struct hence_shared *)self);
}

static const struct hence_part shared_part = {
    .ref = ref_part,
    .unref = unref_part,
};

struct hence_shared *hence_shared_new(void)
{
    struct hence_shared *shared = hence_memory_get_zeroed(sizeof *shared);
    if (shared) {
        shared->waitable.consumer.part = &shared_part;
        shared->references = 1;
    }
    return shared;
}

struct hence_shared *hence_shared_unref(struct hence_shared *shared)
{
    if (shared && --shared->references == 0) {
        hence_result r = shared->waitable.slot;
        hence_memory_put(shared, sizeof *shared);
        hence_drop(r);
    }
    return NULL;
}

hence_result hence_shared_read(struct hence_shared *shared)
{
    return hence_read_slot(&shared->waitable);
}
