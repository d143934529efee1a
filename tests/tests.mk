# SPDX-License-Identifier: BSD-3-Clause
#
# The test suite. make check runs all of it, make check-core what depends on the compiler (no gates),
# make check-threads the plain programs of tests/threads/, make check-full the slow rest besides.

LDADD = tests/libtestsupport.la lib/libhence-ledger.la $(CRITERION_LIBS) $(EVENT_LIBS) -lpthread

# ---- Criterion programs: tests/<room>/test_<file>.c, one line each

CRITERION_TESTS =
CRITERION_TESTS += tests/base/test_heap.crit
CRITERION_TESTS += tests/base/test_memory.crit
CRITERION_TESTS += tests/base/test_report.crit
CRITERION_TESTS += tests/base/test_thread.crit
CRITERION_TESTS += tests/base/test_version.crit
CRITERION_TESTS += tests/value/test_result.crit
CRITERION_TESTS += tests/value/test_failure.crit
CRITERION_TESTS += tests/value/test_failure_group.crit
CRITERION_TESTS += tests/value/test_list.crit
CRITERION_TESTS += tests/value/test_portable.crit
CRITERION_TESTS += tests/value/test_promise.crit
CRITERION_TESTS += tests/deferred/test_steps.crit
CRITERION_TESTS += tests/deferred/test_steps_in_out.crit
CRITERION_TESTS += tests/deferred/test_steps_memory.crit
CRITERION_TESTS += tests/deferred/test_run.crit
CRITERION_TESTS += tests/deferred/test_run_input.crit
CRITERION_TESTS += tests/deferred/test_run_circles.crit
CRITERION_TESTS += tests/deferred/test_chain.crit
CRITERION_TESTS += tests/deferred/test_chain_cancel.crit
CRITERION_TESTS += tests/deferred/test_chain_circles.crit
CRITERION_TESTS += tests/deferred/test_cancel.crit
CRITERION_TESTS += tests/deferred/test_pause.crit
CRITERION_TESTS += tests/deferred/test_life.crit
CRITERION_TESTS += tests/deferred/test_life_bound.crit
CRITERION_TESTS += tests/deferred/test_life_forget.crit
CRITERION_TESTS += tests/deferred/test_life_reports.crit
CRITERION_TESTS += tests/deferred/test_depth.crit
CRITERION_TESTS += tests/deferred/test_random.crit
CRITERION_TESTS += tests/deferred/test_helpers.crit
CRITERION_TESTS += tests/deferred/test_debugging.crit
CRITERION_TESTS += tests/deferred/test_together.crit
CRITERION_TESTS += tests/loop/test_call.crit
CRITERION_TESTS += tests/loop/test_call_cancel.crit
CRITERION_TESTS += tests/loop/test_call_move.crit
CRITERION_TESTS += tests/loop/test_door.crit
CRITERION_TESTS += tests/loop/test_existing_base.crit
CRITERION_TESTS += tests/loop/test_existing_base_kinds.crit
CRITERION_TESTS += tests/loop/test_existing_base_freed.crit
CRITERION_TESTS += tests/loop/test_fork.crit
CRITERION_TESTS += tests/loop/test_loop.crit
CRITERION_TESTS += tests/loop/test_queue.crit
CRITERION_TESTS += tests/loop/test_random.crit
CRITERION_TESTS += tests/loop/test_shutdown.crit
CRITERION_TESTS += tests/loop/test_timers.crit
CRITERION_TESTS += tests/loop/test_turn.crit
CRITERION_TESTS += tests/future/test_chain.crit
CRITERION_TESTS += tests/future/test_chain_cancel.crit
CRITERION_TESTS += tests/future/test_chain_circles.crit
CRITERION_TESTS += tests/future/test_future.crit
CRITERION_TESTS += tests/future/test_future_cancel.crit
CRITERION_TESTS += tests/future/test_future_lend.crit
CRITERION_TESTS += tests/future/test_future_reports.crit
CRITERION_TESTS += tests/future/test_listeners.crit
CRITERION_TESTS += tests/future/test_run.crit
CRITERION_TESTS += tests/compose/test_adapters.crit
CRITERION_TESTS += tests/compose/test_adapters_cancel.crit
CRITERION_TESTS += tests/compose/test_adapters_run.crit
CRITERION_TESTS += tests/compose/test_error_first.crit
CRITERION_TESTS += tests/compose/test_event.crit
CRITERION_TESTS += tests/compose/test_event_signals.crit
CRITERION_TESTS += tests/compose/test_event_timeout.crit
CRITERION_TESTS += tests/compose/test_event_cancel.crit
CRITERION_TESTS += tests/compose/test_event_loop.crit
CRITERION_TESTS += tests/compose/test_event_refused.crit
CRITERION_TESTS += tests/compose/test_deferred_list.crit
CRITERION_TESTS += tests/compose/test_list_cancel.crit
CRITERION_TESTS += tests/compose/test_list_life.crit
CRITERION_TESTS += tests/compose/test_race.crit
CRITERION_TESTS += tests/compose/test_share.crit
CRITERION_TESTS += tests/compose/test_share_cancel.crit
CRITERION_TESTS += tests/compose/test_share_steps.crit
CRITERION_TESTS += tests/compose/test_share_stacks.crit
CRITERION_TESTS += tests/compose/test_timeout.crit
CRITERION_TESTS += tests/compose/test_timeout_end.crit
CRITERION_TESTS += tests/compose/test_depth.crit
CRITERION_TESTS += tests/compose/test_random.crit
CRITERION_TESTS += tests/compose/test_gather.crit
CRITERION_TESTS += tests/compose/test_gather_cancel.crit
CRITERION_TESTS += tests/compose/test_race_future.crit
CRITERION_TESTS += tests/compose/test_wait.crit
CRITERION_TESTS += tests/compose/test_circles.crit
CRITERION_TESTS += tests/compose/test_completion_queue.crit
CRITERION_TESTS += tests/compose/test_completion_queue_end.crit
CRITERION_TESTS += tests/compose/test_shield.crit
CRITERION_TESTS += tests/compose/test_wait_for.crit
CRITERION_TESTS += tests/compose/test_operators.crit
CRITERION_TESTS += tests/compose/test_run_sync.crit
CRITERION_TESTS += tests/compose/test_iterate.crit
CRITERION_TESTS += tests/compose/test_iterate_cancel.crit
CRITERION_TESTS += tests/compose/test_iterate_completions.crit
CRITERION_TESTS += tests/compose/test_map.crit
CRITERION_TESTS += tests/compose/test_using.crit
CRITERION_TESTS += tests/compose/test_using_cancel.crit
CRITERION_TESTS += tests/compose/test_future_depth.crit
CRITERION_TESTS += tests/compose/test_future_random.crit
CRITERION_TESTS += tests/schedule/test_sleep.crit
CRITERION_TESTS += tests/schedule/test_defer_later.crit
CRITERION_TESTS += tests/schedule/test_looping_call.crit
CRITERION_TESTS += tests/schedule/test_looping_call_life.crit
CRITERION_TESTS += tests/schedule/test_periodic.crit
CRITERION_TESTS += tests/schedule/test_cooperator.crit
CRITERION_TESTS += tests/schedule/test_cooperator_life.crit
CRITERION_TESTS += tests/schedule/test_main.crit
CRITERION_TESTS += tests/coro/test_inline_scenarios.crit
CRITERION_TESTS += tests/coro/test_loops.crit
CRITERION_TESTS += tests/coro/test_main_coroutine.crit
CRITERION_TESTS += tests/coro/test_nothing_lost.crit
CRITERION_TESTS += tests/coro/test_nothing_lost_between.crit
CRITERION_TESTS += tests/coro/test_nothing_lost_completions.crit
CRITERION_TESTS += tests/coro/test_task_scenarios.crit
CRITERION_TESTS += tests/coro/test_tasks_together.crit
CRITERION_TESTS += tests/exec/test_executor.crit
CRITERION_TESTS += tests/exec/test_executor_refused.crit
CRITERION_TESTS += tests/exec/test_future_job.crit
CRITERION_TESTS += tests/exec/test_threadsafe_promise.crit
CRITERION_TESTS += tests/exec/test_blocking_call.crit
CRITERION_TESTS += tests/exec/test_concurrent_future.crit
CRITERION_TESTS += tests/exec/test_concurrent_wait.crit
CRITERION_TESTS += tests/exec/test_exec_fork.crit
CRITERION_TESTS += tests/coro/test_refused_reports.crit
CRITERION_TESTS += tests/coro/test_scope.crit
CRITERION_TESTS += tests/coro/test_scope_time.crit
CRITERION_TESTS += tests/coro/test_scope_tasks.crit
CRITERION_TESTS += tests/coro/test_scope_misuse.crit
CRITERION_TESTS += tests/coro/test_task_group.crit
CRITERION_TESTS += tests/coro/test_task_group_failures.crit
CRITERION_TESTS += tests/coro/test_task_group_cancel.crit
CRITERION_TESTS += tests/coro/test_task_group_circles.crit
CRITERION_TESTS += tests/coro/test_task_group_start.crit
CRITERION_TESTS += tests/coro/test_task_group_misuse.crit
CRITERION_TESTS += tests/coro/test_timeout.crit
CRITERION_TESTS += tests/coro/test_timeout_cancel.crit
CRITERION_TESTS += tests/coro/test_timeout_misuse.crit
CRITERION_TESTS += tests/exec/test_line.crit
CRITERION_TESTS += tests/exec/test_pool_life.crit
CRITERION_TESTS += tests/exec/test_run_threadsafe.crit
CRITERION_TESTS += tests/exec/test_wrap.crit
CRITERION_TESTS += tests/coro/test_task.crit
CRITERION_TESTS += tests/coro/test_await.crit
CRITERION_TESTS += tests/coro/test_await_time.crit
CRITERION_TESTS += tests/coro/test_await_refused.crit
CRITERION_TESTS += tests/coro/test_task_cancel.crit
CRITERION_TESTS += tests/coro/test_task_close.crit
CRITERION_TESTS += tests/coro/test_inline_callbacks.crit
CRITERION_TESTS += tests/coro/test_generator.crit
CRITERION_TESTS += tests/coro/test_generator_await.crit
CRITERION_TESTS += tests/coro/test_generator_nested.crit
CRITERION_TESTS += tests/coro/test_rounding.crit
tests_coro_test_rounding_crit_LDADD = $(LDADD) -lm
CRITERION_TESTS += tests/coro/test_stacks.crit
CRITERION_TESTS += tests/sync/test_lock.crit
CRITERION_TESTS += tests/sync/test_semaphore.crit
CRITERION_TESTS += tests/sync/test_rwlock.crit
CRITERION_TESTS += tests/sync/test_limiter.crit
CRITERION_TESTS += tests/sync/test_event.crit
CRITERION_TESTS += tests/sync/test_barrier.crit
CRITERION_TESTS += tests/sync/test_async_result.crit
CRITERION_TESTS += tests/sync/test_condition.crit
CRITERION_TESTS += tests/sync/test_condition_untold.crit
CRITERION_TESTS += tests/sync/test_queue.crit
CRITERION_TESTS += tests/sync/test_queue_future.crit
CRITERION_TESTS += tests/sync/test_filesystem_lock.crit
CRITERION_TESTS += tests/sync/test_random.crit
CRITERION_TESTS += tests/sync/test_depth.crit
CRITERION_TESTS += tests/sync/test_wrong_thread.crit
CRITERION_TESTS += tests/testing/test_clock.crit
CRITERION_TESTS += tests/testing/test_helpers.crit

