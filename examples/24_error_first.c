/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A library whose operations take a callback, `void done(int error, void *value, void *arg)`, as a
 * Deferred and as a Future: by hand, where the promise is the callback's argument, and with the
 * adapter for callbacks of this form.
 *
 *     cc 24_error_first.c $(pkg-config --cflags --libs hence) && ./a.out
 *     body: Hello World
 *     error: cannot load the page
 *     body: Hello World
 *     error: No such file or directory
 *     error: abandoned: the promise was let go without a result
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The library that there is: it calls `done` later, with an error or with a body, which is gone when
 * `done` returns. It gives -1 for what is not a path: then it never calls. */
typedef void request_done(int error, void *body, void *arg);
static int request(hence_loop *loop, const char *path, request_done *done, void *arg);

static hence_deferred *load(hence_loop *loop, const char *path);
static void loaded(int error, void *body, void *arg);
static hence_future *load_future(hence_loop *loop, const char *path);
static hence_result copy(void *body, void *arg);
static void show(hence_result r);
static void show_future(hence_loop *loop, hence_future *f);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    show(hence_loop_run_until_complete_deferred(loop, load(loop, "/hello")));
    show(hence_loop_run_until_complete_deferred(loop, load(loop, "/missing")));

    show_future(loop, load_future(loop, "/hello"));
    show_future(loop, load_future(loop, "/missing"));
    show_future(loop, load_future(loop, "not a path"));

    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [by-hand]
static hence_deferred *load(hence_loop *loop, const char *path)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new(&promise);
    if (promise && request(loop, path, loaded, promise) < 0)
        hence_abandon(promise);
    return d;
}

static void loaded(int error, void *body, void *arg)
{
    hence_promise *promise = arg;
    if (error)
        hence_resolve(promise, hence_fail_errno(error, "cannot load the page"));
    else
        hence_resolve(promise, copy(body, NULL));
}
//! [by-hand]

//! [error-first]
static hence_future *load_future(hence_loop *loop, const char *path)
{
    hence_promise *promise;
    hence_future *f = hence_future_new(loop, &promise);
    hence_error_first *call = hence_error_first_new(promise, NULL, copy, NULL);
    if (call && request(loop, path, hence_error_first_done, call) < 0)
        hence_error_first_drop(call); /* it will never call back */
    return f;
}

static hence_result copy(void *body, void *arg)
{
    (void)arg;
    size_t size = strlen(body) + 1;
    char *mine = malloc(size);
    if (mine)
        memcpy(mine, body, size);
    return hence_own(mine, free); /* NULL makes the out-of-memory failure */
}
//! [error-first]

//! [as]
static void show(hence_result r)
{
    const char *body = hence_as(&r, free); /* NULL unless it is memory that free() ends */
    if (body)
        printf("body: %s\n", body);
    else if (hence_is_failure(&r))
        printf("error: %s\n", hence_failure_message(hence_as_failure(&r)));
    hence_drop(r);
}
//! [as]

static void show_future(hence_loop *loop, hence_future *f)
{
    show(hence_loop_run_until_complete(loop, f));
    hence_future_unref(f);
}

/* ---- the library that there is ---- */

struct request {
    request_done *done;
    void *arg;
    bool found;
};

static void request_ready(void *arg)
{
    struct request *r = arg;
    char body[] = "Hello World";
    r->done(r->found ? 0 : ENOENT, r->found ? body : NULL, r->arg);
}

static int request(hence_loop *loop, const char *path, request_done *done, void *arg)
{
    struct request *r = malloc(sizeof *r);
    if (!r || *path != '/') {
        free(r);
        return -1;
    }
    *r = (struct request){.done = done, .arg = arg, .found = strcmp(path, "/hello") == 0};
    return hence_call_later_own(loop, HENCE_MS(100), request_ready, r, free, NULL);
}
