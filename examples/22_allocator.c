/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory from the program's own allocator: here one that counts, and shows at the end that everything
 * has been given back.
 *
 *     cc 22_allocator.c $(pkg-config --cflags --libs hence) && ./a.out
 *     9
 *     9 blocks allocated, 0 of them still there
 *     too late for another allocator
 */
#include <hence/hence.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

struct counts {
    atomic_uint made, ended; /* they may be called on any thread */
};

static void *count_allocate(size_t size, void *arg);
static void *count_resize(void *p, size_t size, void *arg);
static void count_release(void *p, void *arg);
static hence_result square(hence_result *in, void *arg);

int main(void)
{
    //! [set-allocator]
    static struct counts counts; /* it must live as long as anything of the library */
    const hence_allocator counting = {
        .allocate = count_allocate,
        .resize = count_resize,
        .release = count_release,
        .arg = &counts,
    };
    if (hence_set_allocator(&counting) < 0) /* before anything else of the library */
        return EXIT_FAILURE;
    //! [set-allocator]

    hence_loop *loop = hence_loop_new(NULL);
    hence_deferred *d = hence_sleep(loop, HENCE_MS(10));
    hence_deferred_add_callback(d, square, NULL);
    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    printf("%" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_loop_free(loop);

    printf("%u blocks allocated, %u of them still there\n", counts.made,
           counts.made - counts.ended);
    if (hence_set_allocator(NULL) == -EBUSY)
        puts("too late for another allocator");
    return EXIT_SUCCESS;
}

//! [allocator]
static void *count_allocate(size_t size, void *arg)
{
    struct counts *counts = arg;
    void *p = malloc(size);
    if (p)
        counts->made++;
    return p;
}

static void *count_resize(void *p, size_t size, void *arg)
{
    return p ? realloc(p, size) : count_allocate(size, arg);
}

static void count_release(void *p, void *arg)
{
    struct counts *counts = arg;
    counts->ended++;
    free(p);
}
//! [allocator]

static hence_result square(hence_result *in, void *arg)
{
    (void)in;
    (void)arg;
    return hence_int(3 * 3);
}
