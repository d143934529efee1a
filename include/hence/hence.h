/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_HENCE_H
#define HENCE_HENCE_H

/**
 * @file
 * Everything in libhence: Deferreds and Futures on libevent.
 */

#include <hence/base.h>
#include <hence/compose.h>
#include <hence/concurrent.h>
#include <hence/coroutine.h>
#include <hence/deferred.h>
#include <hence/exec.h>
#include <hence/future.h>
#include <hence/gather.h>
#include <hence/generator.h>
#include <hence/iterate.h>
#include <hence/list.h>
#include <hence/loop.h>
#include <hence/notify.h>
#include <hence/promise.h>
#include <hence/queue.h>
#include <hence/result.h>
#include <hence/schedule.h>
#include <hence/scope.h>
#include <hence/task_group.h>
#include <hence/sync.h>

#endif
