/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_EXEC_EXECUTOR_H
#define HENCE_LIB_EXEC_EXECUTOR_H

#include <hence/exec.h>

#include <stdatomic.h>

#include "base/ring.h"

/* Work for a thread. Made by a room's own constructors, which say how it ends. */
struct hence_job {
    struct hence_ring ring; /* in the queue; first */
    hence_result_fn *fn;
    void *arg;
    hence_drop_fn *drop;
    /* Takes the result and the job itself, on the thread that has run it, or on the one that drops it. */
    void (*ended)(struct hence_job *job, hence_result r);
    atomic_bool is_cancelled; /* what hence_job_is_cancelled() tells its function */
};

/* Queues a job: 0. -EAGAIN: the queue is full, -ESHUTDOWN, -ENOMEM: no thread can be had and there is none;
 * then the job has not been touched. */
int hence_executor_queue(hence_executor *executor, struct hence_job *job);

/* Takes a job out of the queue: true, and it is the caller's again; false if a thread has taken it. */
bool hence_executor_unqueue(hence_executor *executor, struct hence_job *job);

/* The failure for a job that was refused with -errno. */
hence_result hence_executor_refusal(int error);

#endif
