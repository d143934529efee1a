/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <dirent.h>
#include <event2/event.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/ledger.h"

#define FAULTS_TRIED 40

bool support_faulty;

/* ---- memory that can fail ---- */

static atomic_long allocations; /* asked for in this run */
static atomic_long blocks;      /* alive */
static long failing;            /* the number of the one that fails; 0: none */
static bool failing_ever_after; /* and all later ones */
static atomic_long failed;      /* in turn, in all runs */
static bool starving;           /* out_of_memory() */

_Noreturn void support_fail(const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (failing)
        cr_assert_fail("%s (with allocation %ld%s failing)", text, failing,
                       failing_ever_after ? " and all later ones" : "");
    cr_assert_fail("%s", text);
    abort(); /* not reached */
}

static bool may_allocate(void)
{
    long number = atomic_fetch_add(&allocations, 1) + 1;
    if (number == failing)
        atomic_fetch_add(&failed, 1);
    if (starving)
        return false;
    return !failing || (failing_ever_after ? number < failing : number != failing);
}

void out_of_memory(bool now)
{
    starving = now;
}

long blocks_alive(void)
{
    return atomic_load(&blocks);
}

static void *allocate(size_t size)
{
    void *p = may_allocate() ? malloc(size) : NULL;
    if (p)
        atomic_fetch_add(&blocks, 1);
    return p;
}

static void *resize(void *old, size_t size)
{
    void *p = may_allocate() ? realloc(old, size) : NULL;
    if (p && !old)
        atomic_fetch_add(&blocks, 1);
    return p;
}

static pthread_mutex_t no_blocks_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t no_blocks = PTHREAD_COND_INITIALIZER;

static void release(void *p)
{
    free(p);
    if (!p || atomic_fetch_sub(&blocks, 1) > 1)
        return;
    pthread_mutex_lock(&no_blocks_mutex);
    pthread_cond_signal(&no_blocks);
    pthread_mutex_unlock(&no_blocks_mutex);
}

void wait_for_no_blocks(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 30;
    pthread_mutex_lock(&no_blocks_mutex);
    for (int late = 0; blocks_alive() && !late;)
        late = pthread_cond_timedwait(&no_blocks, &no_blocks_mutex, &end);
    pthread_mutex_unlock(&no_blocks_mutex);
    check_int(blocks_alive(), 0);
}

static void *hence_allocate(size_t size, void *arg)
{
    (void)arg;
    return allocate(size);
}

static void *hence_resize(void *p, size_t size, void *arg)
{
    (void)arg;
    return resize(p, size);
}

static void hence_release(void *p, void *arg)
{
    (void)arg;
    release(p);
}

/* ---- the trace ---- */

static char words[65536];
static size_t words_length;

void trace(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (words_length && words_length < sizeof words - 1)
        words[words_length++] = ' ';
    size_t room = sizeof words - words_length;
    int n = vsnprintf(words + words_length, room, fmt, args);
    va_end(args);
    if (n > 0)
        words_length += (size_t)n < room ? (size_t)n : room - 1;
}

void support_check_trace(const char *file, int line, const char *expected)
{
    words[words_length] = '\0';
    support_check_string(file, line, words, expected);
    words_length = 0;
    words[0] = '\0';
}

void support_check_string(const char *file, int line, const char *got, const char *expected)
{
    if (!support_faulty && (!got || strcmp(got, expected)))
        support_fail("%s:%d: got \"%s\", expected \"%s\"", file, line, got ? got : "(NULL)",
                     expected);
}

void support_check_int(const char *file, int line, const char *what, int64_t got, int64_t expected)
{
    if (got != expected && !support_faulty)
        support_fail("%s:%d: %s is %lld, expected %lld", file, line, what, (long long)got,
                     (long long)expected);
}

/* ---- payloads ---- */

struct payload {
    struct payload *next;
    int destroyed;
};

static struct payload *payloads;

void *payload_new(void)
{
    struct payload *p = calloc(1, sizeof *p);
    cr_assert_not_null(p);
    p->next = payloads;
    payloads = p;
    return p;
}

void payload_destroy(void *payload)
{
    ((struct payload *)payload)->destroyed++;
}

hence_result payload(void)
{
    return hence_own(payload_new(), payload_destroy);
}

int payloads_alive(void)
{
    int alive = 0;
    for (const struct payload *p = payloads; p; p = p->next)
        alive += !p->destroyed;
    return alive;
}

static void check_payloads(void)
{
    while (payloads) {
        struct payload *p = payloads;
        payloads = p->next;
        if (p->destroyed != 1)
            support_fail("a payload was destroyed %d times", p->destroyed);
        free(p);
    }
}

/* ---- reports ---- */

