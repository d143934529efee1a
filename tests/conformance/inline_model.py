# SPDX-License-Identifier: BSD-3-Clause
"""Runs programs of inlineCallbacks on Twisted, as inline.c does on hence: whoever changes one changes the other.

Untouched runs a body by Twisted's own inlineCallbacks. Modelled runs it by the same loop with hence's differences
in it; a program that touched none is run by both.
"""

from tasks_modes import CATCHES_CANCELLED, CATCHES_OTHERS, MODES, RETURNS
from twisted.internet.defer import CancelledError, Deferred, fail, inlineCallbacks, succeed
from twisted.logger import globalLogBeginner
from twisted.python.failure import Failure
from twisted_operations import CANCELLED, DEADLOCK, FAILURES, Problem, describe

# What nobody handles is not compared here.
globalLogBeginner.beginLoggingTo([lambda event: None], discardBuffer=True, redirectStandardIO=False)

INTERPRETER = "inline"
NAMES_OF_TRACES = ["modelled", "twisted"]
DIFFERENCES = {
    "26": "a body that waits for itself, or in a circle, is told so as a deadlock; in Twisted it waits for ever",
    "35": "cancelling inside the canceller does nothing; Twisted runs the canceller again",
    "76-again": "cancelling one again while its cancellation is under way reaches what the body awaits by then; in "
    "Twisted it does nothing",
    "76-order": "what a body gives that was cancelled goes on before the steps that were added to what it awaited "
    "afterwards, and before what is left of its canceller, as it does without a cancellation; in Twisted after them",
    "76-running": "cancelling one whose body runs cancels the next wait, or what the body returns; Twisted breaks, or "
    "forgets it",
    "76-late": "cancelling one whose Deferred has a result that is on its way to the body cancels the wait; Twisted "
    "forgets it",
}

MOST_OPERATIONS = 400


class Variable:
    __slots__ = ("deferred", "is_fired", "canceller", "taken")

    def __init__(self):
        self.deferred = self.canceller = None
        self.is_fired = True
        self.taken = False


