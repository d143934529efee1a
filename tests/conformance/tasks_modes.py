# SPDX-License-Identifier: BSD-3-Clause
# What a body does with a failure, by the mode of what it awaits.
CATCHES_CANCELLED, CATCHES_OTHERS, RETURNS = 1, 2, 4
MODES = [
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
]
