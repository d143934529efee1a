/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CONFORMANCE_MODES_H
#define HENCE_TESTS_CONFORMANCE_MODES_H

#include "conformance/program.h"

/* What a body does with a failure that it was given, by the mode of the operation: tasks_modes.py says the same. */
enum {
    CATCHES_CANCELLED = 1,
    CATCHES_OTHERS = 2,
    RETURNS = 4 /* ends with the value 9 */
};

static const unsigned modes[NUMBERS] = {
    0,
    0,
    0,
    0,
    CATCHES_CANCELLED,
    CATCHES_CANCELLED,
    CATCHES_OTHERS,
    CATCHES_CANCELLED | CATCHES_OTHERS,
    CATCHES_CANCELLED | CATCHES_OTHERS,
    CATCHES_CANCELLED | RETURNS,
};

#endif
