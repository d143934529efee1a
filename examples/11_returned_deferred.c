/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A step that takes time: it returns another Deferred, and the chain waits for that one. What the
 * step was given lives until then, and memory bound to the chain lives until its end.
 *
 *     cc 11_returned_deferred.c $(pkg-config --cflags --libs hence) && ./a.out
 *     looking for /hello
 *     storing "Hello World"
 *     the page is freed
 *     the request is freed
 *     stored as number 7
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct request {
    hence_loop *loop;
    char path[32];
};

static hence_deferred *find_and_store(hence_loop *loop, const char *path);
static hence_deferred *find(struct request *request);
static hence_result found(hence_result *in, void *arg);
static hence_result store_page(hence_result *in, void *arg);
static hence_deferred *store(hence_loop *loop, char *page);
static hence_result stored(hence_result *in, void *arg);
static void page_free(void *p);
static void request_free(void *p);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_deferred *d = find_and_store(loop, "/hello");
    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    bool ok = hence_is_int(&r);
    if (ok)
        printf("stored as number %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [bind]
static hence_deferred *find_and_store(hence_loop *loop, const char *path)
{
    struct request *request = malloc(sizeof *request);
    if (!request)
        return NULL;
    request->loop = loop;
    snprintf(request->path, sizeof request->path, "%s", path);

    hence_deferred *d = find(request);
    if (hence_deferred_bind(d, request, request_free) < 0)
        return hence_deferred_unref(d); /* the request is freed already */
    hence_deferred_add_callback(d, store_page, request);
    return d;
}
//! [bind]

static hence_deferred *find(struct request *request)
{
    printf("looking for %s\n", request->path);
    hence_deferred *d = hence_sleep(request->loop, HENCE_SECONDS(0.1));
    hence_deferred_add_callback(d, found, NULL);
    return d;
}

static hence_result found(hence_result *in, void *arg)
{
    (void)in;
    (void)arg;
    char *page = malloc(sizeof "Hello World");
    if (page)
        memcpy(page, "Hello World", sizeof "Hello World");
    return hence_own(page, page_free); /* NULL would be the out-of-memory failure */
}

//! [chain]
static hence_result store_page(hence_result *in, void *arg)
{
    struct request *request = arg;
    char *page = hence_as(in, page_free);           /* lent; NULL if it is anything but a page */
    return hence_chain(store(request->loop, page)); /* the page lives until that has ended */
}
//! [chain]

static hence_deferred *store(hence_loop *loop, char *page)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(0.1));
    hence_deferred_add_callback(d, stored, page);
    return d;
}

static hence_result stored(hence_result *in, void *arg)
{
    (void)in;
    printf("storing \"%s\"\n", (const char *)arg);
    return hence_int(7);
}

static void page_free(void *p)
{
    puts("the page is freed");
    free(p);
}

static void request_free(void *p)
{
    puts("the request is freed");
    free(p);
}
