/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs: drawn at random, read, printed, and run one after the other. */
#include "conformance/program.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    NODES = 4096,
    BLOCKS = 2048,
    OPERATIONS = 64,       /* different ones of one grammar */
    DEEPEST = 4,           /* block within a block */
    COMPUTING_SECONDS = 2, /* a program that takes longer hangs */
    WAITING_SECONDS = 60
};

static struct node nodes[NODES];
static struct block blocks[BLOCKS];
static int nodes_used, blocks_used;

static void forget_tree(void)
{
    nodes_used = 0;
    blocks_used = 0;
}

static struct block *new_block(void)
{
    if (blocks_used == BLOCKS)
        return NULL;
    struct block *block = &blocks[blocks_used];
    *block = (struct block){.number = blocks_used++};
    return block;
}

static struct node *new_node(const struct operation *operation)
{
    if (nodes_used == NODES)
        return NULL;
    struct node *node = &nodes[nodes_used++];
    *node = (struct node){.operation = operation};
    return node;
}

static const struct operation *outcomes_named(const struct grammar *grammar, char name)
{
    const struct outcomes *outcomes = grammar->outcomes;
    while (outcomes->name != name)
        outcomes++;
    return outcomes->of;
}

/* ---- drawn ---- */

struct mixture {
    unsigned early[OPERATIONS], late[OPERATIONS];
};

static struct {
    const struct grammar *grammar;
    uint64_t state;
    int length, left; /* operations: of the program, and still to be drawn */
    int variables;    /* how many the program uses */
    int used;         /* the first so many of them have been used */
    int made_first;   /* so many before anything else */
    bool in_block;
    unsigned p_drawn, q_drawn;      /* variables that these letters were drawn for */
    struct mixture mixtures[1 + 3]; /* of the operations, and of each kind of outcome */
    struct mixture of_bodies;
} drawing;

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = drawing.state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned draw(unsigned n)
{
    return (unsigned)(((next_random() >> 32) * n) >> 32);
}

/* Programs that leave some operations out go deeper with the others than programs that have all. */
static void draw_mixture(const struct operation *of, struct mixture *mixture)
{
    static const unsigned char factors[8] = {0, 1, 2, 2, 2, 2, 4, 8};
    for (int i = 0; of[i].word; i++) {
        unsigned factor = factors[draw(8)];
        mixture->early[i] = of[i].early * factor;
        mixture->late[i] = of[i].late * factor;
    }
}

static const struct operation *draw_one_of(const struct operation *of,
                                           const struct mixture *mixture)
{
    unsigned weights[OPERATIONS], total = 0, i;
    unsigned to_come = (unsigned)drawing.left, gone = (unsigned)(drawing.length - drawing.left);
    for (i = 0; of[i].word; i++)
        total += weights[i] = mixture->early[i] * to_come + mixture->late[i] * gone;
    if (!total)
        return of;
    unsigned drawn = draw(total);
    for (i = 0; drawn >= weights[i]; i++)
        drawn -= weights[i];
    return &of[i];
}

/* A variable, most often one that is in the set, or is not in it. */
static int draw_from(unsigned set, bool in)
{
    int n = drawing.used && draw(32) ? drawing.used : drawing.variables;
    int drawn = (int)draw((unsigned)n);
    if (draw(16)) {
        for (int i = 0; i < n && ((set >> drawn) & 1) != in; i++)
            drawn = (drawn + 1) % n;
    }
    return drawn;
}

static int draw_variable(char letter, unsigned not_these, int around)
{
    int drawn;
    switch (letter) {
    case 'm':
    case 'e':
        if (drawing.used == drawing.variables || !draw(16))
            return draw_from(0, false);
        drawn = drawing.used++;
        if (letter == 'e' && !drawing.in_block) /* what stands in a block may never run */
            drawing.p_drawn |= 1u << drawn;
        return drawn;
    case 'l':
        if (around > drawing.used)
            around = drawing.used;
        return around && draw(16) ? (int)draw((unsigned)around) : draw_from(not_these, false);
    case 'o':
        return draw_from(not_these, false);
    case 'p':
        drawn = draw_from(drawing.p_drawn | not_these, false);
        if (!drawing.in_block)
            drawing.p_drawn |= 1u << drawn;
        return drawn;
    case 'w':
        return draw_from(drawing.p_drawn, false);
    case 'q':
        drawn = draw_from(0, false);
        drawing.q_drawn |= 1u << drawn;
        return drawn;
    case 'u':
        drawn = draw_from(drawing.q_drawn, true);
        drawing.q_drawn &= ~(1u << drawn);
        return drawn;
    default:
        return draw_from(0, false);
    }
}

static struct block *draw_block(const struct outcomes *outcomes, const struct mixture *mixture,
                                int operations, int depth, int around);

