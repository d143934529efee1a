/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which orders there are. A path is the list of all choices of one schedule: which thread goes on, and which of
 * several values an operation gives. Each schedule runs the program from its beginning along the path, and
 * further; then the last choice that has another way left takes that.
 *
 * A step races with an earlier one of another thread if both touch one object, one of them changes it, and no
 * chain of such pairs leads from the one to the other already. Only there the other order can make a
 * difference, so only there the other thread is tried. What was tried at a place stays asleep in the schedules
 * that begin with another thread there, until something happens that it depends on.
 */
#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

#define LONGEST 6000
#define OBJECTS 4096

struct choice {
    bool is_value;
    uint8_t thread, before; /* which goes on; which went before it */
    uint8_t enabled, wanted, tried, asleep;
    uint8_t option, options;
    uint16_t preemptions;
    struct schedule_clock order;
    uint16_t number; /* among the thread's own steps */
    const char *what;
    const void *object;
};

/* What the latest steps did with an object. */
struct object {
    const void *address;
    uint16_t written, locked, unlocked;
    uint16_t read[SCHEDULE_THREADS];
};

static struct choice path[LONGEST];
static int length, depth; /* of the path; how far this schedule has come */
static struct object objects[OBJECTS];
static uint16_t used_objects[OBJECTS];
static int objects_used;
static uint16_t numbers[SCHEDULE_THREADS]; /* of steps that each thread has taken */
static uint8_t asleep;
static int surprises;
struct schedule_bounds schedule_bounds;

#define BIT(thread) ((uint8_t)(1u << (thread)))

/* ---- objects ---- */

static struct object *find_object(const void *address)
{
    uintptr_t hash = (uintptr_t)address;
    unsigned i = (unsigned)((hash >> 3) * 2654435761u ^ hash) % OBJECTS;
    while (objects[i].address && objects[i].address != address)
        i = (i + 1) % OBJECTS;
    if (!objects[i].address) {
        if (objects_used == OBJECTS / 2)
            schedule_fail("too many objects");
        objects[i].address = address;
        used_objects[objects_used++] = (uint16_t)i;
    }
    return &objects[i];
}

static void forget_objects(void)
{
    while (objects_used)
        memset(&objects[used_objects[--objects_used]], 0, sizeof *objects);
}

/* ---- dependence ---- */

static bool touch_depends(enum schedule_touch a, enum schedule_touch b)
{
    return a != TOUCHES_NOTHING && b != TOUCHES_NOTHING && !(a == READS && b == READS);
}

static bool depends(const struct schedule_operation *a, const struct schedule_operation *b)
{
    return (a->object && a->object == b->object && touch_depends(a->touch, b->touch)) ||
           (a->mutex && a->mutex == b->mutex) || (a->mutex && a->mutex == b->object) ||
           (a->object && a->object == b->mutex);
}

/* The thread's next step could come before that one as well: it is wanted there. */
static void race_with(int thread, int step)
{
    if (!step || path[step].thread == thread ||
        step <= schedule_threads[thread].order.at[path[step].thread])
        return;
    struct choice *there = &path[step];
    there->wanted |= there->enabled & BIT(thread) ? BIT(thread) : there->enabled;
}

static void find_races(int thread)
{
    const struct schedule_operation *next = &schedule_threads[thread].next;
    if (next->object && !next->enabler) {
        const struct object *object = find_object(next->object);
        if (next->touch == READS || next->touch == WRITES)
            race_with(thread, object->written);
        for (int i = 0; next->touch == WRITES && i < SCHEDULE_THREADS; i++)
            race_with(thread, object->read[i]);
        if (next->touch == LOCKS)
            race_with(thread, object->locked);
    }
    if (next->mutex && next->touch_mutex == LOCKS)
        race_with(thread, find_object(next->mutex)->locked);
}

static void order_after(int thread, int step)
{
    if (step)
        schedule_clock_join(&schedule_threads[thread].order, &path[step].order);
}

static void note_touch(int thread, const void *address, enum schedule_touch touch, uint16_t step)
{
    struct object *object = find_object(address);
    if (touch == READS || touch == WRITES)
        order_after(thread, object->written);
    for (int i = 0; touch == WRITES && i < SCHEDULE_THREADS; i++)
        order_after(thread, object->read[i]);
    if (touch == LOCKS)
        order_after(thread, object->unlocked);
    if (touch == READS)
        object->read[thread] = step;
    else if (touch == WRITES)
        object->written = step;
    else if (touch == LOCKS)
        object->locked = step;
    else
        object->unlocked = step;
}

