/* SPDX-License-Identifier: BSD-3-Clause */
/* Locks between processes. Two locks on one file exclude each other as two processes do. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sync_support.h"

SUITE(filesystem_lock);

static struct loop_and_clock both;
static hence_filesystem_lock *lock, *other;
static struct asker a, b, c;
static char directory[64], path[80];

/* The library calls this one; once, if it is asked for, the file goes just before it is locked. */
static bool remove_before_locking;

int fcntl(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    long arg = va_arg(args, long);
    va_end(args);
    if (command == F_OFD_SETLK && remove_before_locking) {
        remove_before_locking = false;
        unlink(path);
    }
    return (int)syscall(SYS_fcntl, fd, command, arg);
}

static void begin(void)
{
    remove_before_locking = false;
    snprintf(directory, sizeof directory, "/tmp/hence-test-XXXXXX");
    cr_assert(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/lock", directory);
    both = begin_loop();
    lock = hence_filesystem_lock_new(both.loop, path);
    other = hence_filesystem_lock_new(both.loop, path);
    a = (struct asker){.word = "a"};
    b = (struct asker){.word = "b"};
    c = (struct asker){.word = "c"};
}

static void end(void)
{
    let_go(&a);
    let_go(&b);
    let_go(&c);
    hence_filesystem_lock_free(lock);
    hence_filesystem_lock_free(other);
    end_loop(&both);
    unlink(path);
    rmdir(directory);
}

static void advance(double seconds)
{
    hence_test_clock_advance(both.clock, HENCE_SECONDS(seconds));
}

TEST(filesystem_lock, one_that_is_free_is_had_at_once)
{
    begin();
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    check_trace("a:hold");
    check_int(hence_loop_pending(both.loop), 0);
    if (!support_faulty)
        check_int(access(path, F_OK), 0);
    end();
}

TEST(filesystem_lock, one_that_another_has_is_tried_again_and_again)
{
    begin();
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    ask(&b, hence_filesystem_lock_acquire(other, -1));
    advance(3);
    check_trace("a:hold");
    let_go(&a);
    check_trace("");
    advance(1);
    check_trace("b:hold");
    check_int(hence_loop_pending(both.loop), 0);
    end();
}

TEST(filesystem_lock, within_one_lock_those_who_wait_are_let_in_in_order_and_at_once)
{
    begin();
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    ask(&b, hence_filesystem_lock_acquire(lock, -1));
    ask_future(&c, hence_filesystem_lock_acquire_future(lock, -1));
    let_go(&a);
    check_trace("a:hold b:hold");
    let_go(&b);
    run_loop(&both);
    check_trace("c:hold");
    end();
}

TEST(filesystem_lock, the_interval_may_be_set)
{
    begin();
    check_int(hence_filesystem_lock_set_interval(other, HENCE_MS(100)), 0);
    check_int(hence_filesystem_lock_set_interval(other, 0), -EINVAL);
    check_int(hence_filesystem_lock_set_interval(NULL, 1), -ENOMEM);
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    ask(&b, hence_filesystem_lock_acquire(other, -1));
    let_go(&a);
    advance(0.1);
    check_trace("a:hold b:hold");
    end();
}

TEST(filesystem_lock, the_time_to_wait_may_be_limited)
{
    begin();
    ask(&a, hence_filesystem_lock_acquire(lock, HENCE_SECONDS(1)));
    ask(&b, hence_filesystem_lock_acquire(other, HENCE_SECONDS(2.5)));
    ask(&c, hence_filesystem_lock_acquire(other, 0));
    advance(2);
    check_trace("a:hold c:timedout");
    advance(1);
    check_trace("b:timedout");
    check_int(hence_loop_pending(both.loop), 0);
    end();
}

TEST(filesystem_lock, who_is_cancelled_does_not_ask_again)
{
    begin();
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    ask(&b, hence_filesystem_lock_acquire(other, HENCE_SECONDS(10)));
    ask(&c, hence_filesystem_lock_acquire(other, -1));
    cancel(&b);
    let_go(&a);
    advance(1);
    check_trace("a:hold b:cancelled c:hold");
    check_int(hence_loop_pending(both.loop), 0);
    end();
}

TEST(filesystem_lock, trying_does_not_wait)
{
    hence_hold *hold, *more;
    begin();
    int error = hence_filesystem_lock_try_acquire(lock, &hold);
    check_int(error, 0);
    if (!error)
        check_int(hence_filesystem_lock_try_acquire(other, &more), -EBUSY);
    else
        more = NULL;
    hence_hold_free(more);
    check_int(hence_loop_pending(both.loop), 0);
    hence_hold_free(hold);
    error = hence_filesystem_lock_try_acquire(other, &more);
    check_int(error, 0);
    hence_hold_free(more);
    end();
}

TEST(filesystem_lock, a_file_that_cannot_be_opened_is_a_failure_at_once)
{
    hence_hold *hold;
    begin();
    hence_filesystem_lock_free(lock);
    lock = hence_filesystem_lock_new(both.loop, "/nowhere/at/all");
    hence_deferred *d = hence_filesystem_lock_acquire(lock, -1);
    hence_result r = hence_deferred_take(d);
    check(hence_is_failure_of(&r, &hence_domain_errno, ENOENT));
    hence_drop(r);
    hence_deferred_unref(d);
    check_int(hence_filesystem_lock_try_acquire(lock, &hold), -ENOENT);
    check(!hold);
    end();
}

/* One that is removed while it is locked must not be locked a second time by those who wait. */
TEST(filesystem_lock, a_file_that_is_removed_and_made_again_is_the_one_that_counts)
{
    begin();
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    ask(&b, hence_filesystem_lock_acquire(other, -1));
    unlink(path);
    advance(1); /* the new file is free: whoever removes a lock's file breaks it */
    check_trace("a:hold b:hold");
    let_go(&a);
    ask(&a, hence_filesystem_lock_acquire(lock, 0));
    advance(0);
    check_trace("a:timedout");
    end();
}

TEST(filesystem_lock, a_file_that_is_removed_just_before_it_is_locked_is_not_the_one_that_counts)
{
    begin();
    remove_before_locking = true;
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    check_trace("");
    advance(1);
    check_trace("a:hold");
    ask(&b, hence_filesystem_lock_acquire(other, 0));
    advance(0);
    check_trace("b:timedout");
    end();
}

TEST(filesystem_lock, when_nobody_waits_any_more_nobody_asks)
{
    begin();
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    ask(&b, hence_filesystem_lock_acquire(other, -1));
    ask(&c, hence_filesystem_lock_acquire(other, HENCE_SECONDS(5)));
    if (!support_faulty)
        check_int(hence_loop_pending(both.loop), 2);
    cancel(&b);
    if (!support_faulty)
        check_int(hence_loop_pending(both.loop), 2);
    cancel(&c);
    check_int(hence_loop_pending(both.loop), 0);
    check_trace("a:hold b:cancelled c:cancelled");
    end();
}

TEST_ONCE(filesystem_lock, a_process_that_dies_leaves_nothing_behind)
{
    int ready[2];
    char letter;
    begin();
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    cr_assert(child >= 0);
    if (!child) {
        hence_loop *loop = hence_loop_new(NULL);
        hence_hold *hold;
        hence_filesystem_lock *childs = hence_filesystem_lock_new(loop, path);
        letter = hence_filesystem_lock_try_acquire(childs, &hold) == 0 ? 'y' : 'n';
        if (write(ready[1], &letter, 1) == 1)
            pause();
        _exit(1);
    }
    cr_assert_eq(read(ready[0], &letter, 1), 1);
    check_int(letter, 'y');
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    check_trace("");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    advance(1);
    check_trace("a:hold");
    close(ready[0]);
    close(ready[1]);
    end();
}

TEST(filesystem_lock, who_waits_is_told_when_it_is_freed_or_the_loop_closes)
{
    begin();
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    ask(&b, hence_filesystem_lock_acquire(other, -1));
    other = hence_filesystem_lock_free(other);
    check_trace("a:hold b:abandoned");
    other = hence_filesystem_lock_new(both.loop, path);
    ask(&c, hence_filesystem_lock_acquire(other, HENCE_SECONDS(5)));
    hence_loop_close(both.loop);
    check_trace("c:closed");
    check(!hence_filesystem_lock_new(NULL, path) && !hence_filesystem_lock_new(NULL, NULL) &&
          !hence_filesystem_lock_acquire(NULL, 0));
    end();
    forget_reports();
}

TEST(filesystem_lock, who_waits_behind_somebody_of_the_same_process_is_told_that_the_loop_closes)
{
    begin();
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    ask(&b, hence_filesystem_lock_acquire(lock, -1));
    ask(&c, hence_filesystem_lock_acquire(lock, HENCE_SECONDS(5)));
    check_trace("a:hold");
    hence_loop_close(both.loop);
    check_trace("b:closed c:closed");
    let_go(&b);
    ask(&b, hence_filesystem_lock_acquire(lock, -1));
    check_trace("b:closed");
    end();
    forget_reports();
}

static hence_hold *of_other;

/* The file that counts is another one's when the lock is let go, while the loop closes. */
static void remove_and_lock_and_let_go(void *arg)
{
    (void)arg;
    unlink(path);
    int error = hence_filesystem_lock_try_acquire(other, &of_other);
    if (!error)
        trace("other");
    hence_hold_free(a.hold);
    a.hold = NULL;
}

static void nothing(void *arg)
{
    (void)arg;
}

TEST(filesystem_lock, who_would_have_to_ask_again_while_the_loop_closes_is_told_so)
{
    begin();
    of_other = NULL;
    ask(&a, hence_filesystem_lock_acquire(lock, -1));
    ask(&b, hence_filesystem_lock_acquire(lock, -1));
    ask(&c, hence_filesystem_lock_acquire(lock, -1));
    check_trace("a:hold");
    int error = hence_call_later_own(both.loop, HENCE_SECONDS(1), nothing, NULL,
                                     remove_and_lock_and_let_go, NULL);
    if (!error)
        hence_loop_close(both.loop);
    check_trace("other b:closed c:closed");
    hence_hold_free(of_other);
    end();
    forget_reports();
}
