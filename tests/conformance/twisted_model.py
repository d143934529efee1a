# SPDX-License-Identifier: BSD-3-Clause
"""Runs programs on Twisted's Deferreds, as deferreds.c does on hence's: whoever changes one changes the other.

Untouched runs them on Twisted as it is. Modelled runs them with the differences of the table below put on
top of it, and notes the name of each that mattered. A program that touched none is run by both.

Twisted's own code runs the chains in both; what is put on top are hidden steps, which do something between
two steps of the program, and Deferreds that nobody fires, which hold a chain that waits for them.
"""

from twisted.internet.defer import AlreadyCalledError, CancelledError, Deferred
from twisted.internet.defer import _CONTINUE
from twisted.python.failure import Failure

INTERPRETER = "deferreds"
NAMES_OF_TRACES = ["modelled", "twisted"]
DIFFERENCES = {
    "16": "resolving a promise with a chain: the Deferred waits for it; Twisted asserts",
    "18": "a Deferred with steps left whose result its outer one has just got counts as running until that has "
    "run: what is added meanwhile runs after the outer one; Twisted runs it, and the steps left, at once",
    "20": "the second taker of a result fails as taken; in Twisted it gets None",
    "22": "a chain to a promise is no step that runs: its source, if it has no steps left, is done when the "
    "target's steps run; in Twisted it is running",
    "25": "a chain to a promise that its canceller has stopped: the result is swallowed; in Twisted the source "
    "fails as already called",
    "26": "waiting for oneself, or in a circle, fails as a deadlock; in Twisted the chain is dead",
    "27": "a chain that one of its own steps pauses stops before the next step; Twisted runs the rest",
    "28": "unpausing what is not paused is refused; Twisted counts below zero",
    "29": "unpausing what only waits is refused; in Twisted it breaks the wait",
    "30": "an outer one that is paused does not hold up the steps of the inner one; in Twisted they are stuck",
    "31": "chaining to one that is running waits for its final value; Twisted takes the one of that moment",
    "33": "a canceller may answer that the operation goes on: then one result is swallowed, as without one",
    "35": "cancelling inside the canceller does nothing; Twisted runs the canceller again",
    "42": "a paused one that is let go ends: its failure is reported, its steps do not run, who waits for it is "
    "told that it was abandoned; in Twisted they wait for ever, and nothing is reported",
    "19": "a cancellation that nobody handled is not reported; in Twisted it is",
}
# These change what is reported at the end, and nothing before.
ONLY_REPORTS = {"19"}


class Problem(Exception):
    def __init__(self, label):
        self.label = label


def failure(label):
    return Failure(Problem(label))


FAILURES = [failure(f"f{n}") for n in range(100)]
TAKEN = failure("taken")
DEADLOCK = failure("deadlock")
ABANDONED = failure("abandoned")
CANCELLED = Failure(CancelledError())


def describe(result):
    if type(result) is int:
        return str(result)
    if result is None:
        return "none"
    if isinstance(result, Failure):
        if isinstance(result.value, Problem):
            return result.value.label
        if isinstance(result.value, CancelledError):
            return "cancelled"
        return f"python:{result.value!r}".replace(" ", "-")
    return f"python:{type(result).__name__}"


def is_waiting(d):
    return d.called and isinstance(d.result, Deferred)


# What the promise of a variable is.
NO_PROMISE, GOOD, ENDED, MOVED = range(4)


