# SPDX-License-Identifier: BSD-3-Clause
#
# The tutorial programs. Each is examples/NN_topic.c with NN_topic.out, what it prints; make check runs
# and compares them all. A new one is two lines here: it may have its own libraries.

EXAMPLE_LIBS = lib/libhence.la $(EVENT_LIBS)

EXAMPLES =

EXAMPLES += examples/01_slow_square
examples_01_slow_square_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/02_slow_square_future
examples_02_slow_square_future_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/03_sleep
examples_03_sleep_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/04_on_success_on_error
examples_04_on_success_on_error_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/05_say_something
examples_05_say_something_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/06_hello_world
examples_06_hello_world_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/07_call_soon
examples_07_call_soon_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/08_ultra_simple
examples_08_ultra_simple_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/09_async_timer
examples_09_async_timer_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/10_chains_and_errors
examples_10_chains_and_errors_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/11_returned_deferred
examples_11_returned_deferred_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/12_cancel
examples_12_cancel_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/13_pause
examples_13_pause_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/14_adapters
examples_14_adapters_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/15_failures
examples_15_failures_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/16_two_shapes
examples_16_two_shapes_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/17_calls
examples_17_calls_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/18_shutdown
examples_18_shutdown_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/19_threads
examples_19_threads_LDADD = $(EXAMPLE_LIBS) -lpthread

EXAMPLES += examples/20_libevent_program
examples_20_libevent_program_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/21_reports
examples_21_reports_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/22_allocator
examples_22_allocator_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/23_testing
examples_23_testing_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/24_error_first
examples_24_error_first_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/25_in_out_steps
examples_25_in_out_steps_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/26_results
examples_26_results_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/27_futures
examples_27_futures_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/28_loop_life
examples_28_loop_life_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/29_fork
examples_29_fork_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/30_signal
examples_30_signal_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/31_line_server
examples_31_line_server_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/32_maybe
examples_32_maybe_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/33_deferred_list
examples_33_deferred_list_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/34_race
examples_34_race_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/35_share
examples_35_share_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/36_timeouts
examples_36_timeouts_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/37_debugging
examples_37_debugging_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/38_looping_call
examples_38_looping_call_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/39_cooperator
examples_39_cooperator_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/40_main
examples_40_main_LDADD = $(EXAMPLE_LIBS)

# One story: what they have in common is in headers, so that each is built like any other.
EXAMPLE_PARTS = examples/poetry.h examples/poetry_get.h
EXTRA_DIST += $(EXAMPLE_PARTS)

EXAMPLES += examples/41_poetry_server
examples_41_poetry_server_LDADD = $(EVENT_LIBS)

EXAMPLES += examples/42_poetry_callbacks
examples_42_poetry_callbacks_LDADD = $(EVENT_LIBS)

EXAMPLES += examples/43_poetry_deferreds
examples_43_poetry_deferreds_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/44_poetry_timeouts
examples_44_poetry_timeouts_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/45_poetry_main
examples_45_poetry_main_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/46_poetry_gather
examples_46_poetry_gather_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/50_gather
examples_50_gather_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/51_wait
examples_51_wait_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/52_as_completed
examples_52_as_completed_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/53_shield
examples_53_shield_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/54_operators
examples_54_operators_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/55_iterators
examples_55_iterators_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/56_transaction
examples_56_transaction_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/60_threadsafe_promise
examples_60_threadsafe_promise_LDADD = $(EXAMPLE_LIBS) -lpthread

EXAMPLES += examples/61_executor
examples_61_executor_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/62_blocking_call
examples_62_blocking_call_LDADD = $(EXAMPLE_LIBS) -lpthread

EXAMPLES += examples/70_lock
examples_70_lock_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/71_producer_consumer
examples_71_producer_consumer_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/72_pool
examples_72_pool_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/73_barrier
examples_73_barrier_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/74_notify
examples_74_notify_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/75_rwlock
examples_75_rwlock_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/76_filesystem_lock
examples_76_filesystem_lock_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/77_queues
examples_77_queues_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/78_queue_and_thread
examples_78_queue_and_thread_LDADD = $(EXAMPLE_LIBS) -lpthread
EXAMPLES += examples/63_thread_pool
examples_63_thread_pool_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/64_concurrent_futures
examples_64_concurrent_futures_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/65_pushing_back
examples_65_pushing_back_LDADD = $(EXAMPLE_LIBS) -lpthread

EXAMPLES += examples/66_run_threadsafe
examples_66_run_threadsafe_LDADD = $(EXAMPLE_LIBS) -lpthread

EXAMPLES += examples/67_loops
examples_67_loops_LDADD = $(EXAMPLE_LIBS) -lpthread

EXAMPLES += examples/68_async_executor
examples_68_async_executor_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/69_run_on_executor
examples_69_run_on_executor_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/80_inline_callbacks
examples_80_inline_callbacks_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/81_coroutine
examples_81_coroutine_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/82_tasks
examples_82_tasks_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/83_ultra_simple_coroutine
examples_83_ultra_simple_coroutine_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/84_async_timer_coroutine
examples_84_async_timer_coroutine_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/85_generators
examples_85_generators_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/86_send
examples_86_send_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/87_yield_from
examples_87_yield_from_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/90_gather_coroutine
examples_90_gather_coroutine_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/91_poetry_coroutine
examples_91_poetry_coroutine_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/92_three_ways
examples_92_three_ways_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/88_timeouts_and_scopes
examples_88_timeouts_and_scopes_LDADD = $(EXAMPLE_LIBS)

EXAMPLES += examples/89_task_group
examples_89_task_group_LDADD = $(EXAMPLE_LIBS)

noinst_PROGRAMS += $(EXAMPLES)
EXAMPLE_TESTS = $(EXAMPLES:=.out)
EXTRA_DIST += $(EXAMPLE_TESTS) examples/run

# Not made from anything, whatever make's own rules for names in .out say.
$(EXAMPLE_TESTS):
	@:

# The clock that stands still: see tests/support/simulated_time.c. No sanitizer is wanted in it.
noinst_LTLIBRARIES += tests/support/simulated_time.la
tests_support_simulated_time_la_SOURCES = tests/support/simulated_time.c
tests_support_simulated_time_la_CFLAGS = $(HENCE_CFLAGS)
tests_support_simulated_time_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

examples: $(EXAMPLES)

run-examples: $(EXAMPLES) tests/support/simulated_time.la
	@$(SHELL) $(top_srcdir)/examples/run $(abs_top_builddir) $(EXAMPLES)

run-examples-quick: $(EXAMPLES) tests/support/simulated_time.la
	@$(SHELL) $(top_srcdir)/examples/run --quick $(abs_top_builddir) $(EXAMPLES)

.PHONY: examples run-examples run-examples-quick
