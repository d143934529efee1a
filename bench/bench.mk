# SPDX-License-Identifier: BSD-3-Clause
#
# The benchmarks: make bench builds them, bench/run runs them. make check only has each workload done
# once, small, to see that it still gives what it should. What needs libuv or GLib is built where they are.

bench_programs = bench/hence bench/libevent
if HAVE_LIBUV
bench_programs += bench/libuv
endif
if HAVE_GLIB
bench_programs += bench/glib
endif

bench_hence_SOURCES = bench/bench.c bench/bench.h \
	bench/hence.c \
	bench/hence_coroutine.c \
	bench/hence_deferred.c \
	bench/hence_future.c \
	bench/hence_gather.c \
	bench/hence_loop.c \
	bench/hence_threads.c \
	bench/hence_sync.c \
	bench/hence_timer.c \
	bench/threads.h
bench_hence_CPPFLAGS = -I$(top_srcdir)/include -D_GNU_SOURCE
bench_hence_LDADD = lib/libhence.la $(EVENT_LIBS) -lpthread

bench_libevent_SOURCES = bench/bench.c bench/bench.h \
	bench/libevent.c \
	bench/libevent_chain.c \
	bench/libevent_gather.c \
	bench/libevent_loop.c \
	bench/libevent_threads.c \
	bench/libevent_timer.c \
	bench/messages.h \
	bench/threads.h
bench_libevent_CPPFLAGS = -D_GNU_SOURCE
bench_libevent_LDADD = $(EVENT_LIBS) -levent_pthreads -lpthread

bench_libuv_SOURCES = bench/bench.c bench/bench.h bench/libuv_threads.c bench/messages.h \
	bench/threads.h
bench_libuv_CPPFLAGS = $(LIBUV_CFLAGS) -D_GNU_SOURCE
bench_libuv_LDADD = $(LIBUV_LIBS) -lpthread

bench_glib_SOURCES = bench/bench.c bench/bench.h bench/glib_threads.c bench/threads.h
bench_glib_CPPFLAGS = $(GLIB_CFLAGS) -D_GNU_SOURCE
bench_glib_LDADD = $(GLIB_LIBS) -lpthread

check_PROGRAMS += $(bench_programs)
TESTS += bench/smoke
EXTRA_DIST += bench/run bench/smoke bench/budgets
CLEANFILES += $(bench_programs)

bench: $(bench_programs)

.PHONY: bench
