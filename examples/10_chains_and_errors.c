/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A chain: each step replaces the result for the next one. A failure skips the callbacks until an
 * errback handles it, and tells what caused it.
 *
 *     cc 10_chains_and_errors.c $(pkg-config --cflags --libs hence) && ./a.out
 *     parse "21": 21
 *     double: 42
 *     the answer is 42
 *
 *     parse "many": not a number
 *     cannot double it [double 1 at ...]: not a number: many [errno 22 at ...]
 *     the answer is -1
 */
#include <hence/hence.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    DOUBLE_NO_INPUT = 1
};

static const char *describe_double(int code);
static const hence_domain double_domain = {.name = "double", .describe = describe_double};

static bool answer(char *text);
static hence_result parse(hence_result *in, void *arg);
static hence_result twice(hence_result *in, void *arg);
static hence_result explain(hence_result *in, void *arg);
static hence_result tell_and_handle(hence_result *in, void *arg);
static hence_result print_answer(hence_result *in, void *arg);

int main(void)
{
    bool ok = answer("21");
    puts("");
    ok = answer("many") && ok;
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [chain]
static bool answer(char *text)
{
    hence_deferred *d = hence_deferred_succeed(hence_ptr(text));
    hence_deferred_add_callback(d, parse, NULL);
    hence_deferred_add_callbacks(d, twice, explain, NULL); /* one of the two runs */
    hence_deferred_add_errback(d, tell_and_handle, NULL);
    hence_deferred_add_callback(d, print_answer, NULL);

    bool ended = hence_deferred_get_state(d) == HENCE_DEFERRED_DONE;
    hence_deferred_unref(d);
    return ended;
}
//! [chain]

static hence_result parse(hence_result *in, void *arg)
{
    (void)arg;
    const char *text = hence_as_ptr(in);
    if (!text)
        return hence_fail_errno(EINVAL, "not a text");
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text) {
        printf("parse \"%s\": not a number\n", text);
        return hence_fail_errno(EINVAL, "not a number: %s", text);
    }
    printf("parse \"%s\": %ld\n", text, number);
    return hence_int(number);
}

static hence_result twice(hence_result *in, void *arg)
{
    (void)arg;
    printf("double: %" PRId64 "\n", 2 * hence_as_int(in));
    return hence_int(2 * hence_as_int(in));
}

//! [cause]
static hence_result explain(hence_result *in, void *arg)
{
    (void)arg;
    hence_failure *cause = hence_take_failure(in); /* yours now; the next call takes it */
    return hence_fail_in(&double_domain, cause, DOUBLE_NO_INPUT, "cannot double it");
}

static const char *describe_double(int code)
{
    return code == DOUBLE_NO_INPUT ? "there is no number" : "no such code";
}
//! [cause]

//! [handle]
static hence_result tell_and_handle(hence_result *in, void *arg)
{
    (void)arg;
    hence_failure_print(hence_as_failure(in), stdout);
    puts("");
    return hence_int(-1); /* a value: the failure is handled */
}
//! [handle]

static hence_result print_answer(hence_result *in, void *arg)
{
    (void)arg;
    printf("the answer is %" PRId64 "\n", hence_as_int(in));
    return hence_take(in);
}
