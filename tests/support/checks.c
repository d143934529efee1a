/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks, and the trace of what happened. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/parts.h"

_Noreturn void support_fail(const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    cr_assert_fail("%s%s", text, support_failing_allocation());
    abort(); /* not reached */
}

/* ---- the trace ---- */

static char words[65536];
static size_t words_length;

void trace(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (words_length && words_length < sizeof words - 1)
        words[words_length++] = ' ';
    size_t room = sizeof words - words_length;
    int n = vsnprintf(words + words_length, room, fmt, args);
    va_end(args);
    if (n > 0)
        words_length += (size_t)n < room ? (size_t)n : room - 1;
}

void support_check_trace(const char *file, int line, const char *expected)
{
    words[words_length] = '\0';
    support_check_string(file, line, words, expected);
    words_length = 0;
    words[0] = '\0';
}

void support_check_string(const char *file, int line, const char *got, const char *expected)
{
    if (!support_faulty && (!got || strcmp(got, expected)))
        support_fail("%s:%d: got \"%s\", expected \"%s\"", file, line, got ? got : "(NULL)",
                     expected);
}

void support_check_int(const char *file, int line, const char *what, int64_t got, int64_t expected)
{
    if (got != expected && !support_faulty)
        support_fail("%s:%d: %s is %lld, expected %lld", file, line, what, (long long)got,
                     (long long)expected);
}

void support_begin_trace(void)
{
    words_length = 0;
}
