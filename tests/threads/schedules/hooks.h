/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SCHEDULE_HOOKS_H
#define HENCE_TESTS_SCHEDULE_HOOKS_H

/*
 * Included before every source of the library that is compiled for the scheduler: system.c in the place of what
 * the system gives. What would wait and is not known there does not link.
 */

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int schedule_mutex_init(pthread_mutex_t *mutex);
int schedule_mutex_destroy(pthread_mutex_t *mutex);
int schedule_mutex_lock(pthread_mutex_t *mutex);
int schedule_mutex_unlock(pthread_mutex_t *mutex);
int schedule_cond_init(pthread_cond_t *condition);
int schedule_cond_destroy(pthread_cond_t *condition);
int schedule_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                       const struct timespec *until);
int schedule_cond_wake(pthread_cond_t *condition, int all);
int schedule_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *),
                    void *arg);
/* What makes no difference here. */
int schedule_nothing(unsigned long first, ...);
void schedule_cleanup(void (*fn)(void *), void *arg);
int schedule_eventfd(void);
ssize_t schedule_read(int fd, void *to, size_t size);
ssize_t schedule_write(int fd, const void *from, size_t size);
int schedule_close(int fd);
int schedule_time(struct timespec *now);
_Noreturn void schedule_exit(void);

int schedule_cannot_wait_like_this(void); /* is nowhere */

#define pthread_mutex_init(mutex, attributes)    schedule_mutex_init(mutex)
#define pthread_mutex_destroy(mutex)             schedule_mutex_destroy(mutex)
#define pthread_mutex_lock(mutex)                schedule_mutex_lock(mutex)
#define pthread_mutex_unlock(mutex)              schedule_mutex_unlock(mutex)
#define pthread_mutex_trylock(mutex)             schedule_cannot_wait_like_this()
#define pthread_mutex_timedlock(mutex, until)    schedule_cannot_wait_like_this()
#define pthread_cond_init(condition, attributes) schedule_cond_init(condition)
#define pthread_cond_destroy(condition)          schedule_cond_destroy(condition)
#define pthread_cond_wait(condition, mutex)      schedule_cond_wait((condition), (mutex), NULL)
#define pthread_cond_timedwait(condition, mutex, when)                                             \
    schedule_cond_wait((condition), (mutex), (when))
#define pthread_cond_signal(condition)        schedule_cond_wake((condition), 0)
#define pthread_cond_broadcast(condition)     schedule_cond_wake((condition), 1)
#define pthread_rwlock_rdlock(lock)           schedule_cannot_wait_like_this()
#define pthread_rwlock_wrlock(lock)           schedule_cannot_wait_like_this()
#define pthread_spin_lock(lock)               schedule_cannot_wait_like_this()
#define pthread_barrier_wait(barrier)         schedule_cannot_wait_like_this()
#define pthread_join(thread, to)              schedule_cannot_wait_like_this()
#define pthread_exit(value)                   schedule_exit()
#define pthread_setname_np(thread, name)      schedule_nothing((thread), (name))
#define pthread_sigmask(how, set, before)     schedule_nothing((how), (set), (before))
#define pthread_setcancelstate(state, before) schedule_nothing((unsigned long)(state), (before))
#define pthread_create(thread, attributes, fn, arg)                                                \
    schedule_create((thread), (attributes), (fn), (arg))

#undef pthread_cleanup_push
#undef pthread_cleanup_pop
#define pthread_cleanup_push(fn, arg)                                                              \
    {                                                                                              \
        schedule_cleanup((fn), (arg));
#define pthread_cleanup_pop(execute)                                                               \
    schedule_cleanup(NULL, NULL);                                                                  \
    }

#define eventfd(count, flags)     schedule_eventfd()
#define read                      schedule_read /* names, not calls: of members too, which is harmless */
#define write                     schedule_write
#define close                     schedule_close
#define clock_gettime(clock, now) schedule_time(now)
#define nanosleep(time, left)     schedule_cannot_wait_like_this()
#define usleep(time)              schedule_cannot_wait_like_this()

#endif
