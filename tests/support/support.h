/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SUPPORT_H
#define HENCE_TESTS_SUPPORT_H

/*
 * What every test uses.
 *
 * A test is a body that runs several times: once as it stands, then once for every allocation that
 * it made, with that allocation failing, and again with that one and all later ones failing. In the
 * runs with failures the checks of the body are mute, since what it asks for may not be there; but
 * it must not crash, and the ledger must balance after each run: nothing leaked, lost or ended
 * twice, no descriptor and no thread left. Bodies therefore do not need to handle NULL: the library
 * accepts it.
 *
 *     SUITE(deferred);
 *
 *     TEST(deferred, a_callback_gets_the_value)
 *     {
 *         hence_promise *p;
 *         hence_deferred *d = hence_deferred_new(&p);
 *         ...
 *         check_int(hence_as_int(&r), 7);
 *     }
 *
 * A body must ask for as many allocations each time, up to the one that fails, whatever its threads do: a test
 * that does not come to that one fails. At most 40 failing allocations are tried for each test, always the same
 * ones; with HENCE_FULL=1 in the environment all of them. Each test adds what it did to the file that
 * HENCE_COUNTS names: a line of the allocations that failed in turn, whether there were any, the
 * ledgers checked, and those of them that did not balance.
 */

#include <criterion/criterion.h>

#include <hence/hence.h>
#include <hence/testing.h>

#define SUITE(suite) TestSuite(suite, .init = support_begin, .fini = support_end)

