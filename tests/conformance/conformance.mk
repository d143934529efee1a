# SPDX-License-Identifier: BSD-3-Clause
#
# Random programs on hence and on its models, compared: README.md says how. The interpreters are C programs;
# what runs the model and compares is Python, and skipped where the model is not installed.

CONFORMANCE_INTERPRETERS = tests/conformance/coroutines tests/conformance/deferreds \
	tests/conformance/futures tests/conformance/inline tests/conformance/waiters
CONFORMANCE_TESTS = tests/conformance/asyncio tests/conformance/inline_callbacks \
	tests/conformance/scopes tests/conformance/sync tests/conformance/tasks \
	tests/conformance/twisted

tests_conformance_coroutines_SOURCES = \
	tests/conformance/coroutines.c \
	tests/conformance/modes.h \
	tests/conformance/program.c \
	tests/conformance/program.h \
	tests/conformance/turns.c \
	tests/conformance/turns.h \
	tests/conformance/values.c \
	tests/conformance/values.h
tests_conformance_coroutines_LDADD = $(THREAD_LIBS)

tests_conformance_deferreds_SOURCES = \
	tests/conformance/deferreds.c \
	tests/conformance/program.c \
	tests/conformance/program.h \
	tests/conformance/values.c \
	tests/conformance/values.h
tests_conformance_deferreds_LDADD = $(THREAD_LIBS)

tests_conformance_futures_SOURCES = \
	tests/conformance/futures.c \
	tests/conformance/futures.h \
	tests/conformance/futures_calls.c \
	tests/conformance/futures_combinators.c \
	tests/conformance/program.c \
	tests/conformance/program.h \
	tests/conformance/turns.c \
	tests/conformance/turns.h \
	tests/conformance/values.c \
	tests/conformance/values.h
tests_conformance_futures_LDADD = $(THREAD_LIBS)

tests_conformance_waiters_SOURCES = \
	tests/conformance/program.c \
	tests/conformance/program.h \
	tests/conformance/values.c \
	tests/conformance/values.h \
	tests/conformance/waiters.c
tests_conformance_waiters_LDADD = $(THREAD_LIBS)

tests_conformance_inline_SOURCES = \
	tests/conformance/inline.c \
	tests/conformance/modes.h \
	tests/conformance/program.c \
	tests/conformance/program.h \
	tests/conformance/values.c \
	tests/conformance/values.h
tests_conformance_inline_LDADD = $(THREAD_LIBS)

CONFORMANCE_INTERPRETERS += tests/conformance/scopes_interpreter
tests_conformance_scopes_interpreter_SOURCES = tests/conformance/scopes.c
tests_conformance_scopes_interpreter_LDADD = $(THREAD_LIBS)
EXTRA_DIST += tests/conformance/scopes.programs tests/conformance/scopes_model.py

check_PROGRAMS += $(CONFORMANCE_INTERPRETERS)
TESTS += $(CONFORMANCE_TESTS)
EXTRA_DIST += $(CONFORMANCE_TESTS) \
	tests/conformance/README.md \
	tests/conformance/asyncio.programs \
	tests/conformance/asyncio_completions.py \
	tests/conformance/asyncio_differences.py \
	tests/conformance/asyncio_futures.py \
	tests/conformance/asyncio_loop.py \
	tests/conformance/asyncio_model.py \
	tests/conformance/asyncio_operations.py \
	tests/conformance/driver.py \
	tests/conformance/inline_model.py \
	tests/conformance/programs.py \
	tests/conformance/sync_asyncio.py \
	tests/conformance/sync_model.py \
	tests/conformance/sync_twisted.py \
	tests/conformance/tasks_model.py \
	tests/conformance/tasks_modes.py \
	tests/conformance/twisted_deferreds.py \
	tests/conformance/twisted_differences.py \
	tests/conformance/twisted_model.py \
	tests/conformance/twisted_operations.py \
	tests/conformance/planted/broken \
	tests/conformance/planted/run \
	tests/conformance/planted/directed-give-back.broken \
	tests/conformance/planted/directed-order.broken \
	tests/conformance/planted/directed-told.broken \
	tests/conformance/planted/futures-exception.broken \
	tests/conformance/planted/futures-gather.broken \
	tests/conformance/planted/futures-remove.broken \
	tests/conformance/planted/inline-cancel.broken \
	tests/conformance/planted/inline-must-cancel.broken \
	tests/conformance/planted/sync-backlog.broken \
	tests/conformance/planted/sync-barrier.broken \
	tests/conformance/planted/sync-condition.broken \
	tests/conformance/planted/sync-order.broken \
	tests/conformance/planted/sync-putter.broken \
	tests/conformance/planted/tasks-count.broken \
	tests/conformance/planted/tasks-must-cancel.broken \
	tests/conformance/planted/tasks-not-told.broken \
	tests/conformance/planted/tasks-return.broken \
	tests/conformance/planted/tasks-yield.broken \
	tests/conformance/planted/cancel.patch \
	tests/conformance/planted/errback.patch \
	tests/conformance/planted/last.patch \
	tests/conformance/planted/limit.patch \
	tests/conformance/planted/order.patch \
	tests/conformance/planted/running.patch \
	tests/conformance/planted/slots.patch \
	tests/conformance/planted/taken.patch \
	tests/conformance/planted/unpause.patch