static bool makes(const struct operation *operation)
{
    return operation->operands[0] == 'm' || operation->operands[0] == 'e';
}

/* Is there no variable such as the operation is meant for? */
static bool is_pointless(const struct operation *operation)
{
    unsigned all = (1u << drawing.used) - 1;
    return (makes(operation) && drawing.used == drawing.variables) ||
           (operation->operands[0] == 'u' && !drawing.q_drawn) ||
           (operation->operands[0] == 'p' && (drawing.p_drawn & all) == all);
}

static struct node *draw_node(const struct operation *of, const struct mixture *mixture, int depth,
                              int around)
{
    const bool make_first =
        of == drawing.grammar->operations && depth == 0 && drawing.used < drawing.made_first;
    const struct operation *operation = draw_one_of(of, mixture);
    for (int i = 0; i < 8 && (make_first ? !makes(operation) : is_pointless(operation)); i++)
        operation = draw_one_of(of, mixture);
    struct node *node = new_node(operation);
    unsigned mine = 0; /* variables of this operation */
    for (int i = 0; node->operation->operands[i]; i++) {
        char letter = node->operation->operands[i];
        if (letter == 'v') {
            node->numbers[i] = (int)draw(NUMBERS);
        } else if (islower((unsigned char)letter)) {
            node->numbers[i] =
                draw_variable(letter, i || letter == 'p' ? mine : 1u << around, around);
            mine |= 1u << node->numbers[i];
        } else {
            const bool is_body = letter == drawing.grammar->body;
            int operations = 0;
            while (depth < DEEPEST && draw(5) < (is_body ? 4 : 2))
                operations++;
            const struct outcomes *outcomes = drawing.grammar->outcomes;
            int kind = 0;
            while (outcomes[kind].name != letter)
                kind++;
            node->blocks[i] = draw_block(&outcomes[kind], &drawing.mixtures[kind + 1], operations,
                                         depth + 1, node->numbers[0]);
        }
    }
    return node;
}

static struct block *draw_block(const struct outcomes *outcomes, const struct mixture *mixture,
                                int operations, int depth, int around)
{
    const struct grammar *grammar = drawing.grammar;
    const bool is_body = outcomes && outcomes->name == grammar->body;
    struct block *block = new_block();
    struct node **end = &block->first;
    while (operations-- > 0 && drawing.left > 0) {
        drawing.left--;
        if (is_body && draw(2))
            *end = draw_node(grammar->of_bodies, &drawing.of_bodies, depth, around);
        else
            *end = draw_node(grammar->operations, &drawing.mixtures[0], depth, around);
        end = &(*end)->next;
    }
    if (outcomes)
        *end = draw_node(outcomes->of, mixture, depth, around);
    return block;
}

/* For most of the variables that p was not drawn for. */
static void draw_closing(struct block *program)
{
    struct node **end = &program->first;
    while (*end)
        end = &(*end)->next;
    for (int i = 0; i < drawing.used; i++) {
        const struct operation *operation;
        if ((drawing.p_drawn >> i & 1) || !draw(4))
            continue;
        do {
            operation = draw_one_of(drawing.grammar->operations, &drawing.mixtures[0]);
        } while (operation->operands[0] != 'p' && draw(64));
        if (operation->operands[0] != 'p')
            continue;
        *end = new_node(operation);
        for (int j = 0; operation->operands[j]; j++)
            (*end)->numbers[j] = draw_variable('o', 1u << i, 0);
        (*end)->numbers[0] = i;
        end = &(*end)->next;
    }
}

const struct block *program_generate(const struct grammar *grammar, uint64_t seed, uint64_t index)
{
    forget_tree();
    drawing.grammar = grammar;
    drawing.state = seed * 0xd1342543de82ef95u;
    drawing.state = next_random() + index;
    drawing.state = next_random();
    drawing.length = drawing.left = 8 + (int)draw(8) + (int)draw(16);
    drawing.variables = 2 + (int)draw(3) + (int)draw(3);
    drawing.used = 0;
    drawing.p_drawn = drawing.q_drawn = 0;
    drawing.made_first = 1 + (int)draw((unsigned)drawing.variables);
    draw_mixture(grammar->operations, &drawing.mixtures[0]);
    for (int kind = 0; grammar->outcomes[kind].name; kind++)
        draw_mixture(grammar->outcomes[kind].of, &drawing.mixtures[kind + 1]);
    if (grammar->body)
        draw_mixture(grammar->of_bodies, &drawing.of_bodies);
    struct block *program = draw_block(NULL, NULL, OPERATIONS, 0, 0);
    draw_closing(program);
    return program;
}

/* ---- read ---- */

static const char *at; /* what is still to be read */

static void skip_blanks(void)
{
    while (isspace((unsigned char)*at))
        at++;
}

