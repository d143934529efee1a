/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lock between processes: a file that the kernel locks for one open description of it at a time
 * (F_OFD_SETLK), and forgets about when that is closed, however the process ends.
 *
 * Nobody tells when another process lets go, so the first one in the row asks again and again, by a timer of
 * the loop. Within the process it is a gate like any other: first come, first served.
 */
#include <hence/sync.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/loop.h"
#include "sync/gate.h"

struct hence_filesystem_lock {
    struct gate gate;
    hence_loop *loop;
    struct hence_attachment attachment; /* to the loop, which tells when it closes */
    int fd;                             /* of the file while it is locked; otherwise -1 */
    bool has_timer;
    hence_call timer;
    int64_t interval;
    size_t path_size;
    char *path;
};

struct file_hold {
    struct hence_sync_hold hold; /* first */
    hence_call limit;
    bool has_limit;
};

/* ---- the file ---- */

/* Is the file that was locked still the one that has the name? Somebody may have removed it meanwhile. */
static bool is_the_one(int fd, const char *path)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

/* 0, -EAGAIN or another -errno. */
static int try_to_lock(hence_filesystem_lock *lock)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (fd < 0)
        return -errno;
    int error = fcntl(fd, F_OFD_SETLK, &whole) < 0 ? errno : 0;
    if (error == EACCES || (!error && !is_the_one(fd, lock->path)))
        error = EAGAIN;
    if (error)
        close(fd);
    else
        lock->fd = fd;
    return -error;
}

/* ---- the timer ---- */

static void ask_again(void *arg)
{
    hence_filesystem_lock *lock = arg;
    lock->has_timer = false;
    hence_primitive_serve(&lock->gate.primitive);
}

/* After ask_again(), or instead of it: when nobody waits any more, or the loop closes. */
static void timer_gone(void *arg)
{
    hence_filesystem_lock *lock = arg;
    hence_primitive_unref(&lock->gate.primitive);
}

static int start_timer(hence_filesystem_lock *lock)
{
    if (lock->has_timer)
        return 0;
    hence_primitive_ref(&lock->gate.primitive);
    int error =
        hence_call_later_own(lock->loop, lock->interval, ask_again, lock, timer_gone, &lock->timer);
    lock->has_timer = !error;
    return error;
}

static void stop_timer_if_alone(hence_filesystem_lock *lock)
{
    if (lock->has_timer && !hence_gate_has_waiting(&lock->gate)) {
        lock->has_timer = false;
        hence_call_cancel(lock->loop, lock->timer);
    }
}

static void stop_limit(struct hence_sync_hold *hold)
{
    struct file_hold *file_hold = (struct file_hold *)hold;
    if (file_hold->has_limit)
        hence_call_cancel(((hence_filesystem_lock *)hold->gate)->loop, file_hold->limit);
    file_hold->has_limit = false;
}

static void time_is_up(void *arg)
{
    struct file_hold *file_hold = arg;
    struct gate *gate = file_hold->hold.gate;
    file_hold->has_limit = false;
    hence_primitive_ref(&gate->primitive);
    hence_hold_refuse(&file_hold->hold, hence_fail_static(HENCE_ETIMEDOUT));
    hence_primitive_serve(&gate->primitive);
    hence_primitive_unref(&gate->primitive);
}

/* ---- the gate ---- */

static bool admit(struct gate *gate, struct hence_sync_hold *hold)
{
    hence_filesystem_lock *lock = (hence_filesystem_lock *)gate;
    if (lock->fd >= 0)
        return false;
    int error = try_to_lock(lock);
    if (error == -EAGAIN) {
        error = hold->promise ? start_timer(lock) : 0; /* who only tries does not wait */
        if (!error)
            return false;
        gate->refusal = hence_loop_refusal(error);
    } else if (error) {
        gate->refusal = hence_fail_errno(-error, "cannot lock %s", lock->path);
    }
    stop_limit(hold);
    return true;
}

static void leave(struct gate *gate, struct hence_sync_hold *hold)
{
    hence_filesystem_lock *lock = (hence_filesystem_lock *)gate;
    (void)hold;
    close(lock->fd); /* which unlocks it */
    lock->fd = -1;
}

static void forget(struct gate *gate, struct hence_sync_hold *hold)
{
    stop_limit(hold);
    stop_timer_if_alone((hence_filesystem_lock *)gate);
}

