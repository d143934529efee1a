/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CONFORMANCE_PROGRAM_H
#define HENCE_TESTS_CONFORMANCE_PROGRAM_H

/*
 * Random programs, as text and as trees. What the words mean is not known here: a grammar names the
 * operations and what stands behind each of them, and an interpreter runs the tree.
 *
 *     program    = operation...
 *     operation  = word operand...
 *     operand    = number | { operation... outcome }
 *
 * Blocks are numbered from 1 in the order of their opening braces; traces name them by that number.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SLOTS    8  /* of the variables that a program has; their numbers are 0 to SLOTS - 1 */
#define NUMBERS  10 /* of the values and failures: 0 to NUMBERS - 1 */
#define OPERANDS 5  /* of one operation, at most */

struct operation {
    const char *word;
    /* a letter for each operand:
     *   m       a variable, most often one that was not used before
     *   e       as m, where p is not wanted any more
     *   d       a variable
     *   l       most often one below that of the operation around it
     *   o       most often another one than those of this operation, or than that of the one around it
     *   p       most often one that p was not drawn for before
     *   w       most often one that p was not drawn for yet
     *   q       a variable
     *   u       most often one that q was drawn for, and u was not since
     *   v       a number
     *   A to Z  a block whose last operation is an outcome of that name */
    const char *operands;
    unsigned early,
        late; /* how often it is drawn at the beginning of a program, and at its end; in a
                           * program's own mixture more, less or never */
};

struct outcomes {
    char name;
    const struct operation *of; /* until one without a word */
};

struct grammar {
    const struct operation *operations; /* until one without a word */
    const struct outcomes *outcomes;    /* until one without a name */
    /* Bodies: blocks with an outcome of that name are longer than others, and have further operations,
     * which mean something in them alone. 0 and NULL: there are none. */
    char body;
    const struct operation *of_bodies; /* until one without a word */
};

struct block;

struct node {
    const struct operation *operation;
    int numbers[OPERANDS];
    const struct block *blocks[OPERANDS];
    struct node *next;
};

struct block {
    int number;
    struct node *first; /* the last one is the outcome, except in the program's own block */
    const void *arg;    /* for the interpreter */
};

/* All three give a tree that lives until the next one is made. */
const struct block *program_generate(const struct grammar *grammar, uint64_t seed, uint64_t index);
/* NULL, with a line on stderr, if the text is not a program. */
const struct block *program_parse(const struct grammar *grammar, const char *text);

/* On one line. */
void program_print(const struct block *program, FILE *out);

/* ---- the trace ---- */

/* Adds an event, as printf() does it. */
void trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- the program that an interpreter is part of ---- */

/* What an interpreter is. `run` runs one program from the first operation to the end, when nothing
 * may be left of it, and leaves its trace. */
struct interpreter {
    const struct grammar *grammar;
    void (*begin)(void);
    void (*run)(const struct block *program);
    void (*end)(void);
};

/* The whole of main():
 *
 *     PROGRAM generate SEED FIRST COUNT   prints programs, each with its trace on the next line
 *     PROGRAM print SEED INDEX            prints one of them
 *     PROGRAM run                         reads programs, a line each, prints a trace for each */
int conformance_main(const struct interpreter *interpreter, int argc, char **argv);

#endif
