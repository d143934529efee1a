/* SPDX-License-Identifier: BSD-3-Clause */
/* Events that can not be waited for. */
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "compose/event_support.h"

SUITE(event);

static const char *refusal(hence_loop *loop, int fd, int what)
{
    hence_deferred *d = hence_event_wait(loop, fd, (short)what, HENCE_SECONDS(1));
    hence_future *f = hence_event_wait_future(loop, fd, (short)what, -1);
    const char *text = outcome(d);
    check_string(outcome_of(f), text);
    check_int(hence_loop_pending(loop), 0);
    hence_deferred_unref(d);
    hence_future_unref(f);
    return text;
}

TEST(event, what_can_not_be_waited_for_is_invalid)
{
    struct setting s = begin();
    check_string(refusal(s.loop, s.ours, 0), "invalid");
    check_string(refusal(s.loop, s.ours, EV_TIMEOUT), "invalid");
    check_string(refusal(s.loop, s.ours, EV_READ | EV_TIMEOUT), "invalid");
    check_string(refusal(s.loop, s.ours, EV_READ | EV_PERSIST), "invalid");
    check_string(refusal(s.loop, s.ours, EV_WRITE | EV_ET), "invalid");
    check_string(refusal(s.loop, s.ours, EV_CLOSED), "invalid");
    check_string(refusal(s.loop, s.ours, EV_READ | EV_SIGNAL), "invalid");
    check_string(refusal(s.loop, SIGUSR1, EV_SIGNAL | EV_PERSIST), "invalid");
    check_string(refusal(s.loop, s.ours, SHRT_MIN), "invalid");
    check_int(events(s.loop), 0);
    end(&s);
}

TEST(event, a_negative_descriptor_is_invalid)
{
    struct setting s = begin();
    check_string(refusal(s.loop, -1, EV_READ), "invalid");
    check_string(refusal(s.loop, INT_MIN, EV_WRITE), "invalid");
    check_string(refusal(s.loop, -1, EV_SIGNAL), "invalid");
    end(&s);
}

/* Does `d` fail with this errno? It is let go. */
static bool fails_with(hence_deferred *d, int error)
{
    hence_result r = hence_deferred_take(d);
    bool so = hence_is_failure_of(&r, &hence_domain_errno, error);
    trace("%s", describe(&r));
    hence_drop(r);
    hence_deferred_unref(d);
    return so;
}

TEST(event, a_regular_file_is_refused_by_epoll)
{
    struct setting s = begin();
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    char expected[64];
    snprintf(expected, sizeof expected, "cannot wait for descriptor %d", fileno(file));
    check(fails_with(hence_event_wait(s.loop, fileno(file), EV_READ, -1), EPERM));
    check_trace(expected);
    check(fails_with(hence_event_wait(s.loop, fileno(file), EV_WRITE, 1), EPERM));
    check_trace(expected);
    check_int(events(s.loop), 0);
    check_int(hence_loop_pending(s.loop), 0);
    fclose(file);
    end(&s);
}

TEST(event, a_regular_file_fails_a_Future_too)
{
    struct setting s = begin();
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    hence_future *f = hence_event_wait_future(s.loop, fileno(file), EV_READ, -1);
    check(hence_failure_find(hence_future_failure(f), &hence_domain_errno, EPERM));
    hence_future_add_done_callback(f, done, "f");
    check_trace("");
    advance(&s, 0);
    hence_future_unref(f);
    fclose(file);
    end(&s);
}

TEST(event, a_closed_descriptor_is_refused_by_epoll)
{
    struct setting s = begin();
    int fd = s.ours;
    close(fd);
    s.ours = -1;
    check(fails_with(hence_event_wait(s.loop, fd, EV_READ, -1), EBADF));
    check_int(events(s.loop), 0);
    end(&s);
}

TEST(event, a_refused_descriptor_does_not_spoil_its_number)
{
    struct setting s = begin();
    int fd = s.ours;
    close_sockets(&s);
    hence_deferred_forget(hence_event_wait(s.loop, fd, EV_READ, -1));
    open_sockets(&s);
    check_int(s.ours, fd);
    wait_and_trace(s.loop, s.ours, EV_WRITE, -1, "write");
    advance(&s, 0);
    check_trace("write:4");
    end(&s);
}

TEST(event, a_signal_that_can_not_be_caught_is_refused)
{
    struct setting s = begin();
    check(fails_with(hence_event_wait(s.loop, SIGKILL, EV_SIGNAL, -1), EINVAL));
    end(&s);
}

TEST(event, a_number_that_is_no_signal_is_not_taken_for_want_of_memory)
{
    struct setting s = begin();
    hence_deferred *zero = hence_event_wait(s.loop, 0, EV_SIGNAL, -1);
    hence_deferred *large = hence_event_wait(s.loop, 12345, EV_SIGNAL, -1);
    const char *text = outcome(zero);
    check(strcmp(text, "nomem") && strcmp(text, "pending"));
    text = outcome(large);
    check(strcmp(text, "nomem") && strcmp(text, "pending"));
    hence_deferred_forget(zero);
    hence_deferred_forget(large);
    end(&s);
}

struct foreign {
    struct setting *s;
    hence_deferred *d;
    hence_future *f;
};

static void wait_abroad(void *arg)
{
    struct foreign *foreign = arg;
    foreign->d = hence_event_wait(foreign->s->loop, foreign->s->ours, EV_READ, -1);
    foreign->f = hence_event_wait_future(foreign->s->loop, foreign->s->ours, EV_READ, -1);
    trace("%s", outcome(foreign->d));
    hence_deferred_unref(foreign->d);
}

/* rule 135 */
TEST(event, another_thread_is_refused)
{
    struct setting s = begin();
    struct foreign foreign = {&s, NULL, NULL};
    if (s.loop)
        on_another_thread(wait_abroad, &foreign);
    check_trace("invalid");
    check(!foreign.f);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check_int(events(s.loop), 0);
    end(&s);
}

TEST(event, without_memory_there_is_no_Deferred)
{
    struct setting s = begin();
    out_of_memory(true);
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_READ, -1);
    out_of_memory(false);
    check(!d && !f);
    check_int(events(s.loop), 0);
    end(&s);
}