class Untouched:
    def __init__(self, program):
        self.variables = [None] * 8
        self.events = []
        self.touched = set()
        self.operations_run = 0
        for node in program:
            self.run(node)
        self.show_end()
        self.trace = " ".join(self.events)

    def touch(self, name):
        self.touched.add(name)

    def run(self, node):
        self.operations_run += 1
        if self.operations_run <= MOST_OPERATIONS:
            self.operations[node[0]](self, *node[1:])

    def run_nodes(self, nodes):
        for i in range(len(nodes) - 1):
            self.run(nodes[i])
        return nodes[-1]

    def step(self, result, block):
        self.events.append(f"{block.number}:{describe(result)}")
        outcome = self.run_nodes(block.nodes)
        if outcome[0] == "return":
            return outcome[1]
        if outcome[0] == "raise":
            return FAILURES[outcome[1]]
        return result if outcome[0] == "pass" else None

    # ---- operations

    def make(self, slot):
        """The variable, or None if it was made before."""
        if self.variables[slot] is not None:
            return None
        self.variables[slot] = Variable()
        return self.variables[slot]

    def op_make(self, slot):
        v = self.make(slot)
        if v is not None:
            v.deferred = Deferred()
            v.is_fired = False

    def op_cancellable(self, slot, block):
        v = self.make(slot)
        if v is not None:
            v.deferred = self.new_cancellable(lambda d: self.run_canceller(v, block))
            v.is_fired = False

    def new_cancellable(self, canceller):
        return Deferred(canceller)

    def run_canceller(self, v, block):
        if not v.is_fired:
            self.events.append(f"{block.number}:cancel")
            self.run_nodes(block.nodes)
            v.is_fired = True

    def op_succeed(self, slot, number):
        v = self.make(slot)
        if v is not None:
            v.deferred = succeed(number)

    def op_failed(self, slot, number):
        v = self.make(slot)
        if v is not None:
            v.deferred = fail(FAILURES[number])

    def op_inline(self, slot, block):
        v = self.make(slot)
        if v is not None:
            v.deferred = self.begin_inline(block)

    def begin_inline(self, block):
        return inlineCallbacks(self.body)(block)

    def op_both(self, slot, block):
        v = self.variables[slot]
        if v is not None and v.deferred is not None and not (v.taken and has_ended(v.deferred)):
            v.deferred.addBoth(self.step, block)

    def op_fire(self, slot, number):
        self.fire(slot, number)

    def op_fail(self, slot, number):
        self.fire(slot, FAILURES[number])

    def fire(self, slot, result):
        v = self.variables[slot]
        if v is not None and not v.is_fired:
            v.is_fired = True
            v.deferred.callback(result)

    def op_cancel(self, slot):
        v = self.variables[slot]
        if v is not None and v.deferred is not None:
            v.deferred.cancel()

    def op_await(self, *_):
        """What awaits, outside of a body."""

    op_await_inline = op_call = op_await

    # ---- bodies

    def body(self, block):
        self.events.append(f"{block.number}:begin")
        caught = None
        for i in range(len(block.nodes) - 1):
            node = block.nodes[i]
            if node[0] not in ("await", "await_inline", "call"):
                self.run(node)
                continue
            self.operations_run += 1
            if self.operations_run > MOST_OPERATIONS:
                continue
            if node[0] == "await":
                v = self.variables[node[1]]
                if v is None or v.deferred is None or v.taken:
                    continue
                v.taken = True
                d, mode = v.deferred, node[2]
            elif node[0] == "await_inline":
                d, mode = self.begin_inline(node[2]), node[1]
            else:
                d, mode = None, node[1]
            try:
                result = (yield from self.body(node[2])) if d is None else (yield d)
            except (Problem, CancelledError) as problem:
                self.events.append(f"{block.number}:{describe(Failure(problem))}")
                is_cancelled = isinstance(problem, CancelledError)
                if not MODES[mode] & (CATCHES_CANCELLED if is_cancelled else CATCHES_OTHERS):
                    raise
                if MODES[mode] & RETURNS:
                    return 9
                caught = problem
            else:
                self.events.append(f"{block.number}:{describe(result)}")
        word, *numbers = block.nodes[-1]
        if word == "return":
            return numbers[0]
        if word == "raise":
            raise Problem(f"f{numbers[0]}")
        if word == "raise_cancelled":
            raise CancelledError
        if word == "again" and caught is not None:
            raise caught
        return None

    # ---- the end

    def show_end(self):
        self.events.append("end")
        for slot, v in enumerate(self.variables):
            if v is not None and v.deferred is not None:
                self.events.append(f"{slot}:{describe(v.deferred.result) if has_ended(v.deferred) else 'pending'}")
                v.deferred.addErrback(lambda failure: None)


def has_ended(d):
    return d.called and not isinstance(d.result, Deferred)


class Cancellable(Deferred):
    is_cancelling = False

    def cancel(self):
        if self.is_cancelling and not self.called:
            self.program.touch("35")
            return
        self.is_cancelling = True
        super().cancel()
        self.is_cancelling = False


