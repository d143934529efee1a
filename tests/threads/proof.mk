# SPDX-License-Identifier: BSD-3-Clause
#
# What crosses threads, proven: schedules/ runs the library in every order of its threads (schedule.h says how);
# models/ has the protocols for the model checker spin; planted/ shows that mistakes are found. Only in builds
# without sanitizers and coverage, which insert calls of their own.

SCHEDULE_TESTS = \
	tests/threads/schedules/blocking_call \
	tests/threads/schedules/concurrent \
	tests/threads/schedules/door \
	tests/threads/schedules/pool \
	tests/threads/schedules/promise

schedule_cflags = $(HENCE_CFLAGS) $(PREFIX_MAP_FLAGS) $(EVENT_CFLAGS)

if SCHEDULES
check_LTLIBRARIES += tests/threads/schedules/libscheduled.la tests/threads/schedules/libschedule.la
check_PROGRAMS += $(SCHEDULE_TESTS)
TESTS += $(SCHEDULE_TESTS) tests/threads/schedules/reduction
else
EXTRA_LTLIBRARIES = tests/threads/schedules/libscheduled.la tests/threads/schedules/libschedule.la
EXTRA_PROGRAMS += $(SCHEDULE_TESTS)
endif

# The library, with our own in the place of atomic operations, threads, the eventfd and libevent.
tests_threads_schedules_libscheduled_la_SOURCES = $(hence_sources)
tests_threads_schedules_libscheduled_la_CPPFLAGS = $(library_cppflags)
tests_threads_schedules_libscheduled_la_CFLAGS = $(schedule_cflags) -fsanitize=thread \
	-include $(top_srcdir)/tests/threads/schedules/hooks.h -static
tests_threads_schedules_libscheduled_la_LDFLAGS =

tests_threads_schedules_libschedule_la_SOURCES = \
	tests/threads/schedules/atomics.c \
	tests/threads/schedules/events.c \
	tests/threads/schedules/explore.c \
	tests/threads/schedules/hooks.h \
	tests/threads/schedules/memory.c \
	tests/threads/schedules/program.c \
	tests/threads/schedules/program.h \
	tests/threads/schedules/schedule.h \
	tests/threads/schedules/system.c \
	tests/threads/schedules/threads.c \
	tests/threads/schedules/traces.c
tests_threads_schedules_libschedule_la_CFLAGS = $(schedule_cflags) -static
tests_threads_schedules_libschedule_la_LDFLAGS =

SCHEDULE_LIBS = tests/threads/schedules/libschedule.la tests/threads/schedules/libscheduled.la -lpthread

tests_threads_schedules_blocking_call_LDADD = $(SCHEDULE_LIBS)
tests_threads_schedules_blocking_call_CFLAGS = $(schedule_cflags)
tests_threads_schedules_blocking_call_LDFLAGS = -no-install
tests_threads_schedules_concurrent_LDADD = $(SCHEDULE_LIBS)
tests_threads_schedules_concurrent_CFLAGS = $(schedule_cflags)
tests_threads_schedules_concurrent_LDFLAGS = -no-install
tests_threads_schedules_door_LDADD = $(SCHEDULE_LIBS)
tests_threads_schedules_door_CFLAGS = $(schedule_cflags)
tests_threads_schedules_door_LDFLAGS = -no-install
tests_threads_schedules_pool_SOURCES = \
	tests/threads/schedules/pool.c \
	tests/threads/schedules/pool.h \
	tests/threads/schedules/pool_jobs.c \
	tests/threads/schedules/pool_queue.c \
	tests/threads/schedules/pool_results.c
tests_threads_schedules_pool_LDADD = $(SCHEDULE_LIBS)
tests_threads_schedules_pool_CFLAGS = $(schedule_cflags)
tests_threads_schedules_pool_LDFLAGS = -no-install
tests_threads_schedules_promise_LDADD = $(SCHEDULE_LIBS)
tests_threads_schedules_promise_CFLAGS = $(schedule_cflags)
tests_threads_schedules_promise_LDFLAGS = -no-install