#define REPORTS_KEPT 64

static struct {
    hence_report_kind kind;
    char text[1024];
} reports[REPORTS_KEPT];
static size_t reports_begin, reports_end;

static void keep_report(const hence_report *report, void *arg)
{
    (void)arg;
    if (reports_end == REPORTS_KEPT)
        return;
    FILE *out = fmemopen(reports[reports_end].text, sizeof reports[reports_end].text, "w");
    cr_assert_not_null(out);
    hence_report_print(report, out);
    fclose(out);
    reports[reports_end++].kind = report->kind;
}

void forget_reports(void)
{
    reports_begin = reports_end = 0;
}

void keep_reports(void)
{
    hence_set_report_handler(keep_report, NULL);
}

bool had_report(hence_report_kind kind)
{
    if (reports_begin == reports_end || reports[reports_begin].kind != kind)
        return support_faulty;
    reports_begin++;
    return true;
}

const char *report_text(void)
{
    return reports_begin ? reports[reports_begin - 1].text : "";
}

/* ---- results ---- */

const hence_domain test_domain = {.name = "test"};

hence_result failure(const char *message)
{
    return hence_fail_in(&test_domain, NULL, 1, "%s", message);
}

const char *describe_and_drop(hence_result r)
{
    const char *text = describe(&r);
    hence_drop(r);
    return text;
}

const char *outcome(hence_deferred *d)
{
    return describe_and_drop(hence_deferred_take(d));
}

const char *outcome_of(hence_future *f)
{
    return describe_and_drop(hence_future_result(f));
}

hence_result pass(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return *in;
}

hence_result add_one(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_int(hence_as_int(in) + 1);
}

hence_result swallow(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_none();
}

hence_result fail_with_word(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return failure(word);
}

hence_result give_payload(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return payload();
}

hence_result chain_to(hence_result *in, void *deferred)
{
    (void)in;
    return hence_chain(deferred);
}

void call(void *word)
{
    trace("%s", (const char *)word);
}

void done(hence_future *f, void *word)
{
    hence_result r = hence_future_result(f);
    trace("%s:%s", (const char *)word, describe(&r));
    hence_drop(r);
}

bool trace_and_stop(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    check(!hence_promise_is_wanted(p));
    return true;
}

bool trace_and_go_on(hence_promise *p, void *word)
{
    (void)p;
    trace("%s", (const char *)word);
    return false;
}

hence_result chain_to_held(hence_result *in, void *deferred)
{
    (void)in;
    return hence_chain(hence_deferred_ref(deferred));
}

hence_result chain_to_moved(hence_result *in, void *variable)
{
    hence_deferred **from = variable;
    hence_deferred *d = *from;
    (void)in;
    *from = NULL;
    return hence_chain(d);
}

/* ---- loops ---- */

struct loop_and_clock begin_loop(void)
{
    struct loop_and_clock both = {hence_loop_new(NULL), NULL};
    if (both.loop)
        both.clock = hence_test_clock_new(both.loop);
    check(both.loop && both.clock);
    return both;
}

void end_loop(struct loop_and_clock *both)
{
    hence_test_clock_free(both->clock);
    hence_loop_free(both->loop);
}

/* ---- the ledger ---- */

static const char *const counter_names[] = {
    "blocks",    "failures", "Deferreds", "Futures", "promises",   "steps",
    "listeners", "calls",    "bound",     "tasks",   "generators",
};

static int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;
    if (!dir)
        return -1;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static int descriptors_before, threads_before;
static long ledgers_checked, ledgers_balanced;

void check_nothing_left(void)
{
    for (int i = 0; i < HENCE_COUNTERS; i += 2) {
        long made = atomic_load(&hence_ledger[i]), ended = atomic_load(&hence_ledger[i + 1]);
        if (made != ended)
            support_fail("the ledger: %ld %s made, %ld ended", made, counter_names[i / 2], ended);
    }
    check_payloads();
    if (atomic_load(&blocks))
        support_fail("%ld blocks of memory are left", atomic_load(&blocks));
}

static void check_ledger(void)
{
    ledgers_checked++;
    check_nothing_left();
    int descriptors = count_entries("/proc/self/fd");
    if (descriptors != descriptors_before)
        support_fail("%d descriptors before, %d after", descriptors_before, descriptors);
    int threads = count_entries("/proc/self/task");
    const time_t end = time(NULL) + 5;
    while (threads > threads_before && time(NULL) < end) {
        sched_yield(); /* one that has ended may still be on its way out, and the kernel tells nobody */
        threads = count_entries("/proc/self/task");
    }
    if (threads != threads_before)
        support_fail("%d threads before, %d after", threads_before, threads);
    ledgers_balanced++;
}

