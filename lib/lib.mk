# SPDX-License-Identifier: BSD-3-Clause
#
# The libraries. A new source or header goes into the block of its room, a public header into
# hence_HEADERS; the gate tests/gates/listed names what was forgotten; tests/gates/exports --update
# writes lib/hence.map, tests/gates/abi --update lib/hence.abi.

# ---- what is installed in $(includedir)/hence

hencedir = $(includedir)/hence
hence_HEADERS = \
	include/hence/base.h \
	include/hence/compose.h \
	include/hence/concurrent.h \
	include/hence/coroutine.h \
	include/hence/deferred.h \
	include/hence/exec.h \
	include/hence/future.h \
	include/hence/gather.h \
	include/hence/generator.h \
	include/hence/hence.h \
	include/hence/iterate.h \
	include/hence/list.h \
	include/hence/loop.h \
	include/hence/notify.h \
	include/hence/promise.h \
	include/hence/queue.h \
	include/hence/result.h \
	include/hence/schedule.h \
	include/hence/scope.h \
	include/hence/task_group.h \
	include/hence/sync.h \
	include/hence/testing.h

# ---- the rooms

base_sources = \
	lib/base/heap.c \
	lib/base/heap.h \
	lib/base/ledger.c \
	lib/base/ledger.h \
	lib/base/memory.c \
	lib/base/memory.h \
	lib/base/report.c \
	lib/base/report.h \
	lib/base/ring.h \
	lib/base/slab.c \
	lib/base/slab.h \
	lib/base/stack.c \
	lib/base/stack.h \
	lib/base/thread.c \
	lib/base/thread.h \
	lib/base/version.c

value_sources = \
	lib/value/failure.c \
	lib/value/failure.h \
	lib/value/list.c \
	lib/value/list.h \
	lib/value/portable.c \
	lib/value/portable.h \
	lib/value/promise.c \
	lib/value/result.c \
	lib/value/shared.c \
	lib/value/shared.h \
	lib/value/waitable.c \
	lib/value/waitable.h

loop_sources = \
	lib/loop/call.c \
	lib/loop/door.c \
	lib/loop/loop.c \
	lib/loop/loop.h \
	lib/loop/queue.c \
	lib/loop/shutdown.c \
	lib/loop/timers.c \
	lib/loop/turn.c

deferred_sources = \
	lib/deferred/deferred.c \
	lib/deferred/deferred.h \
	lib/deferred/helpers.c \
	lib/deferred/life.c \
	lib/deferred/run.c \
	lib/deferred/steps.c

future_sources = \
	lib/future/awaiter.h \
	lib/future/chain.c \
	lib/future/future.c \
	lib/future/future.h \
	lib/future/listeners.c \
	lib/future/returnable.c \
	lib/future/returnable.h \
	lib/future/run.c

compose_sources = \
	lib/compose/adapters.c \
	lib/compose/combination.c \
	lib/compose/combination.h \
	lib/compose/completion_queue.h \
	lib/compose/completion_queue.c \
	lib/compose/deferred_inputs.c \
	lib/compose/deferred_list.c \
	lib/compose/error_first.c \
	lib/compose/event.c \
	lib/compose/future_inputs.c \
	lib/compose/gather.c \
	lib/compose/iterate.c \
	lib/compose/map.c \
	lib/compose/operators.c \
	lib/compose/operators.h \
	lib/compose/policies.c \
	lib/compose/share.c \
	lib/compose/share.h \
	lib/compose/shield.c \
	lib/compose/timeout.c \
	lib/compose/timeout.h \
	lib/compose/turns.c \
	lib/compose/turns.h \
	lib/compose/using.c \
	lib/compose/wait_for.c

schedule_sources = \
	lib/schedule/cooperator.c \
	lib/schedule/looping_call.c \
	lib/schedule/looping_call.h \
	lib/schedule/main.c \
	lib/schedule/periodic.c \
	lib/schedule/sleep.c

