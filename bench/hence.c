/* SPDX-License-Identifier: BSD-3-Clause */
/* The workloads on hence: see bench.c for how to run them. */
#include "bench.h"

const struct bench_row *const bench_tables[] = {
    hence_deferred_rows,  hence_future_rows, hence_gather_rows,
    hence_loop_rows,      hence_timer_rows,  hence_threads_rows,
    hence_coroutine_rows, hence_sync_rows,   NULL,
};
