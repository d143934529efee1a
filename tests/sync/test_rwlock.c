/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers and writers: rule 161. */
#include "sync_support.h"

SUITE(rwlock);

static hence_rwlock *rwlock;
static struct asker r1, r2, r3, w1, w2;

static void begin(size_t max_readers)
{
    rwlock = hence_rwlock_new(max_readers);
    r1 = (struct asker){.word = "r1"};
    r2 = (struct asker){.word = "r2"};
    r3 = (struct asker){.word = "r3"};
    w1 = (struct asker){.word = "w1"};
    w2 = (struct asker){.word = "w2"};
}

static void end(void)
{
    let_go(&r1);
    let_go(&r2);
    let_go(&r3);
    let_go(&w1);
    let_go(&w2);
    check_int(hence_rwlock_readers(rwlock), 0);
    check(!hence_rwlock_has_writer(rwlock));
    hence_rwlock_free(rwlock);
}

/* rule 161 */
TEST(rwlock, many_read_at_once_and_one_writes_alone)
{
    begin(0);
    ask(&r1, hence_rwlock_acquire_read(rwlock));
    ask(&r2, hence_rwlock_acquire_read(rwlock));
    ask(&w1, hence_rwlock_acquire_write(rwlock));
    ask(&w2, hence_rwlock_acquire_write(rwlock));
    check_trace("r1:hold r2:hold");
    check_int(hence_rwlock_readers(rwlock), 2);
    let_go(&r2);
    check_trace("");
    let_go(&r1);
    check_trace("w1:hold");
    check(hence_rwlock_has_writer(rwlock));
    let_go(&w1);
    check_trace("w2:hold");
    end();
}

/* rule 161 */
TEST(rwlock, a_reader_does_not_overtake_a_writer_that_waits)
{
    begin(0);
    ask(&r1, hence_rwlock_acquire_read(rwlock));
    ask(&w1, hence_rwlock_acquire_write(rwlock));
    ask(&r2, hence_rwlock_acquire_read(rwlock));
    ask(&r3, hence_rwlock_acquire_read(rwlock));
    let_go(&r1);
    let_go(&w1);
    check_trace("r1:hold w1:hold r2:hold r3:hold");
    end();
}

/* rule 161 */
TEST(rwlock, readers_are_limited)
{
    begin(2);
    ask(&r1, hence_rwlock_acquire_read(rwlock));
    ask(&r2, hence_rwlock_acquire_read(rwlock));
    ask(&r3, hence_rwlock_acquire_read(rwlock));
    check_trace("r1:hold r2:hold");
    let_go(&r1);
    check_trace("r3:hold");
    end();
}

TEST(rwlock, a_writer_that_is_cancelled_lets_the_readers_behind_it_in)
{
    begin(0);
    ask(&r1, hence_rwlock_acquire_read(rwlock));
    ask(&w1, hence_rwlock_acquire_write(rwlock));
    ask(&r2, hence_rwlock_acquire_read(rwlock));
    cancel(&w1);
    check_trace("r1:hold r2:hold w1:cancelled");
    end();
}

TEST(rwlock, Futures_wait_in_the_same_row)
{
    struct loop_and_clock both = begin_loop();
    begin(0);
    ask_future(&w1, hence_rwlock_acquire_write_future(both.loop, rwlock));
    ask_future(&r1, hence_rwlock_acquire_read_future(both.loop, rwlock));
    ask(&r2, hence_rwlock_acquire_read(rwlock));
    run_loop(&both);
    check_trace("w1:hold");
    let_go(&w1);
    check_trace("r2:hold");
    run_loop(&both);
    check_trace("r1:hold");
    end();
    end_loop(&both);
}

TEST(rwlock, trying_does_not_wait_and_does_not_overtake)
{
    hence_hold *read = NULL, *write = NULL, *more = NULL;
    begin(0);
    check_int(hence_rwlock_try_read(rwlock, &read), 0);
    check_int(hence_rwlock_try_write(rwlock, &write), -EBUSY);
    hence_hold_free(write);
    ask(&w1, hence_rwlock_acquire_write(rwlock));
    check_int(hence_rwlock_try_read(rwlock, &more), -EBUSY);
    hence_hold_free(more);
    hence_hold_free(read);
    let_go(&w1);
    check_int(hence_rwlock_try_write(rwlock, &write), 0);
    check_int(hence_rwlock_try_read(rwlock, &more), -EBUSY);
    hence_hold_free(more);
    hence_hold_free(write);
    check_trace("w1:hold");
    end();
}

TEST(rwlock, who_waits_for_one_that_is_freed_is_told)
{
    begin(0);
    hence_hold *hold;
    check(!hence_rwlock_acquire_read(NULL) && !hence_rwlock_acquire_write(NULL));
    check_int(hence_rwlock_try_read(NULL, &hold), -ENOMEM);
    check_int(hence_rwlock_try_write(NULL, &hold), -ENOMEM);
    check(!hence_rwlock_readers(NULL) && !hence_rwlock_has_writer(NULL));
    ask(&w1, hence_rwlock_acquire_write(rwlock));
    ask(&r1, hence_rwlock_acquire_read(rwlock));
    rwlock = hence_rwlock_free(rwlock);
    check_trace("w1:hold r1:abandoned");
    end();
}
