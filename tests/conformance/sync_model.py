# SPDX-License-Identifier: BSD-3-Clause
"""Runs programs on the locks, queues and so on of Twisted and of asyncio, as waiters.c does on hence's: whoever
changes one changes the other.

What Twisted has is Twisted's, what asyncio has asyncio's, in one program. A program runs with the differences put on
top first, which notes the name of each that mattered; one that touched none runs on both as they are, too.
"""

import sync_asyncio
import sync_twisted
from programs import Block
from sync_twisted import Function, Holds
from twisted.internet import defer

INTERPRETER = "waiters"
NAMES_OF_TRACES = ["modelled", "originals"]
DIFFERENCES = {
    "63": "a release, or a put, inside the steps of somebody who has just been served by the same object serves the "
    "next one after these steps; in Twisted inside them",
    "153": "who is cancelled leaves the row of a lock at once; in asyncio when it has woken up, and a release that comes "
    "before that wakes nobody else up until then",
    "154": "who is served has what it asked for at once; asyncio's semaphore lets nobody else have a further token "
    "until that one has woken up",
    "157": "who is notified, or cancelled, queues up for the lock at once, and is told when it has it; asyncio's has to "
    "wake up first, and somebody else may come between",
    "157-notified": "who is cancelled after it was notified passes that on, and keeps its place in the row of the "
    "lock; in asyncio of 3.11 the notification is lost (gh-112202), and the place too",
    "158": "a barrier that is complete may be used again at once, and cannot be broken any more for those who have "
    "passed; asyncio's waits until all have woken up",
    "158-place": "the places of those who pass a barrier are 0 to n - 1, also if somebody was cancelled; in asyncio "
    "two may get the same one then",
    "159": "who is served by a queue has its item, or has put it, at once; in asyncio it has to wake up first, and "
    "somebody else may come between",
    "late": "cancelling somebody who has been served is too late; asyncio's task is cancelled still",
}

MOST_OPERATIONS = 400
OBJECTS = 2
ASKERS = 5


class Asker:
    def __init__(self, program):
        self.program = program
        self.of = None
        self.block = None
        self.pending = self.holds = False
        self.since = 0
        self.later = None

    def begin(self, o, block):
        if self.pending or self.holds:
            return False
        self.of = o
        self.block = block
        self.pending = True
        self.d = None
        return True

    def told(self, result):
        self.pending = False
        self.program.tellings += 1
        self.since = self.program.tellings
        if result is Holds:
            self.holds = True
        name = {Holds: "hold", None: "none"}.get(result, result)
        self.program.say(f"{self.block.number}:{name}")
        self.program.run_block(self.block)

    def run_ended(self, result):
        self.pending = False
        self.later = None
        self.program.say(f"{self.block.number}={result}")

    def function(self):
        self.program.say(str(self.block.number))
        self.program.run_block(self.block)
        outcome = self.block.nodes[-1]
        if outcome[0] == "return":
            return outcome[1]
        if outcome[0] == "raise":
            raise Function(outcome[1])
        self.later = defer.Deferred()
        return self.later