EXTRA_DIST += \
	tests/threads/models/door.pml \
	tests/threads/models/pool.pml \
	tests/threads/models/run \
	tests/threads/planted/run \
	tests/threads/schedules/reduction \
	tests/threads/planted/call-loop-closes.patch \
	tests/threads/planted/call-one-reference.patch \
	tests/threads/planted/call-signal-unlocked.patch \
	tests/threads/planted/concurrent-callback-late.patch \
	tests/threads/planted/concurrent-cancel-reference.patch \
	tests/threads/planted/concurrent-done-relaxed.patch \
	tests/threads/planted/concurrent-end-not-told.patch \
	tests/threads/planted/concurrent-ends-twice.patch \
	tests/threads/planted/concurrent-give-up-unlocked.patch \
	tests/threads/planted/concurrent-line-not-told.patch \
	tests/threads/planted/door-awake-forgotten.patch \
	tests/threads/planted/door-load-and-store.patch \
	tests/threads/planted/door-not-edge.patch \
	tests/threads/planted/door-not-taken.patch \
	tests/threads/planted/door-order.patch \
	tests/threads/planted/door-post-relaxed.patch \
	tests/threads/planted/door-read-last.patch \
	tests/threads/planted/door-refusal-relaxed.patch \
	tests/threads/planted/door-stays-awake.patch \
	tests/threads/planted/door-stays-open.patch \
	tests/threads/planted/door-take-relaxed.patch \
	tests/threads/planted/door-wake-always.patch \
	tests/threads/planted/door-wake-first.patch \
	tests/threads/planted/door-was-empty.patch \
	tests/threads/planted/pool-both-leave.patch \
	tests/threads/planted/pool-dies-alone.patch \
	tests/threads/planted/pool-freed-held.patch \
	tests/threads/planted/pool-idle.patch \
	tests/threads/planted/pool-inbox-bounded.patch \
	tests/threads/planted/pool-inbox-closed-last.patch \
	tests/threads/planted/pool-inbox-forgotten.patch \
	tests/threads/planted/pool-inbox-looked-into-first.patch \
	tests/threads/planted/pool-inbox-not-asked.patch \
	tests/threads/planted/pool-inbox-not-in-take-out.patch \
	tests/threads/planted/pool-inbox-shutdown-open.patch \
	tests/threads/planted/pool-inbox-sleepers-first.patch \
	tests/threads/planted/pool-inbox-stays-open-at-death.patch \
	tests/threads/planted/pool-inbox-too-few.patch \
	tests/threads/planted/pool-inbox-trusts.patch \
	tests/threads/planted/pool-inbox-unlocked.patch \
	tests/threads/planted/pool-inbox-woken-does-not-look.patch \
	tests/threads/planted/pool-independent-late.patch \
	tests/threads/planted/pool-leave-first.patch \
	tests/threads/planted/pool-leave-relaxed.patch \
	tests/threads/planted/pool-let-go-relaxed.patch \
	tests/threads/planted/pool-line-independent-late.patch \
	tests/threads/planted/pool-line-new-thread.patch \
	tests/threads/planted/pool-line-overtaken.patch \
	tests/threads/planted/pool-line-stays.patch \
	tests/threads/planted/pool-line-stop-both.patch \
	tests/threads/planted/pool-no-visitor.patch \
	tests/threads/planted/pool-not-replaced.patch \
	tests/threads/planted/pool-reference-none.patch \
	tests/threads/planted/pool-released-first.patch \
	tests/threads/planted/pool-result-late.patch \
	tests/threads/planted/pool-shutdown-one.patch \
	tests/threads/planted/pool-signal-first.patch \
	tests/threads/planted/pool-sleepers-not-set-again.patch \
	tests/threads/planted/pool-spin-counts-twice.patch \
	tests/threads/planted/pool-spin-stays.patch \
	tests/threads/planted/pool-spin-trusts.patch \
	tests/threads/planted/pool-stop-both.patch \
	tests/threads/planted/pool-unqueue-unlocked.patch \
	tests/threads/planted/pool-unqueue.patch \
	tests/threads/planted/pool-wait-once.patch \
	tests/threads/planted/pool-waking-cleared-by-another.patch \
	tests/threads/planted/pool-waking-not-handed-on.patch \
	tests/threads/planted/pool-waking-stays.patch \
	tests/threads/planted/pool-waking-unlocked.patch \
	tests/threads/planted/promise-leave-first.patch \
	tests/threads/planted/promise-leave-relaxed.patch \
	tests/threads/planted/promise-no-visitor.patch \
	tests/threads/planted/promise-reference-none.patch \
	tests/threads/planted/promise-result-late.patch \
	tests/threads/planted/promise-touches-loop.patch \
	tests/threads/planted/promise-visitor-late.patch