class Untouched:
    """A program's variables and its trace; the operations as Twisted has them."""

    def __init__(self, program):
        self.variables = [None] * 8
        self.events = []
        self.touched = set()
        self.reported = set()
        for node in program:
            self.operations[node[0]](self, node)
        self.show_end()
        self.trace = " ".join(self.events)

    def touch(self, name):
        self.touched.add(name)

    # ---- Deferreds

    def new_deferred(self, canceller=None):
        return Deferred(canceller)

    def make(self, slot, canceller=None, promise=GOOD):
        if self.variables[slot] is not None:
            return None
        d = self.variables[slot] = self.new_deferred(canceller)
        d.slot = slot
        d.held = True
        d.promise = promise
        d.in_step = 0
        d.cancelling = d.goes_on = False
        return d

    def held(self, slot):
        d = self.variables[slot]
        return d if d is not None and d.held else None

    # ---- steps and cancellers

    def run_nodes(self, nodes):
        operations = self.operations
        for i in range(len(nodes) - 1):
            node = nodes[i]
            operations[node[0]](self, node)
        return nodes[-1]

    def step(self, result, d, block):
        self.events.append(f"{block.number}:{describe(result)}")
        d.in_step += 1
        outcome = self.run_nodes(block.nodes)
        d.in_step -= 1
        return self.outcomes[outcome[0]](self, d, result, outcome)

    def run_canceller(self, d, block):
        self.events.append(f"{block.number}:cancel")
        d.cancelling = True
        answer = self.run_nodes(block.nodes)[0]
        d.cancelling = False
        if d.promise == GOOD:
            if answer == "stopped":
                d.promise = ENDED
            else:
                self.goes_on(d)

    def goes_on(self, d):
        pass

    # What a step gives: leave() for a value or a failure, leave_with() for another Deferred.

    def leave(self, d, out):
        return out

    def leave_with(self, d, inner):
        return inner

    def outcome_pass(self, d, result, node):
        return self.leave(d, result)

    def outcome_none(self, d, result, node):
        return self.leave(d, None)

    def outcome_return(self, d, result, node):
        return self.leave(d, node[1])

    def outcome_raise(self, d, result, node):
        failure = FAILURES[node[1]]
        out = self.leave(d, failure)
        if out is failure and node[1] % 2:
            raise Problem(f"f{node[1]}")
        return out

    def outcome_raise_cancelled(self, d, result, node):
        return self.leave(d, CANCELLED)

    def outcome_give(self, d, result, node):
        inner = self.held(node[1])
        return self.leave(d, None) if inner is None else self.leave_with(d, inner)

    def outcome_hand(self, d, result, node):
        inner = self.held(node[1])
        if inner is None:
            return self.leave(d, None)
        inner.held = False
        return self.leave_with(d, inner)

    # ---- operations

    def op_make(self, node):
        self.make(node[1])

    def op_cancellable(self, node):
        block = node[2]
        self.make(node[1], lambda d: self.run_canceller(d, block))

    def op_succeed(self, node):
        d = self.make(node[1], None, NO_PROMISE)
        if d is not None:
            d.callback(node[2])

    def op_failed(self, node):
        d = self.make(node[1], None, NO_PROMISE)
        if d is not None:
            d.errback(FAILURES[node[2]])

    def op_succeed_with(self, node):
        inner = self.held(node[2])
        if inner is not None:
            d = self.make(node[1], None, NO_PROMISE)
            if d is not None:
                self.resolve_with(d, inner)

    def op_callback(self, node):
        d = self.held(node[1])
        if d is not None:
            self.add(d, self.step, None, node[2], None)

    def op_errback(self, node):
        d = self.held(node[1])
        if d is not None:
            self.add(d, None, self.step, None, node[2])

    def op_both(self, node):
        d = self.held(node[1])
        if d is not None:
            self.add(d, self.step, self.step, node[2], node[2])

    def op_pair(self, node):
        d = self.held(node[1])
        if d is not None:
            self.add(d, self.step, self.step, node[2], node[3])

    def add(self, d, on_value, on_error, value_block, error_block):
        if d._runningCallbacks and not d.in_step:
            self.touch("22")
        if on_error is None:
            d.addCallback(on_value, d, value_block)
        elif on_value is None:
            d.addErrback(on_error, d, error_block)
        elif value_block is error_block:
            d.addBoth(on_value, d, value_block)
        else:
            d.addCallbacks(on_value, on_error, (d, value_block), None, (d, error_block))

    def op_fire(self, node):
        self.fire(self.variables[node[1]], node[2])

    def op_fail(self, node):
        self.fire(self.variables[node[1]], FAILURES[node[2]])

    def can_be_fired(self, d):
        """May the program resolve it? Notes that the promise has ended."""
        if d is None or not (d.promise == GOOD or d.promise == ENDED and d.held):
            return False
        if d.promise == ENDED and not d.called:
            self.events.append("already")  # abandoned by its canceller, which still runs
            return False
        if d.called and d.goes_on:
            self.touch("33")
        d.promise = ENDED
        return True

    def fire(self, d, result):
        if self.can_be_fired(d):
            try:
                d.callback(result)
            except AlreadyCalledError:
                self.events.append("already")

    def op_fire_with(self, node):
        inner = self.held(node[2])
        if inner is None:
            return
        d = self.variables[node[1]]
        if d is not None and d.called:
            self.fire(d, None)
        elif self.can_be_fired(d):
            self.resolve_with(d, inner)

    def resolve_with(self, d, inner):
        self.touch("16")

    def op_abandon(self, node):
        d = self.variables[node[1]]
        if d is None or d.promise != GOOD:
            return
        if d.called and d.goes_on:
            self.touch("33")
        d.promise = ENDED
        if d.called or not d.cancelling:
            d.errback(ABANDONED)

    def op_cancel(self, node):
        d = self.held(node[1])
        if d is None:
            return
        last = d
        while is_waiting(last):
            last = last.result
        late = last.called or last.cancelling
        d.cancel()
        if late:
            self.events.append("late")

    def op_pause(self, node):
        d = self.held(node[1])
        if d is not None:
            self.pause(d)

    def pause(self, d):
        if d._runningCallbacks and not d.in_step:
            self.touch("22")
        d.pause()

    def op_unpause(self, node):
        d = self.held(node[1])
        if d is not None:
            self.unpause(d)

    def unpause(self, d):
        d.unpause()

    def op_chain(self, node):
        d = self.held(node[1])
        target = self.variables[node[2]]
        if d is not None and target is not None and target.promise == GOOD:
            target.promise = MOVED
            self.chain(d, target)

    def chain(self, d, target):
        d.chainDeferred(target)

    def op_drop(self, node):
        d = self.held(node[1])
        if d is not None:
            d.held = False
            self.let_go(d)

    def let_go(self, d):
        pass

    # ---- the end

    def state(self, d):
        """In a word, and what it has ended with."""
        if not d.called:
            return "pending", None
        if isinstance(d.result, Deferred):
            return "waiting", None
        if d.paused:
            return "paused", d.result
        return describe(d.result), None

    def show_end(self):
        events = self.events
        events.append("end")
        for d in self.variables:
            if d is None:
                continue
            state, result = self.state(d)
            if d.held:
                events.append(f"{d.slot}:{state}")
                self.note_unhandled(d, result)
            if d._debugInfo is not None:
                # what Twisted would log when d is collected
                self.note_unhandled(d, d._debugInfo.failResult)
                d._debugInfo.failResult = None
        events.append("unhandled")
        events.extend(map(str, sorted(self.reported)))

    def note_unhandled(self, d, result):
        if isinstance(result, Failure):
            if isinstance(result.value, CancelledError):
                self.touch("19")
            else:
                self.reported.add(d.slot)

    operations = {}
    outcomes = {}