static void take_step(int thread, uint16_t step)
{
    struct schedule_thread *self = &schedule_threads[thread];
    struct schedule_clock in_numbers;
    const struct schedule_operation *next = &self->next;
    if (schedule_bounds.preemptions < 0)
        find_races(thread);
    self->order.at[thread] = step;
    if (next->enabler) /* it only waited: its object is as it was */
        order_after(thread, *next->enabler);
    else if (next->object)
        note_touch(thread, next->object, next->touch, step);
    if (next->mutex)
        note_touch(thread, next->mutex, next->touch_mutex, step);
    path[step].order = self->order;
    path[step].number = ++numbers[thread];
    for (int i = 0; i < SCHEDULE_THREADS; i++)
        in_numbers.at[i] = path[self->order.at[i]].number;
    schedule_trace_step(thread, &in_numbers);
    path[step].what = next->what;
    path[step].object = next->object;
    uint8_t still_asleep = 0;
    for (int i = 0; i < schedule_thread_count; i++)
        if (asleep & BIT(i) && !depends(&schedule_threads[i].next, next))
            still_asleep |= BIT(i);
    asleep = still_asleep;
}

/* ---- choices ---- */

static struct choice *next_choice(bool is_value)
{
    if (depth + 1 >= LONGEST)
        schedule_fail("it does not end");
    struct choice *choice = &path[++depth]; /* step 0 is none */
    if (depth > length) {
        *choice = (struct choice){.is_value = is_value};
        length = depth;
    } else if (choice->is_value != is_value) {
        schedule_fail("the program does not do the same twice");
    }
    return choice;
}

static uint8_t find_enabled(void)
{
    uint8_t enabled = 0;
    for (int i = 0; i < schedule_thread_count; i++) {
        const struct schedule_thread *thread = &schedule_threads[i];
        if (!thread->has_ended && (!thread->next.may_go || thread->next.may_go(thread->next.arg)))
            enabled |= BIT(i);
    }
    return enabled;
}

static int lowest(uint8_t threads)
{
    return __builtin_ctz(threads);
}

/* The others must give way if the one before could go on. */
static bool is_preemption(const struct choice *choice, int thread)
{
    return choice->before != thread && choice->enabled & BIT(choice->before);
}

static uint8_t untried(const struct choice *choice)
{
    uint8_t left = choice->wanted & (uint8_t) ~(choice->tried | choice->asleep);
    for (int i = 0; schedule_bounds.preemptions >= 0 && i < SCHEDULE_THREADS; i++)
        if (left & BIT(i) &&
            choice->preemptions + is_preemption(choice, i) > schedule_bounds.preemptions)
            left &= (uint8_t)~BIT(i);
    return left;
}

/* Nothing new lies this way. */
static void give_up(void)
{
    for (int i = 0; i < schedule_thread_count; i++)
        if (!schedule_threads[i].has_ended)
            find_races(i);
    schedule_bounds.abandoned++;
    schedule_switch(MAIN_CONTEXT);
}

/* Whose turn it is; the current thread may have ended. */
static void go_on(void)
{
    static int before, preemptions; /* of this schedule */
    const uint8_t enabled = find_enabled();
    if (depth == 0)
        before = preemptions = 0;
    if (!enabled) {
        for (int i = 0; i < schedule_thread_count; i++)
            if (!schedule_threads[i].has_ended)
                schedule_fail("nobody can go on");
        schedule_bounds.is_complete = true;
        schedule_switch(MAIN_CONTEXT);
        return;
    }
    const bool is_new = depth == length;
    struct choice *choice = next_choice(false);
    if (is_new) {
        const uint8_t awake = enabled & (uint8_t)~asleep;
        if (!awake) {
            length = --depth;
            give_up();
            return;
        }
        choice->enabled = enabled;
        choice->asleep = asleep;
        choice->before = (uint8_t)before;
        choice->preemptions = (uint16_t)preemptions;
        choice->thread = (uint8_t)(awake & BIT(before) ? before : lowest(awake));
        choice->wanted = schedule_bounds.preemptions < 0 ? BIT(choice->thread) : enabled;
    } else if (choice->enabled != enabled) {
        schedule_fail("the program does not do the same twice");
    }
    asleep = schedule_bounds.preemptions < 0 ? choice->asleep | choice->tried : 0;
    choice->tried |= BIT(choice->thread);
    asleep &= (uint8_t)~BIT(choice->thread);
    preemptions = choice->preemptions + is_preemption(choice, choice->thread);
    before = choice->thread;
    take_step(choice->thread, (uint16_t)depth);
    schedule_switch(choice->thread);
}

