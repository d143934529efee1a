/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_BENCH_MESSAGES_H
#define HENCE_BENCH_MESSAGES_H

/* A list of what other threads post, with a mutex: for libraries whose own way of telling the loop takes many for one. */

#include "threads.h"

struct message {
    struct message *next;
    void *answer;
};

static pthread_mutex_t messages_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct message *first_message, **last_message = &first_message;

/* True if it is the only one: the loop is to be told. */
static inline int add_message(void *answer)
{
    struct message *message = malloc(sizeof *message);
    bench_check(message);
    message->next = NULL;
    message->answer = answer;
    pthread_mutex_lock(&messages_mutex);
    const int was_empty = !first_message;
    *last_message = message;
    last_message = &message->next;
    pthread_mutex_unlock(&messages_mutex);
    return was_empty;
}

/* In the loop. */
static inline void take_messages(void)
{
    pthread_mutex_lock(&messages_mutex);
    struct message *message = first_message;
    first_message = NULL;
    last_message = &first_message;
    pthread_mutex_unlock(&messages_mutex);
    while (message) {
        struct message *next = message->next;
        void *answer = message->answer;
        free(message);
        message = next;
        arrived(answer);
    }
}

#endif