class Modelled(Untouched):
    """The same with hence's differences."""

    def __init__(self, program):
        self.set_aside = []  # Deferreds that wait until the one that took their result has run
        Untouched.__init__(self, program)

    def new_deferred(self, canceller=None):
        d = Watched(canceller)
        d.program = self
        return d

    # ---- the result of another one

    def leave_with(self, d, inner):
        out = self.take(d, inner)
        if out is not inner:
            if not inner.held:
                self.let_go(inner)
            return self.leave(d, out)
        self.step_has_ended(d)
        if d.pauses and not inner.consumer:
            d.callbacks.insert(0, hidden(self.go_on, d))
        return inner

    def go_on(self, result, d):
        return self.leave(d, result)

    def take(self, d, inner):
        """What a step of d that returns inner gives Twisted: inner, or a failure."""
        if leads_to(d, inner):
            self.touch("26")
            return DEADLOCK
        if inner.taken:
            self.touch("20")
            return TAKEN
        if not inner.held and is_paused(inner):
            self.touch("42")
            return ABANDONED
        inner.taken = True
        if inner.called and not inner.paused:
            if not inner._runningCallbacks:
                return inner
            # Twisted looks at `paused` only now; the step that runs undoes it: leave()
            self.touch("31")
            inner.paused += 1
            inner.looks_paused = True
        inner.consumer = d
        d.callbacks.insert(0, hidden(self.arrived, d, inner))
        return inner

    def arrived(self, result, d, inner):
        """The first step of d after it has got the result of inner."""
        inner.consumer = None
        if inner.callbacks:
            inner._runningCallbacks = True
            inner.callbacks.insert(0, hidden(self.resume, inner))
            self.set_aside.append(inner)
        if d.pauses:
            return self.hold(d, result, d.paused_when_given or "30")
        return result

    def resume(self, result, d):
        self.set_aside.pop()
        return self.hold(d, result, "30") if d.pauses else result

    # ---- pauses of one that runs or waits

    def pause(self, d):
        if d._runningCallbacks or is_waiting(d):
            d.pauses += 1
        else:
            d.pause()

    def unpause(self, d):
        if d.pauses:
            if d in self.set_aside:
                self.touch("18")
            d.pauses -= 1
            if not d.pauses and d.gate is not None:
                gate = d.gate
                d.gate = None
                gate.callback(d.kept)
        elif d.paused and not d._runningCallbacks and not is_waiting(d):
            d.unpause()
        else:
            self.touch("29" if is_waiting(d) else "28")
            self.events.append("refused")

    def step_has_ended(self, d):
        if d.looks_paused:
            d.looks_paused = False
            d.paused -= 1

    def leave(self, d, out):
        self.step_has_ended(d)
        return self.hold(d, out, "27") if d.pauses else out

    def hold(self, d, out, name):
        """Let d wait for a Deferred that only unpausing fires, which gives it `out`."""
        if name != "none":
            self.touch(name)
        if not d.held:
            d.pauses = 0
            return self.give_up(d, out)
        d.gate = Gate()
        d.gate.program = self
        d.kept = out
        return d.gate

    # ---- let go while it is paused

    def let_go(self, d):
        if is_paused(d) and not d.cancelling:
            self.end_paused(d)

    def end_paused(self, d):
        gate, d.gate = d.gate, None
        d.pauses = 0
        result = self.give_up(d, d.result if gate is None else d.kept)
        if gate is not None:
            gate.callback(result)
        elif d.consumer is not None:
            d.paused = 0
            d.result = result
            d._runCallbacks()

    def give_up(self, d, result):
        self.touch("42")
        self.note_unhandled(d, result)
        d.callbacks = [item for item in d.callbacks if item[0][0] in (_CONTINUE, self.give)]
        return ABANDONED if d.callbacks else None

    # ---- promises

    def goes_on(self, d):
        if not d.called:
            d.goes_on = d._suppressAlreadyCalled = True

    def resolve_with(self, d, inner):
        self.touch("16")
        d.pauses += d.paused
        d.paused = 0
        d.callbacks.insert(0, hidden(self.open, d, inner))
        d.callback(None)

    def open(self, result, d, inner):
        return self.leave_with(d, inner)

    def add(self, d, on_value, on_error, value_block, error_block):
        if d._runningCallbacks and not d.in_step:
            self.touch("18")
        d.in_step += 1
        Untouched.add(self, d, on_value, on_error, value_block, error_block)
        d.in_step -= 1

    def chain(self, d, target):
        if d.taken:
            self.touch("20")
            self.resolve_target(target, TAKEN)
            self.events.append("busy")
        elif not target.called and leads_to(target, d):
            self.touch("26")
            self.resolve_target(target, DEADLOCK)
        else:
            d.taken = True
            d.consumer = target
            d.feeds = True
            d.addBoth(self.give, d, target)

    def resolve_target(self, target, result):
        if target.called:
            self.swallow(target)
        else:
            target.callback(result)

    def swallow(self, target):
        if not target._suppressAlreadyCalled:
            self.touch("25")
        elif target.goes_on:
            self.touch("33")
        target._suppressAlreadyCalled = False

    def give(self, result, d, target):
        """The step of d that gives target its result: as if target had waited for d."""
        d.feeds = False
        d.consumer = None
        if target.called:
            self.swallow(target)
            return None
        target.called = True
        target.result = None
        target.paused_when_given = "none" if target.paused else None
        target.pauses = target.paused
        target.paused = 1
        target.callbacks.insert(0, hidden(self.arrived, target, d))
        d.callbacks.insert(0, target._continuation())
        return result

    def state(self, d):
        if d.gate is not None:
            return "paused", d.kept
        return Untouched.state(self, d)


