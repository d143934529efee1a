/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The same three poems with Deferreds: each is one, all of them together are one, and nobody counts.
 *
 *     cc 43_poetry_deferreds.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     Dawn, after 0.4 s:
 *         The light comes in on stockinged feet
 *         ...
 *     Rain, after 0.8 s:
 *         ...
 *     Night, after 1.2 s:
 *         ...
 *     3 of 3 poems, after 1.2 s
 */
#include "poetry.h"
#include "poetry_get.h"

#define POEMS 3

struct reading {
    hence_loop *loop;
    struct poetry_server *servers[POEMS];
    int64_t begun;
};

/* One poem of a reading; belongs to the chain that gets it. */
struct title {
    const struct reading *reading;
    const char *text;
};

static bool open_servers(struct reading *reading);
static hence_deferred *read_all(struct reading *reading);
static hence_deferred *read_one(const struct reading *reading, const struct poetry_server *server);
static hence_result print(hence_result *in, void *arg);
static hence_result explain(hence_result *in, void *arg);
static hence_result print_number(hence_result *in, void *arg);
static double seconds_since(const struct reading *reading);

int main(void)
{
    struct reading reading = {.loop = hence_loop_new(NULL)};
    bool ok = reading.loop && open_servers(&reading);
    if (ok) {
        hence_deferred *d = read_all(&reading);
        hence_result r = hence_loop_run_until_complete_deferred(reading.loop, d);
        ok = hence_as_int(&r) == POEMS;
        hence_drop(r);
    }
    for (int i = 0; i < POEMS; i++)
        poetry_server_free(reading.servers[i]);
    hence_loop_free(reading.loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