exec_sources = \
	lib/exec/blocking.c \
	lib/exec/blocking.h \
	lib/exec/blocking_call.c \
	lib/exec/concurrent_future.c \
	lib/exec/concurrent_future.h \
	lib/exec/concurrent_wait.c \
	lib/exec/executor.c \
	lib/exec/executor.h \
	lib/exec/future_job.c \
	lib/exec/operation.c \
	lib/exec/run.c \
	lib/exec/shutdown.c \
	lib/exec/submit.c \
	lib/exec/threadsafe_promise.c \
	lib/exec/threadsafe_promise.h \
	lib/exec/worker.c \
	lib/exec/wrap.c

sync_sources = \
	lib/sync/async_result.c \
	lib/sync/barrier.c \
	lib/sync/condition.c \
	lib/sync/event.c \
	lib/sync/filesystem_lock.c \
	lib/sync/gate.c \
	lib/sync/gate.h \
	lib/sync/limiter.c \
	lib/sync/lock.c \
	lib/sync/primitive.c \
	lib/sync/primitive.h \
	lib/sync/queue.c \
	lib/sync/queue.h \
	lib/sync/queue_end.c \
	lib/sync/queue_future.c \
	lib/sync/run.c \
	lib/sync/rwlock.c \
	lib/sync/semaphore.c \
	lib/sync/store.c \
	lib/sync/store.h

coro_sources = \
	lib/coro/await.c \
	lib/coro/block.c \
	lib/coro/block.h \
	lib/coro/context.c \
	lib/coro/context.h \
	lib/coro/coroutine.c \
	lib/coro/coroutine.h \
	lib/coro/generator.c \
	lib/coro/scope.c \
	lib/coro/start.c \
	lib/coro/task.c \
	lib/coro/task.h \
	lib/coro/task_group.c \
	lib/coro/task_group.h \
	lib/coro/timeout.c

testing_sources = \
	lib/testing/testing.c

hence_sources = $(base_sources) $(value_sources) $(loop_sources) $(deferred_sources) \
	$(future_sources) $(compose_sources) $(schedule_sources) $(exec_sources) $(coro_sources) \
	$(sync_sources) $(testing_sources)

# ---- libhence: what programs link

library_cppflags = -I$(top_srcdir)/include -I$(top_srcdir)/lib -D_GNU_SOURCE -DHENCE_BUILDING
# Thread-local variables, a few hundred bytes, are read without a call. Functions begin where the processor begins to
# fetch: otherwise how fast one is depends on how long those before it are.
speed_flags = -ftls-model=initial-exec -falign-functions=32
# What the library calls of its own is not to be replaced by a program's: no detour through a table.
direct_calls = -Wl,-Bsymbolic-functions
library_cflags = $(HENCE_CFLAGS) $(PREFIX_MAP_FLAGS) $(SANITIZER_FLAGS) $(COVERAGE_FLAGS) \
	$(EVENT_CFLAGS) $(speed_flags)

lib_LTLIBRARIES += lib/libhence.la
lib_libhence_la_SOURCES = $(hence_sources)
lib_libhence_la_CPPFLAGS = $(library_cppflags)
lib_libhence_la_CFLAGS = $(library_cflags) -fvisibility=hidden
lib_libhence_la_LDFLAGS = -version-info 0:0:0 -no-undefined $(direct_calls) \
	-Wl,--version-script=$(top_srcdir)/lib/hence.map $(SANITIZER_FLAGS) $(COVERAGE_FLAGS)
lib_libhence_la_LIBADD = $(EVENT_LIBS) -lpthread
EXTRA_lib_libhence_la_DEPENDENCIES = lib/hence.map

# ---- libhence-ledger: the same sources, counting what they make and end, for the tests. Static, so
# that tests reach internal functions too.

check_LTLIBRARIES += lib/libhence-ledger.la
lib_libhence_ledger_la_SOURCES = $(hence_sources)
lib_libhence_ledger_la_CPPFLAGS = $(library_cppflags) -DHENCE_LEDGER=1
lib_libhence_ledger_la_CFLAGS = $(library_cflags) -static
lib_libhence_ledger_la_LDFLAGS = $(SANITIZER_FLAGS) $(COVERAGE_FLAGS)
lib_libhence_ledger_la_LIBADD = $(EVENT_LIBS) -lpthread

EXTRA_DIST += lib/LAYERS lib/hence.abi lib/hence.map

uninstall-hook:
	-rmdir "$(DESTDIR)$(hencedir)" 2>/dev/null
