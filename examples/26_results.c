/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a result can be, how it is looked at, and who owns what is in it.
 *
 *     cc 26_results.c $(pkg-config --cflags --libs hence) && ./a.out
 *     nothing but "done"
 *     the integer 7
 *     the number 2.50
 *     a lent pointer to "lent"
 *     a point at 3, 4
 *     the failure: out of memory
 *     the point is mine now, and the result says nothing but "done"
 *     a point is not just something to free()
 *     a list of 2, the second: 3, 4
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct point {
    int x, y;
};

static hence_result point(int x, int y);
static void point_free(void *p);
static void show(hence_result r);
static void take_out(void);
static hence_result two_points(void);
static void show_second(const hence_result *in);

int main(void)
{
    //! [made]
    static char text[] = "lent";
    show(hence_none());
    show(hence_int(7));
    show(hence_real(2.5));
    show(hence_ptr(text)); /* nobody frees it */
    show(point(3, 4));     /* point_free() ends it, exactly once */
    show(hence_fail_static(HENCE_ENOMEM));
    //! [made]
    take_out();

    hence_result points = two_points();
    show_second(&points);
    hence_drop(points);
    return EXIT_SUCCESS;
}

//! [own]
static hence_result point(int x, int y)
{
    struct point *p = malloc(sizeof *p);
    if (p)
        *p = (struct point){.x = x, .y = y};
    return hence_own(p, point_free); /* NULL makes the out-of-memory failure */
}

static void point_free(void *p)
{
    free(p); /* the destructor is also the type: only points have this one */
}
//! [own]

//! [asked]
static void show(hence_result r)
{
    if (hence_is_none(&r)) {
        puts("nothing but \"done\"");
    } else if (hence_is_int(&r)) {
        printf("the integer %" PRId64 "\n", hence_as_int(&r));
    } else if (hence_is_real(&r)) {
        printf("the number %.2f\n", hence_as_real(&r));
    } else if (hence_is_failure(&r)) {
        printf("the failure: %s\n", hence_failure_message(hence_as_failure(&r)));
    } else if (hence_as(&r, point_free)) {
        const struct point *p = hence_as(&r, point_free);
        printf("a point at %d, %d\n", p->x, p->y);
    } else if (hence_is_ptr(&r)) {
        printf("a lent pointer to \"%s\"\n", (char *)hence_as_ptr(&r));
    }
    hence_drop(r);
}
//! [asked]

//! [take]
static void take_out(void)
{
    hence_result r = point(1, 2);
    struct point *mine = hence_take_ptr(&r, point_free); /* NULL for anything but a point */
    if (mine && hence_is_none(&r))
        puts("the point is mine now, and the result says nothing but \"done\"");
    free(mine);

    hence_result first = point(5, 6);
    hence_result moved = hence_take(&first); /* first says nothing but "done" */
    if (hence_is_value(&moved) && !hence_is_chain(&moved) && !hence_as(&moved, free))
        puts("a point is not just something to free()");
    hence_drop(moved);
}
//! [take]

//! [list]
static hence_result two_points(void)
{
    hence_list *list = hence_list_new(2); /* two times hence_none() */
    if (hence_list_set(list, 0, point(1, 2)) < 0 || hence_list_set(list, 1, point(3, 4)) < 0) {
        hence_list_free(list); /* with what is in it */
        return hence_fail_static(HENCE_ENOMEM);
    }
    return hence_own(list, hence_list_free);
}
//! [list]

static void show_second(const hence_result *in)
{
    const hence_list *list = hence_as_list(in); /* NULL, which has no size, if it is not a list */
    const struct point *p = hence_as(hence_list_at(list, 1), point_free);
    if (p)
        printf("a list of %zu, the second: %d, %d\n", hence_list_size(list), p->x, p->y);
}