/* ---- small stacks ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_FACTOR 16 /* their frames are larger, and so are those of their malloc() */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STACK_FACTOR 16
#endif
#endif
#ifndef STACK_FACTOR
#define STACK_FACTOR 1
#endif

struct thread_run {
    void (*fn)(void *arg);
    void *arg;
};

static void *run_thread(void *arg)
{
    const struct thread_run *run = arg;
    hence_set_report_handler(keep_report, NULL);
    run->fn(run->arg);
    return NULL;
}

static void on_thread(void (*fn)(void *arg), void *arg, size_t stack_size)
{
    struct thread_run run = {fn, arg};
    pthread_attr_t attributes;
    pthread_t thread;

    cr_assert_eq(pthread_attr_init(&attributes), 0);
    if (stack_size)
        cr_assert_eq(pthread_attr_setstacksize(&attributes, stack_size), 0);
    cr_assert_eq(pthread_create(&thread, &attributes, run_thread, &run), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

void on_small_stack(void (*fn)(void *arg), void *arg)
{
    size_t size = 16384;
    mallopt(M_ARENA_MAX, 1); /* a thread's own arena grows one page at a time */
    mallopt(M_TOP_PAD, 64 << 20);
    if (size < (size_t)PTHREAD_STACK_MIN)
        size = (size_t)PTHREAD_STACK_MIN;
    on_thread(fn, arg, size * STACK_FACTOR);
}

void on_another_thread(void (*fn)(void *arg), void *arg)
{
    on_thread(fn, arg, 0);
}

/* ---- forked children ---- */

#ifdef HENCE_COVERAGE
extern void __gcov_dump(void);
#endif

_Noreturn void end_forked_child(int status)
{
#ifdef HENCE_COVERAGE
    __gcov_dump(); /* what children do counts as well */
#endif
    _exit(status);
}

/* ---- runs ---- */

static bool many_asked, many_are_few;

int support_many(void)
{
    many_asked = true;
    if (many_are_few)
        return 1000;
    return STACK_FACTOR == 1 ? 1000000 : 100000; /* sanitizers take ten times as long */
}

static void say_nothing(int severity, const char *message)
{
    (void)severity;
    (void)message;
}

void support_begin(void)
{
    const hence_allocator allocator = {hence_allocate, hence_resize, hence_release, NULL};
    cr_assert_eq(hence_set_allocator(&allocator), 0);
    event_set_mem_functions(allocate, resize, release);
    event_set_log_callback(say_nothing);
    keep_reports();
}

/* Also after a check that failed. */
void support_end(void)
{
    const char *path = getenv("HENCE_COUNTS");
    FILE *counts = path ? fopen(path, "a") : NULL;
    if (!counts)
        return;
    long faults = atomic_load(&failed);
    fprintf(counts, "%ld %d %ld %ld\n", faults, faults > 0, ledgers_checked,
            ledgers_checked - ledgers_balanced);
    fclose(counts);
}

static void run_once(void (*body)(void))
{
    atomic_store(&allocations, 0);
    words_length = 0;
    reports_begin = reports_end = 0;
    starving = false;
    for (int i = 0; i < HENCE_COUNTERS; i++)
        atomic_store(&hence_ledger[i], 0);
    descriptors_before = count_entries("/proc/self/fd");
    threads_before = count_entries("/proc/self/task");
    body();
    libevent_global_shutdown();
    check_ledger();
}

/* Numbers that look random and are always the same. */
static unsigned next_random(void)
{
    static unsigned state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void run_with_faults(void (*body)(void), long total, bool ever_after)
{
    bool all = total <= FAULTS_TRIED || getenv("HENCE_FULL");
    long tries = all ? total : FAULTS_TRIED;
    for (long i = 0; i < tries; i++) {
        failing = all ? i + 1 : (long)(next_random() % (unsigned long)total) + 1;
        failing_ever_after = ever_after;
        long before = atomic_load(&failed);
        run_once(body);
        if (atomic_load(&failed) == before)
            support_fail("that allocation was not asked for again");
    }
    failing = 0;
}

static void run_and_check_reports(void (*body)(void))
{
    run_once(body);
    if (reports_begin != reports_end)
        support_fail("an unexpected report: %s", reports[reports_begin].text);
}

void support_run(void (*body)(void))
{
    run_and_check_reports(body);
    if (many_asked) {
        many_are_few = true;
        run_and_check_reports(body);
    }
    long total = atomic_load(&allocations);
    support_faulty = true;
    run_with_faults(body, total, false);
    run_with_faults(body, total, true);
    support_faulty = false;
}

void support_run_once(void (*body)(void))
{
    run_and_check_reports(body);
}
