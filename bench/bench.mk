# SPDX-License-Identifier: BSD-3-Clause
#
# The benchmarks: make bench builds them, bench/run runs them. make check only has each workload done
# once, small, to see that it still gives what it should.

bench_programs = bench/hence bench/libevent

bench_hence_SOURCES = bench/bench.c bench/bench.h \
	bench/hence.c \
	bench/hence_coroutine.c \
	bench/hence_deferred.c \
	bench/hence_future.c \
	bench/hence_gather.c \
	bench/hence_loop.c \
	bench/hence_threads.c \
	bench/hence_sync.c \
	bench/hence_timer.c
bench_hence_CPPFLAGS = -I$(top_srcdir)/include -D_GNU_SOURCE
bench_hence_LDADD = lib/libhence.la $(EVENT_LIBS) -lpthread

bench_libevent_SOURCES = bench/bench.c bench/bench.h \
	bench/libevent.c \
	bench/libevent_chain.c \
	bench/libevent_gather.c \
	bench/libevent_loop.c \
	bench/libevent_threads.c \
	bench/libevent_timer.c
bench_libevent_CPPFLAGS = -D_GNU_SOURCE
bench_libevent_LDADD = $(EVENT_LIBS) -levent_pthreads -lpthread

check_PROGRAMS += $(bench_programs)
TESTS += bench/smoke
EXTRA_DIST += bench/run bench/smoke bench/budgets
CLEANFILES += $(bench_programs)

bench: $(bench_programs)

.PHONY: bench