static bool read_word(const char *word)
{
    skip_blanks();
    size_t length = strlen(word);
    if (strncmp(at, word, length) || !(isspace((unsigned char)at[length]) || !at[length]))
        return false;
    at += length;
    return true;
}

static const struct operation *read_one_of(const struct operation *of)
{
    for (; of->word; of++) {
        if (read_word(of->word))
            return of;
    }
    return NULL;
}

static bool read_number(int limit, int *number)
{
    char *end;
    long read = strtol(at, &end, 10);
    if (end == at || read < 0 || read >= limit)
        return false;
    at = end;
    *number = (int)read;
    return true;
}

static struct block *read_block(const struct grammar *grammar, const struct operation *outcomes);

static bool read_operands(const struct grammar *grammar, struct node *node)
{
    for (int i = 0; node->operation->operands[i]; i++) {
        char letter = node->operation->operands[i];
        if (islower((unsigned char)letter)) {
            if (!read_number(letter == 'v' ? NUMBERS : SLOTS, &node->numbers[i]))
                return false;
        } else {
            node->blocks[i] =
                read_word("{") ? read_block(grammar, outcomes_named(grammar, letter)) : NULL;
            if (!node->blocks[i])
                return false;
        }
    }
    return true;
}

/* Without outcomes to the end of the text; with them to the closing brace. */
static struct block *read_block(const struct grammar *grammar, const struct operation *outcomes)
{
    struct block *block = new_block();
    if (!block)
        return NULL;
    for (struct node **end = &block->first;; end = &(*end)->next) {
        skip_blanks();
        if (!*at && !outcomes)
            return block;
        const struct operation *outcome = outcomes ? read_one_of(outcomes) : NULL;
        const struct operation *operation = outcome ? outcome : read_one_of(grammar->operations);
        if (!operation && grammar->body)
            operation = read_one_of(grammar->of_bodies);
        *end = operation ? new_node(operation) : NULL;
        if (!*end || !read_operands(grammar, *end))
            return NULL;
        if (outcome)
            return read_word("}") ? block : NULL;
    }
}

const struct block *program_parse(const struct grammar *grammar, const char *text)
{
    forget_tree();
    at = text;
    const struct block *program = read_block(grammar, NULL);
    if (!program)
        fprintf(stderr, "not a program, from here on: %s\n", at);
    return program;
}

/* ---- printed ---- */

static void print_node(const struct node *node, FILE *out)
{
    fputs(node->operation->word, out);
    for (int i = 0; node->operation->operands[i]; i++) {
        if (!node->blocks[i]) {
            fprintf(out, " %d", node->numbers[i]);
            continue;
        }
        fputs(" {", out);
        for (const struct node *in = node->blocks[i]->first; in; in = in->next) {
            putc(' ', out);
            print_node(in, out);
        }
        fputs(" }", out);
    }
}

void program_print(const struct block *program, FILE *out)
{
    for (const struct node *node = program->first; node; node = node->next) {
        print_node(node, out);
        if (node->next)
            putc(' ', out);
    }
    putc('\n', out);
}

/* ---- run ---- */

void trace(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar(' ');
}

static void limit_time(int computing, int waiting)
{
    struct itimerval limit = {.it_value.tv_sec = computing};
    setitimer(ITIMER_VIRTUAL, &limit, NULL);
    alarm((unsigned)waiting);
}

static void run_one(const struct interpreter *interpreter, const struct block *program)
{
    limit_time(COMPUTING_SECONDS, WAITING_SECONDS);
    interpreter->run(program);
    putchar('\n');
}

static int run_lines(const struct interpreter *interpreter)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        const struct block *program = program_parse(interpreter->grammar, line);
        if (!program)
            return 2;
        run_one(interpreter, program);
        fflush(stdout);
    }
    free(line);
    return 0;
}

int conformance_main(const struct interpreter *interpreter, int argc, char **argv)
{
    int status = 0;
    interpreter->begin();
    if (argc == 5 && !strcmp(argv[1], "generate")) {
        uint64_t seed = strtoull(argv[2], NULL, 10);
        uint64_t index = strtoull(argv[3], NULL, 10);
        for (uint64_t left = strtoull(argv[4], NULL, 10); left; left--, index++) {
            const struct block *program = program_generate(interpreter->grammar, seed, index);
            program_print(program, stdout);
            run_one(interpreter, program);
        }
    } else if (argc == 4 && !strcmp(argv[1], "print")) {
        program_print(program_generate(interpreter->grammar, strtoull(argv[2], NULL, 10),
                                       strtoull(argv[3], NULL, 10)),
                      stdout);
    } else if (argc == 2 && !strcmp(argv[1], "run")) {
        status = run_lines(interpreter);
    } else {
        fprintf(stderr, "usage: generate SEED FIRST COUNT, print SEED INDEX, or run\n");
        return 2;
    }
    limit_time(0, 0);
    interpreter->end();
    return status;
}
