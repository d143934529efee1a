# SPDX-License-Identifier: BSD-3-Clause
"""asyncio as a model, for driver.py.

A program runs with the differences put on top of asyncio (asyncio_differences.py), which notes the name of each that
mattered. A program that touched none runs on asyncio as it is, too (asyncio_operations.py), on a loop whose clock
jumps, turn by turn.
"""

from asyncio_differences import DIFFERENCES, Modelled, ONLY_REPORTS
from asyncio_operations import Untouched

INTERPRETER = "futures"
NAMES_OF_TRACES = ["modelled", "asyncio"]
DIRECTED = "asyncio.programs"


for kind in Untouched, Modelled:
    kind.operations = {name[3:]: getattr(kind, name) for name in dir(kind) if name.startswith("op_")}


def run(program):
    """The traces that a program may have, and the names of the differences that mattered.

    The first trace is with the differences, the second one without, if none mattered.
    """
    modelled = Modelled(program)
    if modelled.touched - ONLY_REPORTS:
        return [modelled.trace], modelled.touched
    untouched = Untouched(program)
    touched = modelled.touched | untouched.touched
    if touched - ONLY_REPORTS:
        return [modelled.trace], touched
    if touched:
        return [modelled.trace, " ".join(untouched.events + modelled.unretrieved)], touched
    return [modelled.trace, untouched.trace], touched


def simpler(node):
    """Simpler words for one operation."""
    word = node[0]
    if word == "goes_on":
        yield lambda node: ["stopped"]
    if word == "cancellable":
        yield lambda node: ["make", node[1]]
    if word == "fail":
        yield lambda node: ["fire", *node[1:]]
    if word in ("failed", "succeed"):
        yield lambda node: ["make", node[1]]
    if word == "hear":
        yield lambda node: ["listen", *node[1:]]
    if word == "later":
        yield lambda node: ["soon", node[1], node[3]]
    if word == "failure":
        yield lambda node: ["look", node[1]]
    if word in ("wait", "wait_for", "shield", "gather"):
        yield lambda node: ["task", node[1], node[2] if word in ("wait_for", "shield") else node[-1]]
    for i in range(1, len(node)):
        if type(node[i]) is int and node[i]:
            yield lambda node, i=i: [*node[:i], 0, *node[i + 1 :]]
            yield lambda node, i=i: [*node[:i], node[i] - 1, *node[i + 1 :]]
