/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SUPPORT_FORKED_H
#define HENCE_TESTS_SUPPORT_FORKED_H

/* Forked children: what must hold in one, its exit status says to the parent. */

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/support.h"

/* In a child: 0, or the line (roughly) of the first thing that did not hold. */
static int wrong;

static inline void expect_at(int line, bool holds)
{
    if (!holds && !wrong)
        wrong = line % 250 + 1;
}

#define expect(condition) expect_at(__LINE__, (condition))

/* Waits for the end of a child: its exit status, or 1000 and the signal that has ended it. */
static inline int end_of_child(pid_t pid)
{
    int status = -1;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Runs `child` in a forked child, and gives what was wrong there. */
static inline int in_child(void (*child)(void *arg), void *arg)
{
    fflush(NULL);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        wrong = 0;
        alarm(20);
        child(arg);
        end_forked_child(wrong);
    }
    return end_of_child(pid);
}

#endif