# Those in which calls of the system fail, through tests/support/system.c. Two lines each.

failing_calls = $(AM_LDFLAGS) -Wl,--wrap=event_reinit,--wrap=eventfd,--wrap=malloc \
	-Wl,--wrap=posix_memalign,--wrap=pthread_key_create,--wrap=pthread_setspecific \
	-Wl,--wrap=read,--wrap=sched_getaffinity,--wrap=sysconf,--wrap=write

CRITERION_TESTS += tests/base/test_slab.crit
tests_base_test_slab_crit_LDFLAGS = $(failing_calls)
CRITERION_TESTS += tests/exec/test_processors.crit
tests_exec_test_processors_crit_LDFLAGS = $(failing_calls)
CRITERION_TESTS += tests/loop/test_system.crit
tests_loop_test_system_crit_LDFLAGS = $(failing_calls)

# ---- plain programs, for what crosses threads: they also run under TSan. Two lines each.

THREAD_LIBS = lib/libhence-ledger.la $(EVENT_LIBS) -lpthread

THREAD_TESTS =
THREAD_TESTS += tests/threads/concurrent
tests_threads_concurrent_LDADD = $(THREAD_LIBS)
THREAD_TESTS += tests/threads/many_loops
tests_threads_many_loops_LDADD = $(THREAD_LIBS)
THREAD_TESTS += tests/threads/post
tests_threads_post_LDADD = $(THREAD_LIBS)
THREAD_TESTS += tests/threads/post_and_close
tests_threads_post_and_close_LDADD = $(THREAD_LIBS)
THREAD_TESTS += tests/threads/refused
tests_threads_refused_LDADD = $(THREAD_LIBS)
THREAD_TESTS += tests/threads/ring
tests_threads_ring_LDADD = $(THREAD_LIBS)
THREAD_TESTS += tests/threads/executor
tests_threads_executor_LDADD = $(THREAD_LIBS)
THREAD_TESTS += tests/threads/coroutines
tests_threads_coroutines_LDADD = $(THREAD_LIBS)
EXTRA_DIST += tests/compose/completion_queue_support.h tests/compose/event_support.h \
	tests/compose/futures_support.h tests/compose/iterate_support.h tests/compose/share_support.h \
	tests/compose/timeout_support.h tests/coro/blocks.h tests/coro/coro_support.h \
	tests/coro/generator_support.h tests/coro/nothing_lost_support.h tests/coro/scope_support.h \
	tests/coro/task_group_support.h tests/coro/timeout_support.h tests/coro/waiting_support.h \
	tests/deferred/chain_support.h tests/exec/exec_support.h tests/loop/call_support.h \
	tests/loop/existing_base_support.h tests/schedule/looping_call_support.h \
	tests/sync/sync_support.h tests/threads/threads.h

