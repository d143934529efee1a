/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole program around one Deferred. */
#include <hence/schedule.h>

#include <errno.h>
#include <signal.h>

#include <event2/event.h>

#include "base/report.h"
#include "value/failure.h"

static const int stop_signals[] = {SIGINT, SIGTERM};
#define STOP_SIGNALS (sizeof stop_signals / sizeof stop_signals[0])

struct program {
    hence_loop *loop;
    hence_deferred *d;   /* what the function returned; it is waited for by */
    hence_deferred *end; /* one of our own, whose first step needs no memory */
    struct event *events[STOP_SIGNALS];
    int status;
    int signal; /* the first one that came, or 0 */
    bool has_ended;
};

/* What shells give a program that a signal has ended. */
static int status_of_signal(int signal)
{
    return 128 + signal;
}

static int status_of_value(const hence_result *r)
{
    int64_t status = hence_as_int(r);
    return status >= 0 && status <= 255 ? (int)status : 1;
}

static hence_result ended(hence_result *in, void *arg)
{
    struct program *program = arg;
    const hence_failure *failure = hence_as_failure(in);
    program->has_ended = true;
    if (!failure) {
        program->status = status_of_value(in);
    } else if (program->signal && hence_failure_is_cancelled(failure)) {
        program->status = status_of_signal(program->signal);
    } else {
        program->status = 1;
        hence_report report = {
            .kind = HENCE_REPORT_UNHANDLED,
            .message = "unhandled failure in the Deferred of hence_main()",
            .failure = failure,
            .made = hence_deferred_site(program->d),
            .resolved = hence_deferred_resolved_site(program->d),
        };
        hence_report_failure(&report, NULL, NULL);
    }
    hence_loop_shutdown(program->loop);
    return hence_none();
}

static void signal_comes(evutil_socket_t signal, short what, void *arg)
{
    struct program *program = arg;
    (void)what;
    if (program->signal || program->has_ended) { /* it takes too long to end: at once, then */
        program->status = status_of_signal((int)signal);
        hence_loop_stop(program->loop);
        return;
    }
    program->signal = (int)signal;
    hence_deferred_cancel(program->end);
}

static void stop_listening(struct program *program)
{
    for (size_t i = 0; i < STOP_SIGNALS; i++) {
        if (program->events[i])
            event_free(program->events[i]);
        program->events[i] = NULL;
    }
}

static bool listen_to_signals(struct program *program)
{
    struct event_base *base = hence_loop_base(program->loop);
    for (size_t i = 0; i < STOP_SIGNALS; i++) {
        program->events[i] = evsignal_new(base, stop_signals[i], signal_comes, program);
        if (!program->events[i] || event_add(program->events[i], NULL) != 0)
            return false;
    }
    return true;
}

static void complain(const char *message)
{
    hence_report report = {.kind = HENCE_REPORT_MISUSE, .message = message};
    hence_report_send(&report, NULL, NULL);
}

int hence_main(hence_main_fn *fn, void *arg)
{
    struct program program = {.loop = fn ? hence_loop_new(NULL) : NULL};
    if (!program.loop) {
        complain(fn ? "hence_main() cannot make a loop" : "hence_main() needs a function");
        return 1;
    }
    if (!listen_to_signals(&program)) {
        complain("hence_main() cannot listen to signals");
        stop_listening(&program);
        hence_loop_free(program.loop);
        return 1;
    }
    hence_promise *promise;
    program.end = hence_deferred_new_at(NULL, &promise);
    if (program.end) {
        hence_deferred_add_both(program.end, ended, &program);
        program.d = fn(program.loop, arg);
        hence_resolve_at(NULL, promise, hence_chain(hence_deferred_ref(program.d)));
    }
    int error = program.end ? hence_loop_run_forever(program.loop) : -ENOMEM;
    if (error && error != -EINTR) {
        complain("hence_main() cannot run its loop");
        program.status = 1;
    }
    hence_deferred_forget(program.end);
    hence_deferred_unref(program.d);
    stop_listening(&program);
    hence_loop_free(program.loop);
    return program.status;
}