class Watched(Deferred):
    """A Deferred, and what must be known of it."""

    program = None
    held = True
    taken = False  # its result went to a consumer, or will go there
    consumer = None  # who waits for it
    feeds = False  # the consumer is the promise of a Deferred
    pauses = 0  # of the program, while it runs or waits
    paused_when_given = None
    gate = None  # what it waits for until it is unpaused
    kept = None  # the result that it is to have then
    looks_paused = False
    cancelling = goes_on = False

    def _runCallbacks(self):
        set_aside = self.program.set_aside
        before = len(set_aside)
        Deferred._runCallbacks(self)
        while len(set_aside) > before:  # Twisted forgot them when it found a paused one
            self.program.touch("30")
            forgotten = set_aside[-1]
            forgotten._runningCallbacks = False
            Deferred._runCallbacks(forgotten)
        if not self.held:
            self.program.let_go(self)

    def cancel(self):
        if self.cancelling and not self.called:
            self.program.touch("35")
        else:
            Deferred.cancel(self)
            if not self.held:
                self.program.let_go(self)


class Gate(Watched):
    cancelling = True  # there is nothing to cancel

    def cancel(self):
        pass


def hidden(fn, *args):
    """A step, as Twisted keeps them."""
    return (fn, args, {}), (fn, args, {})


def is_paused(d):
    """Has it a result, and is it held by pauses?"""
    if d.gate is not None:
        return True
    return d.called and d.paused and not d._runningCallbacks and not isinstance(d.result, Deferred)


def leads_to(d, other):
    """Will what d gives arrive at other?"""
    while d is not None:
        if d is other:
            return True
        if d.feeds and d.consumer.called:
            return False
        d = d.consumer
    return False


for name in dir(Untouched):
    if name.startswith("op_"):
        Untouched.operations[name[3:]] = getattr(Untouched, name)
    elif name.startswith("outcome_"):
        Untouched.outcomes[name[8:]] = getattr(Untouched, name)


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


def simpler(node):
    """Simpler words for one operation."""
    word = node[0]
    if word in ("none", "return", "raise", "raise_cancelled"):
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
    if word == "cancellable":
        yield lambda node: ["make", node[1]]
    if word == "goes_on":
        yield lambda node: ["stopped"]
    if word in ("fire", "fail", "succeed", "failed", "return", "raise") and node[-1] > 1:
        yield lambda node: [*node[:-1], 1]