class Inline(Deferred):
    """What a body gives, in hence's way."""

    def __init__(self, program, body):
        super().__init__()
        self.program = program
        self.body = body
        self.awaits = None
        self.cancelled = None  # what it awaits, while that is being cancelled
        self.is_running = self.must_cancel = False
        self.is_passing_on = False  # a cancellation from before it awaited
        self.go_on(None)

    def go_on(self, result):
        self.awaits = None
        while True:
            self.is_running = True
            try:
                if isinstance(result, Failure):
                    awaited = result.throwExceptionIntoGenerator(self.body)
                else:
                    awaited = self.body.send(result)
            except StopIteration as end:
                self.note_order()
                self.callback(CANCELLED if self.must_cancel else end.value)
                return
            except (Problem, CancelledError):
                self.note_order()
                self.errback()
                return
            if self.waits_for_itself(awaited):
                self.program.touch("26")
                result = DEADLOCK
                continue
            self.program.note_cancelling(awaited)
            self.awaits = awaited
            results = []
            awaited.addBoth(self.arrived, results)
            if not results and self.must_cancel:
                result = self.pass_on(results)
            elif results:
                result = results[0]
            self.is_running = False
            if not results:
                return
            self.awaits = None

    def pass_on(self, results):
        """The cancellation from before goes to what it awaits now, and so does one that comes meanwhile."""
        self.must_cancel, self.is_passing_on = False, True
        was_in_time = self.cancel_awaited()
        self.is_passing_on = False
        if not was_in_time:
            self.must_cancel = True
        elif results and self.must_cancel:
            self.must_cancel = False
            return CANCELLED
        return results[0] if results else None

    def note_order(self):
        self.is_running = False
        d = self.cancelled
        if d is not None and self.callbacks and (d.callbacks or getattr(d, "is_cancelling", False)):
            self.program.touch("76-order")

    def arrived(self, result, results):
        if self.is_running:
            results.append(result)
            return
        if self.must_cancel:
            self.must_cancel = False
            result = CANCELLED
        self.go_on(result)

    def waits_for_itself(self, d):
        while isinstance(d, Inline) and d is not self:
            d = d.awaits
        return d is self

    def cancel_awaited(self):
        """Was it in time?"""
        d = self.awaits
        if isinstance(d, Inline) and not d.called:
            return d.cancel()
        if d.called or getattr(d, "is_cancelling", False):
            d.cancel()
            return False
        d.cancel()
        return True

    def cancel(self):
        if self.called:
            return False
        if self.cancelled is not None or self.is_passing_on:
            self.program.touch("76-again")
        if self.is_running and not self.is_passing_on:
            self.program.touch("76-running")
            self.must_cancel = True
        else:
            outer, self.cancelled = self.cancelled, self.awaits
            if not self.cancel_awaited():
                self.program.touch("76-late")
                self.must_cancel = True
            self.cancelled = outer
        return True


class Modelled(Untouched):
    def new_cancellable(self, canceller):
        d = Cancellable(canceller)
        d.program = self
        return d

    def op_both(self, slot, block):
        v = self.variables[slot]
        if v is not None:
            self.note_cancelling(v.deferred)
        super().op_both(slot, block)

    def note_cancelling(self, d):
        if getattr(d, "cancelled", None) is not None:
            self.touch("76-order")

    def begin_inline(self, block):
        return Inline(self, self.body(block))


for kind in Untouched, Modelled:
    kind.operations = {name[3:]: getattr(kind, name) for name in dir(kind) if name.startswith("op_")}


def run(program):
    """As in twisted_model.py."""
    modelled = Modelled(program)
    if modelled.touched:
        return [modelled.trace], modelled.touched
    return [modelled.trace, Untouched(program).trace], modelled.touched


def simpler(node):
    """Simpler words for one operation."""
    word = node[0]
    if word in ("raise", "raise_cancelled", "again", "return"):
        yield lambda node: ["none"]
    if word == "none":
        yield lambda node: ["pass"]
    if word == "await_inline":
        yield lambda node: ["call", *node[1:]]
    if word == "fail":
        yield lambda node: ["fire", *node[1:]]
    if word in ("cancellable", "succeed", "failed", "inline"):
        yield lambda node: ["make", node[1]]
    for i in range(1, len(node)):
        if type(node[i]) is int and node[i]:
            yield lambda node, i=i: [*node[:i], 0, *node[i + 1 :]]
            yield lambda node, i=i: [*node[:i], node[i] - 1, *node[i + 1 :]]
