# SPDX-License-Identifier: BSD-3-Clause
"""Twisted as a model, for driver.py.

A program runs with the differences put on top of Twisted (twisted_differences.py), which notes the name of each
that mattered. A program that touched none runs on Twisted as it is, too (twisted_operations.py).
"""

from twisted_differences import DIFFERENCES, ONLY_REPORTS, Modelled
from twisted_operations import Untouched

INTERPRETER = "deferreds"
NAMES_OF_TRACES = ["modelled", "twisted"]


def run(program):
    """The traces that a program may have, and the names of the differences that mattered.

    The first trace is with the differences, the second one without, if none mattered.
    """
    modelled = Modelled(program)
    if modelled.touched - ONLY_REPORTS:
        return [modelled.trace], modelled.touched
    untouched = Untouched(program)
    if untouched.touched - ONLY_REPORTS:
        return [modelled.trace], untouched.touched
    return [modelled.trace, untouched.trace], modelled.touched


NOT_MADE = 7  # a variable that programs do not make: an input that is left out


def simpler(node):
    """Simpler words for one operation."""
    word = node[0]
    if word in ("none", "return", "raise", "raise_cancelled", "give", "hand"):
        yield lambda node: ["pass"]
    if word == "hand":
        yield lambda node: ["give", node[1]]
    if word == "raise":
        yield lambda node: ["return", node[1]]
    if word == "fail":
        yield lambda node: ["fire", *node[1:]]
    if word in ("callback", "errback"):
        yield lambda node: ["both", *node[1:]]
    if word == "pair":
        yield lambda node: ["both", *node[1:3]]
        yield lambda node: ["both", node[1], node[3]]
    if word in ("cancellable", "later", "sleep", "maybe", "succeed_with", "succeed"):
        yield lambda node: ["make", node[1]]
    if word == "failed":
        yield lambda node: ["succeed", *node[1:]]
    if word == "goes_on":
        yield lambda node: ["stopped"]
    if word in ("fire", "fail", "succeed", "failed", "return", "raise", "sleep", "advance") and node[-1] > 1:
        yield lambda node: [*node[:-1], 1]
    if word in ("timeout", "timeout_with", "later") and node[2] > 1:
        yield lambda node: [*node[:2], 1, *node[3:]]
    if word == "timeout_with":
        yield lambda node: ["timeout", *node[1:3]]
    if word == "list" and node[2] > 0:
        yield lambda node: [*node[:2], node[2] % 3 if node[2] > 2 else 0, *node[3:]]
    if word == "race":
        yield lambda node: ["list", node[1], 0, *node[2:]]
    if word in ("list", "race"):
        for i in range(len(node) - 3, len(node)):
            if node[i] != NOT_MADE:
                yield lambda node, i=i: [*node[:i], NOT_MADE, *node[i + 1 :]]
