# SPDX-License-Identifier: BSD-3-Clause
"""Where hence deliberately differs from Twisted, and the operations with that put on top of Twisted.

Twisted's own code runs the chains here too. What is put on top are hidden steps, which do something between
two steps of the program, and Deferreds that nobody fires, which hold a chain that waits for them.
"""

from twisted.internet.defer import CancelledError, Deferred, DeferredList, TimeoutError, _CONTINUE, fail
from twisted.python.failure import Failure
from twisted_deferreds import Gate, Race, Watched, WatchedList, hidden, is_paused, leads_to
from twisted_operations import ABANDONED, DEADLOCK, TAKEN, Untouched, is_cancelled, is_waiting, new_list

DIFFERENCES = {
    "16": "resolving a promise with a chain: the Deferred waits for it; Twisted asserts",
    "18": "a Deferred with steps left whose result its outer one has just got counts as running until that has "
    "run: what is added meanwhile runs after the outer one; Twisted runs it, and the steps left, at once",
    "19": "a cancellation that nobody handled is not reported; in Twisted it is",
    "20": "the second taker of a result fails as taken; in Twisted it gets None",
    "22": "handing a result to a promise or a list is no step that runs: who did it, if it has no steps left, is "
    "done when the steps of the other one run; in Twisted it is running",
    "25": "a chain to a promise that its canceller has stopped: the result is swallowed; in Twisted the source "
    "fails as already called",
    "26": "waiting for oneself, or in a circle that nothing else can end, fails as a deadlock; in Twisted the chain is "
    "dead",
    "27": "a chain that one of its own steps pauses stops before the next step; Twisted runs the rest",
    "28": "unpausing what is not paused is refused; Twisted counts below zero",
    "29": "unpausing what only waits is refused; in Twisted it breaks the wait",
    "30": "an outer one that is paused does not hold up the steps of the inner one; in Twisted they are stuck",
    "31": "chaining to one that is running waits for its final value; Twisted takes the one of that moment",
    "33": "a canceller may answer that the operation goes on: then one result is swallowed, as without one",
    "35": "cancelling inside the canceller does nothing; Twisted runs the canceller again",
    "42": "a paused one that is let go ends: its failure is reported, its steps do not run, who waits for it is "
    "told that it was abandoned; in Twisted they wait for ever, and nothing is reported",
    "45": "a time limit also turns the failure of a list or race that was cancelled into a timeout; Twisted only "
    "a plain cancellation",
    "53": "the first of no inputs fails as abandoned; in Twisted it never fires",
    "54": "a list takes the results of its inputs, which see none then; in Twisted values pass through",
    "58": "cancelling a list or race reaches the inputs that have not given their result, once, and what it waits "
    "for itself when it has its own; Twisted cancels all inputs, and nothing later",
    "59": "the same input twice is the same in both places; in Twisted the first place changes what the second "
    "one sees",
    "61": "a race that is cancelled has its outcome when all inputs were cancelled and have ended; in Twisted 24.7 "
    "as soon as it can be told, and it is cancelled if some go on",
    "73": "what is to be called later is no step: it is called though its Deferred is paused, which is pending "
    "until it returns",
}
# These change what is reported at the end, and nothing before.
ONLY_REPORTS = {"19"}


