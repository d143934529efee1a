# SPDX-License-Identifier: BSD-3-Clause
#
# Random programs on hence and on its models, compared: README.md says how. The interpreters are C programs;
# what runs the model and compares is Python, and skipped where the model is not installed.

CONFORMANCE_INTERPRETERS = tests/conformance/deferreds tests/conformance/futures
CONFORMANCE_TESTS = tests/conformance/asyncio tests/conformance/scopes tests/conformance/twisted

tests_conformance_deferreds_SOURCES = \
	tests/conformance/deferreds.c \
	tests/conformance/program.c \
	tests/conformance/program.h
tests_conformance_deferreds_LDADD = $(THREAD_LIBS)

tests_conformance_futures_SOURCES = \
	tests/conformance/futures.c \
	tests/conformance/program.c \
	tests/conformance/program.h
tests_conformance_futures_LDADD = $(THREAD_LIBS)

CONFORMANCE_INTERPRETERS += tests/conformance/scopes_interpreter
tests_conformance_scopes_interpreter_SOURCES = tests/conformance/scopes.c
tests_conformance_scopes_interpreter_LDADD = $(THREAD_LIBS)
EXTRA_DIST += tests/conformance/scopes.programs tests/conformance/scopes_model.py

check_PROGRAMS += $(CONFORMANCE_INTERPRETERS)
TESTS += $(CONFORMANCE_TESTS)
EXTRA_DIST += $(CONFORMANCE_TESTS) \
	tests/conformance/README.md \
	tests/conformance/asyncio_model.py \
	tests/conformance/driver.py \
	tests/conformance/programs.py \
	tests/conformance/twisted_differences.py \
	tests/conformance/twisted_model.py \
	tests/conformance/twisted_operations.py \
	tests/conformance/planted/futures \
	tests/conformance/planted/run \
	tests/conformance/planted/futures-exception.broken \
	tests/conformance/planted/futures-gather.broken \
	tests/conformance/planted/futures-remove.broken \
	tests/conformance/planted/cancel.patch \
	tests/conformance/planted/errback.patch \
	tests/conformance/planted/last.patch \
	tests/conformance/planted/limit.patch \
	tests/conformance/planted/order.patch \
	tests/conformance/planted/running.patch \
	tests/conformance/planted/slots.patch \
	tests/conformance/planted/taken.patch \
	tests/conformance/planted/unpause.patch
