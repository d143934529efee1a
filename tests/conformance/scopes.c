/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs programs of timeouts and task groups, one in each line of the input, and writes what happens: an event
 * in each line, and an empty line behind each program. scopes_model.py does the same on asyncio, and tells what the words mean.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hence/hence.h>
#include <hence/testing.h>

/* ---- programs ---- */

enum {
    MOST_NODES = 1000,
    MOST_TASKS = 11,
    REFUSED = 1000 /* the code of a child that was not taken */
};

struct node {
    char word[16];
    int number, other;
    struct node *block, *second; /* what stands in its braces */
    struct node *next;
};

static struct node nodes[MOST_NODES];
static int used;

static char *next_token(char **at)
{
    while (isspace((unsigned char)**at))
        (*at)++;
    if (!**at)
        return NULL;
    char *token = *at;
    while (**at && !isspace((unsigned char)**at))
        (*at)++;
    if (**at)
        *(*at)++ = '\0';
    return token;
}

static bool is_number(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return isdigit((unsigned char)*at) || (*at == '-' && isdigit((unsigned char)at[1]));
}

static bool is_brace(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return *at == '{';
}

static struct node *parse(char **at);

static struct node *parse_block(char **at)
{
    if (!is_brace(*at))
        return NULL;
    next_token(at);
    return parse(at);
}

/* Up to the end, or a closing brace. */
static struct node *parse(char **at)
{
    struct node *first = NULL, **last = &first;
    for (char *token = next_token(at); token && *token != '}'; token = next_token(at)) {
        if (used == MOST_NODES)
            abort();
        struct node *node = &nodes[used++];
        memset(node, 0, sizeof *node);
        snprintf(node->word, sizeof node->word, "%s", token);
        if (is_number(*at))
            node->number = atoi(next_token(at));
        if (is_number(*at))
            node->other = atoi(next_token(at));
        node->block = parse_block(at);
        node->second = parse_block(at);
        *last = node;
        last = &node->next;
    }
    return first;
}

/* ---- what happens ---- */

static hence_loop *loop;
static hence_future *tasks[MOST_TASKS];

/* Where a task is. */
struct place {
    int task;
    hence_task_group *group; /* the innermost one whose braces it is in, */
    hence_timeout *timeout;  /* and the innermost timeout of its own */
};

static const hence_domain domain = {.name = "scopes"};

static void write_failure(const hence_failure *failure)
{
    const int code = hence_failure_code(failure);
    if (!failure)
        printf("none");
    else if (hence_failure_domain(failure) == &domain && code == REFUSED)
        printf("refused");
    else if (hence_failure_domain(failure) == &domain)
        printf("e%d", code);
    else if (code == HENCE_ECANCELLED)
        printf("cancelled");
    else if (code == HENCE_ETIMEDOUT)
        printf("timeout");
    else if (code != HENCE_EGROUP)
        printf("hence%d", code);
    for (size_t i = 0; i < hence_failure_count(failure); i++) {
        printf(i ? "," : "group(");
        write_failure(hence_failure_member(failure, i));
    }
    if (hence_failure_count(failure))
        printf(")");
}

static void say(const struct place *place, const char *word)
{
    printf("%g %d %s", (double)hence_loop_time(loop) / 1e9, place->task, word);
}

static void say_number(const struct place *place, const char *word, int number)
{
    say(place, word);
    printf(" %d\n", number);
}

static hence_result say_result(const struct place *place, const char *word, hence_result r)
{
    say(place, word);
    printf(" ");
    write_failure(hence_as_failure(&r));
    printf("\n");
    return r;
}

static hence_result run(struct place *place, const struct node *node);

struct child {
    struct place place;
    const struct node *block;
};

static hence_result run_child(void *arg)
{
    struct child *child = arg;
    say(&child->place, "begins\n");
    return say_result(&child->place, "ends", run(&child->place, child->block));
}

static hence_result spawn(struct place *place, const struct node *node)
{
    struct child *child = malloc(sizeof *child);
    if (!child)
        abort();
    *child = (struct child){{node->number, place->group, NULL}, node->block};
    hence_future *f;
    int error = hence_task_group_spawn_own(place->group, run_child, child, free, &f);
    if (error)
        return hence_fail_in(&domain, NULL, REFUSED, NULL);
    hence_future_unref(tasks[node->number]);
    tasks[node->number] = f;
    return hence_none();
}