class Modelled(Untouched):
    """The same with hence's differences."""

    def __init__(self, program):
        self.set_aside = []  # Deferreds that wait until the one that took their result has run
        self.blocks_begun = 1  # not counting those that have ended
        self.circle_was_found = False
        self.in_time = False  # did a cancellation arrive somewhere?
        Untouched.__init__(self, program)

    def run_nodes(self, nodes):
        self.blocks_begun += 1
        node = Untouched.run_nodes(self, nodes)
        self.blocks_begun -= 1
        return node

    def new_deferred(self, canceller=None):
        return Watched(canceller)

    def adopt(self, d):
        d.program = self
        if type(d) is Deferred:
            d.__class__ = Watched
        elif type(d) is DeferredList:
            d.__class__ = WatchedList

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
        if inner.calling:
            self.touch("73")
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
            # Twisted looks at `paused` only now; the step that runs undoes it: step_has_ended()
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
        if d.calling:
            self.touch("73")
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
        d.callbacks = [item for item in d.callbacks if is_for_consumer(item[0][0])]
        return ABANDONED if d.callbacks else None

    # ---- promises

    def goes_on(self, d):
        if not d.called:
            d.goes_on = d._suppressAlreadyCalled = True

    def resolve_with(self, d, inner):
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
        """The step of d that gives target its result."""
        d.feeds = False
        d.consumer = None
        if target.called:
            self.swallow(target)
            return None
        return self.flow(result, d, target)

    def flow(self, result, d, target):
        """Ends a step of d such that target has that result next, as if it had waited for d."""
        target.called = True
        target.result = None
        target.paused_when_given = "none" if target.paused else None
        target.pauses = target.paused
        target.paused = 1
        target.callbacks.insert(0, hidden(self.arrived, target, d))
        d.callbacks.insert(0, target._continuation())
        return result

    # ---- many

    def make_list(self, slot, flags, inputs):
        wanted = self.not_taken(inputs)
        d = new_list(wanted, flags, False)
        if not wanted and not d.called:
            d.callback(ABANDONED)
        self.put(slot, d)
        self.consume(d, wanted)

    def not_taken(self, inputs):
        """The inputs; in the place of those whose result went elsewhere, one that fails."""
        if any(d.taken for d in inputs):
            self.touch("20")
        return [fail(TAKEN) if d.taken else d for d in inputs]

    def consume(self, target, inputs):
        """Makes target the consumer of inputs that steps were added to for it."""
        target.inputs = inputs
        if len(set(inputs)) < len(inputs):
            self.touch("59")
        for d in dict.fromkeys(inputs):
            if type(d) is Deferred:
                d.addErrback(lambda failure: None)
            else:
                d.taken = d.feeds = True
                d.consumer = target
                d.addBoth(self.served, d, target)

    def served(self, result, d, target):
        """The step of d after those that gave its result to a list or race."""
        d.feeds = False
        d.consumer = None
        self.note_passed(result, d)
        if not target.called and not target.is_cancelling and target.depends_on_itself():
            self.touch("26")
            target.break_circle()
        if not target.has_outcome:
            return self.leave(d, None)
        target.has_outcome = False
        self.step_has_ended(d)
        if d.pauses and not d.callbacks:
            self.touch("27")
            d.paused, d.pauses = d.pauses, 0
        return self.flow(target.outcome, d, target)

    def note_passed(self, result, d):
        if (d.held or d.callbacks) and result is not None and not isinstance(result, Failure):
            self.touch("54")

    def make_race(self, slot, inputs):
        if len(set(inputs)) < len(inputs):
            self.touch("59")
        d = Race(inputs)
        d.program = self
        d.begin()
        self.put(slot, d)

    # ---- time

    def call_later(self, slot, delay, block):
        def go():
            d._canceller = None
            if d.paused:
                self.touch("73")
            d.calling = True
            out = self.function(block)
            d.calling = False
            if d.called:
                d._suppressAlreadyCalled = False
                if isinstance(out, Deferred) and not out.held:
                    self.let_go(out)
            elif isinstance(out, Deferred):
                self.resolve_with(d, out)
            else:
                d.callback(out)

        d = self.new_deferred(lambda d: timer.cancel())
        self.put(slot, d)
        timer = self.get_clock().callLater(delay, go)

    def add_timeout(self, d, delay):
        def translate(result, delay):
            if not isinstance(result, Failure) or not is_cancelled(result):
                return result
            if not isinstance(result.value, CancelledError):
                self.touch("45")
            raise TimeoutError(delay, "Deferred")

        self.add_timeout_with(d, delay, translate)

    def add_timeout_with(self, d, delay, on_timeout):
        if d._runningCallbacks and not d.in_step:
            self.touch("18")
        d.in_step += 1
        Untouched.add_timeout_with(self, d, delay, on_timeout)
        d.in_step -= 1

    def advance(self, seconds):
        in_time = self.in_time
        Untouched.advance(self, seconds)
        self.in_time = in_time

    def cancel(self, d):
        before = self.in_time, self.circle_was_found
        self.in_time = self.circle_was_found = False
        d.cancel()
        in_time, in_circle = self.in_time, self.circle_was_found
        self.in_time, self.circle_was_found = before
        if in_circle:
            self.events.append("error")
        return in_time or in_circle

    # ---- the end

    def state(self, d):
        if d.gate is not None:
            return "paused", d.kept
        return Untouched.state(self, d)


def is_for_consumer(callback):
    """Is it a step that gives a result to whoever is to have it?"""
    return callback is _CONTINUE or getattr(callback, "__func__", None) in (
        Modelled.give,
        Modelled.served,
        DeferredList._cbDeferred,
        Race.on_value,
    )