class Program:
    def __init__(self, nodes, is_modelled):
        self.is_modelled = is_modelled
        self.touched = set()
        self.events = []
        self.tellings = self.operations = 0
        self.is_over = False
        self.objects = [None] * OBJECTS
        self.askers = [Asker(self) for _ in range(ASKERS)]
        self.loop = sync_asyncio.Loop()
        with self.loop:
            for node in nodes:
                self.run_operation(node)
            self.loop.settle()
            self.end()
        self.trace = " ".join(self.events)

    def touch(self, name):
        if not self.is_over:
            self.touched.add(name)

    def say(self, event):
        self.events.append(event)

    def run_block(self, block):
        for node in block.nodes[:-1]:
            if node[0] != "settle":
                self.run_operation(node)

    def run_operation(self, node):
        self.operations += 1
        if self.operations > MOST_OPERATIONS or self.is_over:
            return
        operation = getattr(self, "op_" + node[0], None)
        if operation:
            operation(*node[1:])
        elif self.objects[node[1] % OBJECTS] is None:
            word, v, w = node[0], node[2] if len(node) > 2 else 0, node[3] if len(node) > 3 else 0
            if word in ("lock", "semaphore", "queue"):
                self.objects[node[1] % OBJECTS] = sync_twisted.make(self, word, v, w)
            else:
                self.objects[node[1] % OBJECTS] = sync_asyncio.make(self, word, v)

    def op_ask(self, i, j, block):
        o, asker = self.objects[i % OBJECTS], self.askers[j % ASKERS]
        if o is None:
            return
        if is_condition(o) and asker.of is o and asker.holds and not asker.pending:
            asker.block = block
            asker.pending = True
            o.ask(asker)
        elif asker.begin(o, block):
            o.ask(asker)

    def op_run(self, i, j, block):
        o, asker = self.objects[i % OBJECTS], self.askers[j % ASKERS]
        if isinstance(o, sync_twisted.Gate) and asker.begin(o, block):
            o.run(asker, asker.function)

    def oldest_holder(self, o):
        holders = [asker for asker in self.askers if asker.of is o and asker.holds and not asker.pending]
        return min(holders, key=lambda asker: asker.since, default=None)

    def op_wait(self, i, block):
        o = self.objects[i % OBJECTS]
        asker = self.oldest_holder(o) if is_condition(o) else None
        if asker:
            asker.block = block
            asker.pending = True
            o.ask(asker)

    def op_tell(self, i, v):
        o = self.objects[i % OBJECTS]
        if is_gate(o) or (is_condition(o) and v % 4 == 3):
            asker = self.oldest_holder(o)
            if asker:
                release(asker)
        elif is_condition(o):
            if self.oldest_holder(o):
                o.notify(v % 4 or 9)
        elif is_queue(o):
            if o.put(v):
                self.say("full")
        elif o is not None:
            o.tell(v)

    def op_take(self, i):
        o = self.objects[i % OBJECTS]
        if is_async_queue(o):
            v = o.take()
            self.say("empty" if v is None else f"took-{v}")

    def op_give(self, i, j, v, block):
        o, asker = self.objects[i % OBJECTS], self.askers[j % ASKERS]
        if is_async_queue(o) and asker.begin(o, block):
            o.give(asker, v)

    def op_join(self, i, j, block):
        o, asker = self.objects[i % OBJECTS], self.askers[j % ASKERS]
        if is_async_queue(o) and asker.begin(o, block):
            o.join(asker)

    def op_done(self, i):
        o = self.objects[i % OBJECTS]
        if is_async_queue(o) and o.done():
            self.say("refused")

    def op_cancel(self, j):
        asker = self.askers[j % ASKERS]
        if not asker.pending:
            return
        if isinstance(asker.of, (sync_twisted.Gate, sync_twisted.Items)):
            if asker.d is not None:
                asker.d.cancel()
        elif asker.of.cancel(asker):
            self.say("late")

    def op_drop(self, j):
        asker = self.askers[j % ASKERS]
        if asker.holds and not asker.pending:
            release(asker)

    def op_finish(self, j, v):
        later, self.askers[j % ASKERS].later = self.askers[j % ASKERS].later, None
        if later is not None:
            later.callback(v)

    def op_settle(self):
        self.loop.settle()

    def end(self):
        self.say("end")
        for i, asker in enumerate(self.askers):
            if asker.pending:
                self.say(f"{i}:pending")
            elif asker.holds:
                self.say(f"{i}:holds")
        self.is_over = True
        self.say = lambda event: None


def is_condition(o):
    return isinstance(o, (sync_asyncio.Condition, sync_asyncio.ModelledCondition))


def is_gate(o):
    return isinstance(o, (sync_twisted.Gate, sync_asyncio.Gate, sync_asyncio.ModelledGate))


def is_async_queue(o):
    return isinstance(o, (sync_asyncio.Items, sync_asyncio.ModelledItems))


def is_queue(o):
    return isinstance(o, sync_twisted.Items) or is_async_queue(o)


def release(asker):
    asker.holds = False
    asker.of.release()


def run(program):
    """The traces that a program may have, and the names of the differences that mattered.

    The first trace is with the differences, the second one without, if none mattered.
    """
    modelled = Program(program, True)
    if modelled.touched:
        return [modelled.trace], modelled.touched
    return [modelled.trace, Program(program, False).trace], modelled.touched


def simpler(node):
    """Simpler words for one operation."""
    if node[0] in ("raise", "later"):
        yield lambda node: ["return", 1]
    if node[0] == "run":
        yield lambda node: ["ask", *node[1:3], Block(0, [*node[3].nodes[:-1], ["end"]])]
    for i in range(1, len(node)):
        if type(node[i]) is int and node[i]:
            yield lambda node, i=i: [*node[:i], 0, *node[i + 1 :]]
            yield lambda node, i=i: [*node[:i], node[i] - 1, *node[i + 1 :]]
