/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Generators: functions that give their values one by one, and stand still in between. No loop is needed.
 *
 *     cc 85_generators.c $(pkg-config --cflags --libs hence) && ./a.out
 *     a generator
 *     0
 *     1
 *     nothing comes after the end: true
 *
 *     Start
 *     0
 *     Next
 *     1
 *     End
 *     the end
 *
 *     page 0 is made
 *     page 0
 *     ...
 *     page 9 is made
 *     page 9
 *     page 0 is made                                              (of another one, which is left)
 *     no more pages are wanted
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

//! [values]
static hence_result make_values(hence_generator *g, void *arg)
{
    (void)arg;
    hence_yield(g, hence_int(0));
    hence_yield(g, hence_int(1));
    return hence_none();
}

static void print_values(void)
{
    hence_result r;
    hence_generator *g = hence_generator_new(make_values, NULL); /* nothing has run so far */
    puts("a generator");
    while (hence_generator_next(g, &r))
        printf("%" PRId64 "\n", hence_as_int(&r));
    hence_drop(r); /* what it has returned */

    bool ended = hence_generator_done(g) && !hence_generator_next(g, &r) &&
                 hence_is_failure_of(&r, &hence_domain_hence, HENCE_EEND);
    printf("nothing comes after the end: %s\n", ended ? "true" : "false");
    hence_drop(r);
    hence_generator_unref(g);
}
//! [values]

//! [prints]
static hence_result make_prints(hence_generator *g, void *arg)
{
    (void)arg;
    puts("Start");
    hence_yield(g, hence_int(0));
    puts("Next");
    hence_yield(g, hence_int(1));
    puts("End");
    return hence_none();
}

static void print_prints(void)
{
    hence_result r;
    hence_generator *g = hence_generator_new(make_prints, NULL);
    while (hence_generator_next(g, &r))
        printf("%" PRId64 "\n", hence_as_int(&r));
    puts(hence_is_none(&r) ? "the end" : "it has failed");
    hence_drop(r);
    hence_generator_unref(g);
}
//! [prints]

//! [pages]
struct pages {
    int number;
};

static hence_result make_page(int number)
{
    char *text = malloc(32);
    if (text)
        snprintf(text, 32, "page %d", number);
    printf("page %d is made\n", number);
    return hence_own(text, free); /* NULL: out of memory */
}

static hence_result make_pages(hence_generator *g, void *arg)
{
    struct pages *pages = arg;
    hence_result r = hence_none();
    while (pages->number < 10 && !hence_is_failure(&r)) {
        hence_drop(r);
        r = hence_yield(g, make_page(pages->number++)); /* a failure: nobody wants more of them */
    }
    if (hence_is_cancelled(&r))
        puts("no more pages are wanted");
    return r;
}

static hence_generator *get_pages(void)
{
    return hence_generator_new_own(make_pages, calloc(1, sizeof(struct pages)), free);
}

static void print_pages(hence_generator *g) /* takes it */
{
    hence_result page;
    while (hence_generator_next(g, &page)) {
        puts(hence_is_value(&page) ? (const char *)hence_as(&page, free) : "no memory for a page");
        hence_drop(page);
    }
    hence_drop(page);
    hence_generator_unref(g);
}

static void use_pages(void)
{
    hence_generator *g = get_pages();
    print_pages(hence_generator_ref(g));
    hence_generator_unref(g);

    hence_result first;
    g = get_pages();
    hence_generator_next(g, &first);
    hence_drop(first);
    hence_generator_unref(g); /* the other nine are never made */
}
//! [pages]

int main(void)
{
    print_values();
    puts("");
    print_prints();
    puts("");
    use_pages();
    return EXIT_SUCCESS;
}
