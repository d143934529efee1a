/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random operations on a semaphore and on a queue, by Deferreds and Futures alike, with cancellations at any
 * moment; after each of them everybody must be where a simple model says.
 */
#include "sync_support.h"

SUITE(sync_random);

enum {
    SLOTS = 24,
    TOKENS = 3,
    BOUND = 4
};

/* Numbers that look random and are always the same. */
static uint64_t state;
static unsigned draw(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

/* ---- rows of slots, in the model ---- */

struct line {
    int slots[SLOTS];
    int size;
};

static void append(struct line *line, int slot)
{
    line->slots[line->size++] = slot;
}

static void strike(struct line *line, int slot)
{
    int kept = 0;
    for (int i = 0; i < line->size; i++) {
        if (line->slots[i] != slot)
            line->slots[kept++] = line->slots[i];
    }
    line->size = kept;
}

static int first(struct line *line)
{
    int slot = line->slots[0];
    strike(line, slot);
    return slot;
}

/* ---- who asks ---- */

enum what {
    IDLE,
    WAITS,
    HAS, /* in the model: it is in, or has its item, or has put it */
    GONE /* cancelled */
};

static struct slot {
    hence_deferred *d;
    hence_future *f;
    hence_hold *hold;
    int64_t value;   /* that it got, or puts */
    bool told;       /* as a Deferred */
    bool is_brief;   /* lets go inside its steps */
    bool was_failed; /* cancelled, or without memory */
    enum what model;
    int64_t expected;
    bool puts;
} slots[SLOTS];

static struct loop_and_clock both;
static hence_semaphore *semaphore;
static hence_queue *queue;

static hence_result slot_told(hence_result *in, void *arg)
{
    struct slot *slot = arg;
    slot->told = true;
    slot->was_failed = hence_is_failure(in);
    slot->value = hence_as_int(in);
    slot->hold = hence_take_hold(in);
    if (slot->is_brief) {
        hence_hold_free(slot->hold);
        slot->hold = NULL;
    }
    return hence_none();
}

static bool is_told(const struct slot *slot)
{
    return slot->f ? hence_future_done(slot->f) : slot->told;
}

static void end_slot(struct slot *slot)
{
    hence_hold *hold = slot->hold;
    hence_deferred *d = slot->d;
    hence_future *f = slot->f;
    memset(slot, 0, sizeof *slot);
    hence_hold_free(hold);
    hence_deferred_forget(d);
    if (f && !hence_future_done(f))
        hence_future_cancel(f);
    hence_future_unref(f);
}

static void begin_slot(struct slot *slot, hence_deferred *d, hence_future *f)
{
    slot->d = d;
    slot->f = f;
    if (!f)
        hence_deferred_add_both(d, slot_told, slot);
}

static void cancel_slot(struct slot *slot)
{
    if (slot->f)
        check_int(hence_future_cancel(slot->f), 0);
    else
        check_int(hence_deferred_cancel(slot->d), 0);
}

static void turn_now_and_then(int i)
{
    if (i % 64 == 0)
        hence_test_turn(both.loop);
}

static void end_all(void)
{
    for (int i = 0; i < SLOTS; i++)
        end_slot(&slots[i]);
}

/* ---- the semaphore ---- */

static struct line waiting;
static int tokens;

/* Lets those in who may, in the model. */
static void let_in(void)
{
    while (tokens && waiting.size) {
        struct slot *slot = &slots[first(&waiting)];
        slot->model = HAS;
        if (!slot->is_brief || slot->f)
            tokens--;
    }
}

static void use_slot(int i)
{
    struct slot *slot = &slots[i];
    const bool let_go_in_time = slot->f || !slot->is_brief;
    switch (slot->model) {
    case IDLE:
        slot->model = WAITS;
        slot->is_brief = draw(3) == 0;
        append(&waiting, i);
        if (draw(2))
            begin_slot(slot, hence_semaphore_acquire(semaphore), NULL);
        else
            begin_slot(slot, NULL, hence_semaphore_acquire_future(both.loop, semaphore));
        break;
    case WAITS:
        slot->model = GONE;
        strike(&waiting, i);
        cancel_slot(slot);
        break;
    case HAS:
        tokens += let_go_in_time;
        if (slot->f && draw(2)) {
            hence_result r = hence_future_result(slot->f);
            hence_hold_release(hence_as_hold(&r));
            hence_drop(r);
        }
        end_slot(slot);
        break;
    case GONE:
        end_slot(slot);
        break;
    }
    let_in();
}

static void check_slots(void)
{
    for (int i = 0; i < SLOTS; i++) {
        const struct slot *slot = &slots[i];
        check_int(is_told(slot), slot->model == HAS || slot->model == GONE);
        if (slot->model == HAS && !slot->f)
            check_int(slot->hold != NULL, !slot->is_brief);
    }
    check_int(hence_semaphore_value(semaphore), tokens);
}

/* Wake-ups that get lost when a waiter is cancelled have been found in asyncio again and again. */
TEST(sync_random, nobody_who_waits_for_a_semaphore_is_forgotten_or_let_in_out_of_turn)
{
    const int n = support_many();
    both = begin_loop();
    semaphore = hence_bounded_semaphore_new(TOKENS);
    tokens = TOKENS;
    waiting.size = 0;
    state = 88172645463325252u;
    for (int i = 0; i < n; i++) {
        use_slot((int)draw(SLOTS));
        if (!support_faulty)
            check_slots();
        turn_now_and_then(i);
    }
    end_all();
    check_int(hence_semaphore_value(semaphore), TOKENS);
    hence_semaphore_free(semaphore);
    end_loop(&both);
    forget_reports();
}

/* ---- the queue ---- */

static struct line getters, putters;
static int64_t items[BOUND];
static int items_size;
static int64_t last_value, got_sum, put_sum;

static void model_queue(void)
{
    for (;;) {
        if (putters.size && items_size < BOUND) {
            struct slot *slot = &slots[first(&putters)];
            slot->model = HAS;
            items[items_size++] = slot->expected;
            put_sum += slot->expected;
        } else if (getters.size && items_size) {
            struct slot *slot = &slots[first(&getters)];
            slot->model = HAS;
            slot->expected = items[0];
            memmove(items, items + 1, (size_t)--items_size * sizeof *items);
        } else {
            return;
        }
    }
}

static void put_or_get(int i)
{
    struct slot *slot = &slots[i];
    slot->model = WAITS;
    slot->puts = draw(2);
    if (slot->puts) {
        append(&putters, i);
        slot->expected = ++last_value;
        if (draw(2))
            begin_slot(slot, hence_queue_put(queue, hence_int(last_value)), NULL);
        else
            begin_slot(slot, NULL, hence_queue_put_future(both.loop, queue, hence_int(last_value)));
    } else {
        append(&getters, i);
        if (draw(2))
            begin_slot(slot, hence_queue_get(queue), NULL);
        else
            begin_slot(slot, NULL, hence_queue_get_future(both.loop, queue));
    }
}

static void use_queue(int i)
{
    struct slot *slot = &slots[i];
    if (slot->model == IDLE) {
        put_or_get(i);
    } else if (slot->model == WAITS) {
        slot->model = GONE;
        strike(&putters, i);
        strike(&getters, i);
        cancel_slot(slot);
    } else {
        if (slot->f && slot->model == HAS) {
            hence_result r = hence_future_result(slot->f);
            slot->value = hence_as_int(&r);
            hence_drop(r);
        }
        if (slot->model == HAS && !slot->puts) {
            check_int(slot->value, slot->expected);
            got_sum += slot->value;
        }
        end_slot(slot);
    }
    model_queue();
}

static void check_queue(void)
{
    for (int i = 0; i < SLOTS; i++)
        check_int(is_told(&slots[i]), slots[i].model == HAS || slots[i].model == GONE);
    check_int(hence_queue_size(queue), items_size);
}

TEST(sync_random, no_item_of_a_queue_is_lost_or_comes_out_of_turn)
{
    const int n = support_many();
    both = begin_loop();
    queue = hence_queue_new(BOUND);
    getters.size = putters.size = items_size = 0;
    last_value = got_sum = put_sum = 0;
    state = 88172645463325252u;
    for (int i = 0; i < n; i++) {
        use_queue((int)draw(SLOTS));
        if (!support_faulty)
            check_queue();
        turn_now_and_then(i);
    }
    for (int i = 0; i < SLOTS; i++) {
        while (slots[i].model != IDLE)
            use_queue(i);
    }
    for (hence_result r; hence_queue_try_get(queue, &r) == 0; hence_drop(r))
        got_sum += hence_as_int(&r);
    check_int(got_sum, put_sum);
    end_all();
    hence_queue_free(queue);
    end_loop(&both);
    forget_reports();
}