/* Nobody asks any more for those who wait, whether there was a timer or they stood behind somebody here. */
static void loop_closes(struct hence_attachment *attachment)
{
    hence_filesystem_lock *lock =
        (hence_filesystem_lock *)((char *)attachment - offsetof(hence_filesystem_lock, attachment));
    hence_primitive_ref(&lock->gate.primitive);
    lock->has_timer = false;
    while (hence_gate_has_waiting(&lock->gate))
        hence_hold_refuse((struct hence_sync_hold *)lock->gate.waiting.next,
                          hence_fail_static(HENCE_ECLOSED));
    hence_primitive_unref(&lock->gate.primitive);
}

static const struct hence_attachment_kind attachment_kind = {.close = loop_closes};

static void end(struct primitive *primitive)
{
    hence_filesystem_lock *lock = (hence_filesystem_lock *)primitive;
    hence_loop_detach(lock->loop, &lock->attachment);
    hence_memory_put(lock->path, lock->path_size);
    hence_loop_undepend(lock->loop);
}

/* ---- for the program ---- */

hence_filesystem_lock *hence_filesystem_lock_new(hence_loop *loop, const char *path)
{
    const size_t size = path ? strlen(path) + 1 : 0;
    if (!size || hence_loop_check(loop, "hence_filesystem_lock_new()") != 0)
        return NULL;
    char *copy = hence_memory_get(size);
    hence_filesystem_lock *lock = copy ? hence_gate_new(sizeof *lock, admit, leave) : NULL;
    if (!lock) {
        if (copy)
            hence_memory_put(copy, size);
        return NULL;
    }
    lock->gate.hold_size = sizeof(struct file_hold);
    lock->gate.forget = forget;
    lock->gate.primitive.end = end;
    lock->gate.primitive.owner = loop->owner;
    lock->loop = loop;
    lock->fd = -1;
    lock->interval = HENCE_SECONDS(1);
    lock->path = memcpy(copy, path, size);
    lock->path_size = size;
    lock->attachment.kind = &attachment_kind;
    hence_loop_depend(loop);
    hence_loop_attach(loop, &lock->attachment);
    return lock;
}

hence_filesystem_lock *hence_filesystem_lock_free(hence_filesystem_lock *lock)
{
    hence_gate_free((struct gate *)lock);
    return NULL;
}

static void acquire(hence_filesystem_lock *lock, int64_t timeout, hence_promise *promise)
{
    if (hence_primitive_refuses(&lock->gate.primitive, promise))
        return;
    if (hence_loop_is_closed(lock->loop)) { /* nobody would tell who has to wait */
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ECLOSED));
        return;
    }
    struct hence_sync_hold *hold = hence_hold_new(&lock->gate);
    struct file_hold *file_hold = (struct file_hold *)hold;
    if (hold && timeout >= 0) {
        int error = hence_call_later(lock->loop, timeout, time_is_up, hold, &file_hold->limit);
        if (error) {
            hence_hold_end(hold);
            hence_resolve_at(NULL, promise, hence_loop_refusal(error));
            return;
        }
        file_hold->has_limit = true;
    }
    hence_gate_enter(&lock->gate, hold, promise);
}

hence_deferred *hence_filesystem_lock_acquire_at(const char *site, hence_filesystem_lock *lock,
                                                 int64_t timeout)
{
    hence_promise *promise;
    hence_deferred *d = lock ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        acquire(lock, timeout, promise);
    return d;
}

hence_future *hence_filesystem_lock_acquire_future_at(const char *site, hence_filesystem_lock *lock,
                                                      int64_t timeout)
{
    hence_promise *promise;
    hence_future *f = lock ? hence_future_new_at(site, lock->loop, &promise) : NULL;
    if (f)
        acquire(lock, timeout, promise);
    return f;
}

int hence_filesystem_lock_try_acquire(hence_filesystem_lock *lock, hence_hold **hold)
{
    return hence_gate_try_acquire((struct gate *)lock, hold);
}

int hence_filesystem_lock_set_interval(hence_filesystem_lock *lock, int64_t interval)
{
    int error = hence_primitive_check(lock);
    if (error)
        return error;
    if (interval <= 0)
        return -EINVAL;
    lock->interval = interval;
    return 0;
}