void schedule_point(const struct schedule_operation *operation)
{
    schedule_threads[schedule_self()].next = *operation;
    go_on();
    schedule_memory_step();
}

void schedule_end_thread(void)
{
    struct schedule_thread *self = &schedule_threads[schedule_self()];
    schedule_point(&(struct schedule_operation){.what = "ends"});
    self->has_ended = true;
    self->ended_at = depth;
    go_on();
    abort();
}

int schedule_choose(int n, const char *what)
{
    if (n < 2)
        return 0;
    struct choice *choice = next_choice(true);
    choice->options = (uint8_t)n;
    choice->thread = (uint8_t)schedule_self();
    choice->what = what;
    const struct schedule_clock value = {{numbers[schedule_self()], choice->option, UINT16_MAX}};
    schedule_trace_step(schedule_self(), &value);
    return choice->option;
}

int schedule_step(void)
{
    int step = depth;
    while (path[step].is_value)
        step--;
    return step;
}

bool schedule_may_surprise(void)
{
    return surprises > 0;
}

void schedule_take_surprise(void)
{
    surprises--;
}

/* ---- failures ---- */

static struct {
    const void *object;
    const char *name;
} names[64];
static int names_count;

void schedule_name(const void *object, const char *name)
{
    if (names_count == 64)
        return;
    names[names_count].object = object;
    names[names_count++].name = name;
}

static const char *name_of(const void *object)
{
    for (int i = names_count; i-- > 0;)
        if (names[i].object == object)
            return names[i].name;
    return "";
}

void schedule_fail(const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fprintf(stderr, "\n%s: in schedule %lu, %d steps:\n", schedule_bounds.name,
            schedule_bounds.schedules + 1, depth);
    for (int i = 1; i <= depth; i++)
        if (path[i].is_value)
            fprintf(stderr, "  %-12s   %s: %d of %d\n", schedule_thread_name(path[i].thread),
                    path[i].what, path[i].option + 1, path[i].options);
        else
            fprintf(stderr, "  %-12s %s %s\n", schedule_thread_name(path[i].thread), path[i].what,
                    name_of(path[i].object));
    for (int i = 0; i < schedule_thread_count; i++)
        if (!schedule_threads[i].has_ended)
            fprintf(stderr, "%s%s is about to: %s %s\n", i == schedule_self() ? "* " : "  ",
                    schedule_threads[i].name, schedule_threads[i].next.what,
                    name_of(schedule_threads[i].next.object));
    fprintf(stderr, "FAILURE: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    _exit(1);
}

/* ---- one schedule after the other ---- */

static void run_once(const struct schedule_scenario *scenario)
{
    depth = 0;
    asleep = 0;
    memset(numbers, 0, sizeof numbers);
    schedule_trace_begin();
    surprises = scenario->surprises;
    names_count = 0;
    schedule_bounds.is_complete = false;
    forget_objects();
    schedule_threads_reset();
    schedule_memory_reset();
    schedule_atomics_reset();
    schedule_system_reset();
    schedule_events_reset();
    schedule_start("loop", scenario->run, NULL);
    go_on(); /* comes back when the schedule is over */
    if (!schedule_bounds.is_complete)
        return;
    if (schedule_memory_live())
        schedule_fail("%zu blocks were not freed", schedule_memory_live());
    schedule_trace_end();
    schedule_bounds.schedules++;
    if (schedule_bounds.longest < (unsigned long)depth)
        schedule_bounds.longest = (unsigned long)depth;
}

/* The last choice that has another way left takes it: false if there is none. */
static bool turn_back(void)
{
    for (; length > 0; length--) {
        struct choice *choice = &path[length];
        if (choice->is_value) {
            if (++choice->option < choice->options)
                return true;
            continue;
        }
        const uint8_t left = untried(choice);
        if (left) {
            choice->thread = (uint8_t)lowest(left);
            return true;
        }
    }
    return false;
}

bool schedule_explore(const struct schedule_scenario *scenario)
{
    length = 0;
    do {
        run_once(scenario);
        if (schedule_bounds.limit && schedule_bounds.schedules >= schedule_bounds.limit)
            return !turn_back();
    } while (turn_back());
    return true;
}