# ---- what crosses threads, in every order

include tests/threads/proof.mk

# ---- hence and its models, compared

include tests/conformance/conformance.mk

# ---- the gates: what must be true of the project as a whole

QUICK_GATES = \
	tests/gates/layers \
	tests/gates/layers_fails \
	tests/gates/exports \
	tests/gates/headers \
	tests/examples/compare_fails

SLOW_GATES = \
	tests/gates/abi \
	tests/gates/coroutines \
	tests/gates/docs \
	tests/gates/format \
	tests/gates/install \
	tests/gates/listed \
	tests/gates/samples \
	tests/gates/samples_fails \
	tests/gates/words

if SHORT_CHECK
GATES = $(QUICK_GATES)
else
GATES = $(QUICK_GATES) $(SLOW_GATES)
endif

# ---- what they share

check_LTLIBRARIES += tests/libtestsupport.la
tests_libtestsupport_la_SOURCES = \
	tests/support/checks.c \
	tests/support/describe.c \
	tests/support/forked.h \
	tests/support/inputs.c \
	tests/support/inputs.h \
	tests/support/memory.c \
	tests/support/parts.h \
	tests/support/payloads.c \
	tests/support/random.h \
	tests/support/reports.c \
	tests/support/script.c \
	tests/support/script.h \
	tests/support/steps.c \
	tests/support/support.c \
	tests/support/support.h \
	tests/support/system.c \
	tests/support/system.h \
	tests/support/threads.c