#define TEST(suite, name)                                                                          \
    static void suite##_##name(void);                                                              \
    Test(suite, name)                                                                              \
    {                                                                                              \
        support_run(suite##_##name);                                                               \
    }                                                                                              \
    static void suite##_##name(void)

/* The same without failing allocations: for what takes long, waits for the clock, or forks. */
#define TEST_ONCE(suite, name)                                                                     \
    static void suite##_##name(void);                                                              \
    Test(suite, name)                                                                              \
    {                                                                                              \
        support_run_once(suite##_##name);                                                          \
    }                                                                                              \
    static void suite##_##name(void)

void support_begin(void);
void support_end(void);
void support_run(void (*body)(void));
void support_run_once(void (*body)(void));

/* Does an allocation fail in this run? Then checks are mute. */
extern bool support_faulty;

/* From now on every allocation fails, until it is told otherwise, and the checks are not mute. */
void out_of_memory(bool now);

/* How many blocks of memory are alive. */
long blocks_alive(void);
/* Waits until none is: other threads let go of theirs. Half a minute at most. */
void wait_for_no_blocks(void);

/* Everything that was made in this run has ended, exactly once: every run ends with this check, but
 * tests may ask in between. */
void check_nothing_left(void);

/* A million, for tests of depth; less under sanitizers, and a thousand in the runs with failures. */
int support_many(void);

/* Runs `fn` on a thread with the smallest stack that there is. Reports are kept as on this thread;
 * `fn` must not check anything itself. */
void on_small_stack(void (*fn)(void *arg), void *arg);
/* Runs `fn` on another thread with a stack as usual, and waits for it. Otherwise the same. */
void on_another_thread(void (*fn)(void *arg), void *arg);

/* Ends a forked child, with this status and nothing else: what a test left on its stack is the parent's. */
_Noreturn void end_forked_child(int status);

/* Ends the test. */
_Noreturn void support_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define check(condition)                                                                           \
    do {                                                                                           \
        if (!(condition) && !support_faulty)                                                       \
            support_fail("%s:%d: not so: %s", __FILE__, __LINE__, #condition);                     \
    } while (0)

#define check_int(got, expected)                                                                   \
    support_check_int(__FILE__, __LINE__, #got, (int64_t)(got), (int64_t)(expected))
void support_check_int(const char *file, int line, const char *what, int64_t got, int64_t expected);

#define check_string(got, expected) support_check_string(__FILE__, __LINE__, (got), (expected))
void support_check_string(const char *file, int line, const char *got, const char *expected);

/* ---- what happened, in order ---- */

/* Adds a word to the trace of this run, as printf() does it. */
void trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The words since the last check are these, with a blank between two of them. */
#define check_trace(expected) support_check_trace(__FILE__, __LINE__, (expected))
void support_check_trace(const char *file, int line, const char *expected);

/* ---- steps and calls that leave a trace; their `arg` is a word, or a handle for more ---- */

/* Traces "word:result" (see describe()) and passes the input on. */
hence_result pass(hence_result *in, void *word);
/* Traces "word:result" and gives an integer one larger than the input. */
hence_result add_one(hence_result *in, void *word);
/* Traces "word:result" and gives none: a failure is handled. */
hence_result swallow(hence_result *in, void *word);
/* Traces "word:result" and fails with "word" as its message, code 1 of `test_domain`. */
hence_result fail_with_word(hence_result *in, void *word);
/* Traces "word:result" and gives a new payload. */
hence_result give_payload(hence_result *in, void *word);
/* Gives what hence_chain() makes of `arg`, a Deferred, one reference of which goes. */
hence_result chain_to(hence_result *in, void *deferred);
/* The same, but the reference is a further one: the test keeps its own. */
hence_result chain_to_held(hence_result *in, void *deferred);
/* The same, but `arg` is the address of a variable: its reference goes, and it becomes NULL. */
hence_result chain_to_moved(hence_result *in, void *variable);
/* For loops: traces the word. */
void call(void *word);
/* For Futures: traces "word:result". */
void done(hence_future *f, void *word);

/* Cancellers, whose `arg` is a word: they trace it, and say that the operation has stopped, or that it goes on, or
 * abandon the promise. */
bool trace_and_stop(hence_promise *p, void *word);
bool trace_and_go_on(hence_promise *p, void *word);
bool trace_and_abandon(hence_promise *p, void *word);

/* A result in a few letters: "none" "7" "1.5" "ptr" "payload" "shared" "cancelled" "abandoned"
 * "deadlock" "taken" "pending" "nomem" "closed" "stopped" "end" "full" "shutdown" "broken", a hold is "hold" or
 * "spent", or a failure's message; a list is
 * "[7,broken]", a winner "winner(1:7)", the failure of one of several "first(1:broken)", of several
 * "group{broken,cancelled}", those that count as cancelled "cancelled(1:cancelled)" and so on. */
const char *describe(const hence_result *r);
/* Drops `r` and gives its description. */
const char *describe_and_drop(hence_result r);
/* Takes the result of `d`, which must be done, and gives its description. */
const char *outcome(hence_deferred *d);
/* The same for a Future, whose failure counts as looked at then. */
const char *outcome_of(hence_future *f);

extern const hence_domain test_domain;
/* A failure of that domain: code 1, and this message. */
hence_result failure(const char *message);

/* ---- payloads: owned results whose destructor must run exactly once ---- */

struct payload;
/* A pointer to destroy with payload_destroy(). Never fails. */
void *payload_new(void);
void payload_destroy(void *payload);
/* The same as an owned result. */
hence_result payload(void);
/* How many were made and not destroyed yet. */
int payloads_alive(void);

/* ---- reports: a test fails that ends with one that it did not expect ---- */

/* The oldest report that was not asked for yet has this kind; it counts as expected now. */
bool had_report(hence_report_kind kind);
/* The text of the report that had_report() found last, as hence_report_print() writes it. */
const char *report_text(void);
/* After a test has set a handler of its own: reports are kept again. */
void keep_reports(void);
/* All reports so far were expected. */
void forget_reports(void);

/* ---- loops ---- */

/* A loop with a test clock; end_loop() frees both. Not NULL, unless an allocation failed. */
struct loop_and_clock {
    hence_loop *loop;
    hence_test_clock *clock;
};
struct loop_and_clock begin_loop(void);
void end_loop(struct loop_and_clock *loop_and_clock);

#endif