static void cancel(void *arg)
{
    hence_future_cancel(*(hence_future **)arg);
}

static hence_result run_timeout(struct place *place, const struct node *node)
{
    hence_timeout *outer = place->timeout;
    place->timeout = hence_timeout_enter(node->number < 0 ? -1 : HENCE_SECONDS(node->number));
    hence_result r = say_result(place, "inside", run(place, node->block));
    say_number(place, "expired", hence_timeout_expired(place->timeout));
    r = hence_timeout_exit(place->timeout, r);
    place->timeout = outer;
    return say_result(place, "timeout", r);
}

static hence_result run_group(struct place *place, const struct node *node)
{
    hence_task_group *outer = place->group;
    place->group = hence_task_group_enter();
    hence_result r = say_result(place, "body", run(place, node->block));
    r = hence_task_group_exit(place->group, r);
    place->group = outer;
    return say_result(place, "group", r);
}

static hence_result run_finally(struct place *place, const struct node *node)
{
    hence_result r = run(place, node->block), second = run(place, node->second);
    if (!hence_is_failure(&second))
        return r;
    hence_drop(r);
    return second;
}

static hence_result reschedule(struct place *place, const struct node *node)
{
    const int64_t now = hence_loop_time(loop);
    int error = hence_timeout_reschedule(
        place->timeout, node->number < 0 ? HENCE_NEVER : now + HENCE_SECONDS(node->number));
    return error ? hence_fail_in(&domain, NULL, REFUSED, NULL) : hence_none();
}

static hence_result run_node(struct place *place, const struct node *node)
{
    const char *word = node->word;
    if (!strcmp(word, "nap"))
        return say_result(place, "nap", hence_co_sleep(HENCE_SECONDS(node->number)));
    if (!strcmp(word, "fail"))
        return hence_fail_in(&domain, NULL, node->number, NULL);
    if (!strcmp(word, "spawn"))
        return spawn(place, node);
    if (!strcmp(word, "timeout"))
        return run_timeout(place, node);
    if (!strcmp(word, "group"))
        return run_group(place, node);
    if (!strcmp(word, "finally"))
        return run_finally(place, node);
    if (!strcmp(word, "reschedule"))
        return reschedule(place, node);
    if (!strcmp(word, "try"))
        hence_drop(say_result(place, "caught", run(place, node->block)));
    else if (!strcmp(word, "cancel"))
        cancel(&tasks[node->number]);
    else if (!strcmp(word, "later"))
        hence_call_later(loop, HENCE_SECONDS(node->number), cancel, &tasks[node->other], NULL);
    else if (!strcmp(word, "uncancel"))
        say_number(place, "uncancel", (int)hence_task_uncancel(hence_current_task()));
    else if (!strcmp(word, "count"))
        say_number(place, "count", (int)hence_task_cancelling(hence_current_task()));
    else
        abort();
    return hence_none();
}

static hence_result run(struct place *place, const struct node *node)
{
    hence_result r = hence_none();
    for (; node && !hence_is_failure(&r); node = node->next) {
        hence_drop(r);
        r = run_node(place, node);
    }
    return r;
}

static void run_program(char *line)
{
    used = 0;
    struct child first = {{0, NULL, NULL}, parse(&line)};
    loop = hence_loop_new(NULL);
    hence_test_clock *clock = hence_test_clock_new(loop);
    hence_test_clock_autojump(clock, true);
    tasks[0] = hence_spawn(loop, run_child, &first);
    hence_drop(hence_loop_run_until_complete(loop, tasks[0]));
    for (int i = 0; i < MOST_TASKS; i++)
        tasks[i] = hence_future_unref(tasks[i]);
    hence_test_clock_free(clock);
    hence_loop_free(loop);
    printf("\n");
    fflush(stdout);
}

int main(void)
{
    static char line[65536];
    while (fgets(line, sizeof line, stdin))
        run_program(line);
    return 0;
}
