/* SPDX-License-Identifier: BSD-3-Clause */
/* Owned results whose destructor must run exactly once. */

#include <stdlib.h>

#include "support/parts.h"

struct payload {
    struct payload *next;
    int destroyed;
};

static struct payload *payloads;

void *payload_new(void)
{
    struct payload *p = calloc(1, sizeof *p);
    cr_assert_not_null(p);
    p->next = payloads;
    payloads = p;
    return p;
}

void payload_destroy(void *payload)
{
    ((struct payload *)payload)->destroyed++;
}

hence_result payload(void)
{
    return hence_own(payload_new(), payload_destroy);
}

int payloads_alive(void)
{
    int alive = 0;
    for (const struct payload *p = payloads; p; p = p->next)
        alive += !p->destroyed;
    return alive;
}

void support_check_payloads(void)
{
    while (payloads) {
        struct payload *p = payloads;
        payloads = p->next;
        if (p->destroyed != 1)
            support_fail("a payload was destroyed %d times", p->destroyed);
        free(p);
    }
}
