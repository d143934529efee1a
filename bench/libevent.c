/* SPDX-License-Identifier: BSD-3-Clause */
/* The same workloads on libevent alone, the reference: see bench.c for how to run them. */
#include "bench.h"

const struct bench_row *const bench_tables[] = {
    libevent_chain_rows, libevent_gather_rows,  libevent_loop_rows,
    libevent_timer_rows, libevent_threads_rows, NULL,
};