tests_libtestsupport_la_CFLAGS = $(AM_CFLAGS) -static
tests_libtestsupport_la_LDFLAGS = $(SANITIZER_FLAGS) $(COVERAGE_FLAGS)

EXTRA_DIST += $(QUICK_GATES) $(SLOW_GATES) tests/gates/common.sh tests/gates/installed \
	tests/gates/installed_program.c tests/gates/coroutines_program.c \
	tests/gates/coroutines_exceptions.cc tests/gates/coroutines_planted.c tests/examples/compare \
	tests/support/criterion tests/totals tests/full/run tests/conformance/COVERAGE.md

check_PROGRAMS += $(THREAD_TESTS)
TESTS += $(GATES) $(EXAMPLE_TESTS) $(THREAD_TESTS)
TEST_EXTENSIONS = .crit .out

if HAVE_CRITERION
check_PROGRAMS += $(CRITERION_TESTS)
TESTS += $(CRITERION_TESTS)
else
check_DATA = criterion-is-missing
endif

# A Criterion program counts each of its tests, through TAP.
CRIT_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
CRIT_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/support/criterion
OUT_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/examples/compare

AM_TESTS_ENVIRONMENT = . $(top_builddir)/tests/environment;

criterion-is-missing:
	@echo "make check needs Criterion: install libcriterion-dev (Debian) and run configure again," >&2
	@echo "or run ./quickstart check, which does both." >&2
	@exit 1

check-core:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(CRITERION_TESTS) $(THREAD_TESTS) $(EXAMPLE_TESTS)'

check-threads:
	$(MAKE) $(AM_MAKEFLAGS) lib/libhence-ledger.la $(THREAD_TESTS)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(THREAD_TESTS)' check_PROGRAMS='$(THREAD_TESTS)' \
		check_LTLIBRARIES=lib/libhence-ledger.la

EXTRA_DIST += tests/full/valgrind.supp

check-full:
	$(SHELL) $(top_srcdir)/tests/full/run $(abs_top_builddir)

# The installed library, where make install put it: make distcheck runs this.
installcheck-local:
	PKG_CONFIG_PATH='$(DESTDIR)$(pkgconfigdir)' $(SHELL) $(top_srcdir)/tests/gates/installed

if COVERAGE
coverage:
	$(MAKE) $(AM_MAKEFLAGS) check-core
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/gates/coroutines
	root=`cd $(top_srcdir) && pwd` && gcovr --root $$root --filter $$root/lib/ \
		--object-directory . --branches --exclude-unreachable-branches --sort-percentage \
		--print-summary .
else
coverage:
	@echo "make coverage needs ./configure --enable-coverage" >&2; exit 1
endif

.PHONY: criterion-is-missing check-core check-threads check-full coverage
