/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Failures: a code in a domain, a message, a cause, and the line where it was made. Domains: errno's,
 * hence's own, and the program's.
 *
 *     cc 15_failures.c $(pkg-config --cflags --libs hence) && ./a.out
 *     nothing started [hence 10003 at ...]: no usable settings [config 2 at ...]: cannot open ...
 *     it begins with "nothing started [hence "
 *     it was made at 15_failures.c:74
 *     its cause is 2 of the domain config
 *     in the end a file is missing
 *     which is not what the failure itself says
 *     a description instead of a message: a line that means nothing
 *     ...
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

//! [domain]
enum config_error {
    CONFIG_SYNTAX = 1,
    CONFIG_MISSING
};

static const char *config_describe(int code)
{
    switch (code) {
    case CONFIG_SYNTAX:
        return "a line that means nothing";
    case CONFIG_MISSING:
        return "no settings";
    default:
        return "unknown";
    }
}

static const hence_domain config_domain = {.name = "config", .describe = config_describe};
//! [domain]

static hence_result start(const char *path);
static hence_result read_settings(const char *path);
static hence_result open_file(const char *path);
static hence_result retry(const char *path);
static void look(const hence_result *r);
static void show(const char *what, hence_result r);

int main(void)
{
    hence_result r = start("no-such-file");
    look(&r);
    hence_drop(r);

    show("a description instead of a message",
         hence_fail_in(&config_domain, NULL, CONFIG_SYNTAX, NULL));
    //! [fail]
    show("in hence's domain", hence_fail(HENCE_ECLOSED, "closed after %d o'clock", 8));
    //! [fail]
    show("out of memory, without needing any", hence_fail_static(HENCE_ENOMEM));
    show("an allocation that failed", hence_own(NULL, free));
    show("kept and passed on", retry("no-such-file"));
    return EXIT_SUCCESS;
}

//! [because]
static hence_result start(const char *path)
{
    hence_result r = read_settings(path);
    if (!hence_is_failure(&r))
        return r;
    hence_failure *cause = hence_take_failure(&r); /* yours; the next call takes it */
    return hence_fail_because(cause, HENCE_EABANDONED, "nothing started");
}
//! [because]

//! [fail-in]
static hence_result read_settings(const char *path)
{
    hence_result r = open_file(path);
    if (!hence_is_failure(&r))
        return r;
    return hence_fail_in(&config_domain, hence_take_failure(&r), CONFIG_MISSING,
                         "no usable settings");
}
//! [fail-in]

//! [fail-errno]
static hence_result open_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return hence_fail_errno(errno, "cannot open %s", path);
    fclose(file);
    return hence_none();
}
//! [fail-errno]

//! [look]
static void look(const hence_result *r)
{
    const hence_failure *failure = hence_as_failure(r);
    //! [print]
    hence_failure_print(failure, stdout);
    puts("");
    //! [print]

    //! [describe]
    char text[24];
    if (hence_failure_describe(failure, text, sizeof text) >= sizeof text)
        printf("it begins with \"%s\"\n", text);
    //! [describe]
    const char *site = hence_failure_site(failure); /* NULL for those that exist from the start */
    printf("it was made at %s\n", site ? site : "no line");

    //! [cause]
    const hence_failure *cause = hence_failure_cause(failure);
    if (cause)
        printf("its cause is %d of the domain %s\n", hence_failure_code(cause),
               hence_failure_domain(cause)->name);
    //! [cause]

    //! [find]
    if (hence_failure_find(failure, &hence_domain_errno, ENOENT))
        puts("in the end a file is missing");
    if (!hence_is_failure_of(r, &hence_domain_errno, ENOENT))
        puts("which is not what the failure itself says");
    //! [find]
}
//! [look]

//! [hold]
static hence_result retry(const char *path)
{
    hence_result r = open_file(path);
    hence_failure *first = hence_failure_ref(hence_as_failure(&r)); /* NULL for a value */
    hence_drop(r);

    r = open_file(path);
    if (!hence_is_failure(&r)) {
        hence_failure_unref(first);
        return r;
    }
    hence_drop(r);
    return hence_fail_with(first); /* takes it */
}
//! [hold]

static void show(const char *what, hence_result r)
{
    printf("%s: %s\n", what, hence_failure_message(hence_as_failure(&r)));
    hence_drop(r);
}
