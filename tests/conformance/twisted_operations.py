# SPDX-License-Identifier: BSD-3-Clause
"""The operations of a program, on Twisted as it is. deferreds.c does the same on hence: whoever changes one
changes the other."""

from twisted.internet.defer import AlreadyCalledError, CancelledError, Deferred, DeferredList, FirstError
from twisted.internet.defer import TimeoutError, fail, gatherResults, maybeDeferred, succeed
from twisted.internet.task import Clock, deferLater
from twisted.python.failure import Failure


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


class Group(Exception):
    """All failures of a race, as in Twisted 24.7."""

    def __init__(self, failures):
        self.failures = failures


def describe(result):
    if type(result) is int:
        return str(result)
    if result is None:
        return "none"
    if isinstance(result, Failure):
        return describe_failure(result.value)
    if type(result) is tuple:
        return f"winner{result[1]}:{describe(result[0])}"
    if type(result) is list:
        # DeferredList gives pairs of success and value, gatherResults() values
        values = [value[1] if type(value) is tuple and type(value[0]) is bool else value for value in result]
        return f"[{','.join(map(describe, values))}]"
    return f"python:{type(result).__name__}"


def describe_failure(value):
    if isinstance(value, Problem):
        return value.label
    if isinstance(value, CancelledError):
        return "cancelled"
    if isinstance(value, FirstError):
        return f"first{value.index}:{describe(value.subFailure)}"
    if isinstance(value, Group):
        return f"group({','.join(map(describe, value.failures))})"
    if isinstance(value, TimeoutError):
        return "timeout"
    return f"python:{value!r}".replace(" ", "-")


def is_cancelled(failure):
    """Does hence count it as a cancellation?"""
    value = failure.value
    if isinstance(value, FirstError):
        return is_cancelled(value.subFailure)
    if isinstance(value, Group):
        return all(map(is_cancelled, value.failures))
    return isinstance(value, CancelledError)


def is_waiting(d):
    return d.called and isinstance(d.result, Deferred)


# What the promise of a variable is.
NO_PROMISE, GOOD, ENDED, MOVED = range(4)


class NoPromise:
    """Of a variable that was given a Deferred which has another one already."""

    promise = NO_PROMISE
    called = may_decide = False


class Untouched:
    """A program's variables and its trace; the operations as Twisted has them."""

    def __init__(self, program):
        self.promises = [None] * 8  # the Deferreds that the variables were made with
        self.slots = [None] * 8  # their Deferreds, until they are let go
        self.made = []
        self.events = []
        self.touched = set()
        self.reported = set()
        self.clock = None
        self.advancing = False
        for node in program:
            self.operations[node[0]](self, node)
        self.show_end()
        self.trace = " ".join(self.events)

    def touch(self, name):
        self.touched.add(name)

    # ---- Deferreds

    def new_deferred(self, canceller=None):
        return Deferred(canceller)

    def put(self, slot, d, promise=NO_PROMISE):
        """Gives a variable its Deferred, which another one may have already."""
        is_new = not hasattr(d, "slot")
        if is_new:
            self.adopt(d)
            self.made.append(d)
            d.slot = slot
            d.held = 0
            d.promise = promise
            d.in_step = 0
            d.cancelling = d.goes_on = d.may_decide = False
        if self.promises[slot] is not None:
            if not d.held:
                self.let_go(d)
            return
        self.promises[slot] = d if is_new else NoPromise
        self.slots[slot] = d
        d.held += 1

    def adopt(self, d):
        pass

    def get_clock(self):
        if self.clock is None:
            self.clock = Clock()
        return self.clock

    # ---- steps, functions and cancellers

    def run_nodes(self, nodes):
        operations = self.operations
        for i in range(len(nodes) - 1):
            node = nodes[i]
            operations[node[0]](self, node)
        return nodes[-1]

    def step(self, result, d, block):
        self.events.append(f"{block.number}:{describe(result)}")
        d.in_step += 1
        node = self.run_nodes(block.nodes)
        d.in_step -= 1
        out = self.outcomes[node[0]](self, node, result)
        if isinstance(out, Deferred):
            return self.leave_with(d, out)
        left = self.leave(d, out)
        if left is out and node[0] == "raise" and node[1] % 2:
            raise Problem(f"f{node[1]}")
        return left

    def function(self, block):
        self.events.append(f"{block.number}:call")
        node = self.run_nodes(block.nodes)
        return self.outcomes[node[0]](self, node, None)

    def run_canceller(self, d, block):
        self.events.append(f"{block.number}:cancel")
        d.cancelling = True
        d.may_decide = d.promise == MOVED
        answer = self.run_nodes(block.nodes)[0]
        d.cancelling = d.may_decide = False
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

    def outcome_pass(self, node, result):
        return result

    def outcome_none(self, node, result):
        return None

    def outcome_return(self, node, result):
        return node[1]

    def outcome_raise(self, node, result):
        return FAILURES[node[1]]

    def outcome_raise_cancelled(self, node, result):
        return CANCELLED

    def outcome_give(self, node, result):
        return self.slots[node[1]]

    def outcome_hand(self, node, result):
        inner = self.slots[node[1]]
        if inner is not None:
            self.slots[node[1]] = None
            inner.held -= 1
        return inner

    # ---- operations

    def op_make(self, node):
        if self.promises[node[1]] is None:
            self.put(node[1], self.new_deferred(), GOOD)

    def op_cancellable(self, node):
        if self.promises[node[1]] is None:
            block = node[2]
            self.put(node[1], self.new_deferred(lambda d: self.run_canceller(d, block)), GOOD)

    def op_succeed(self, node):
        if self.promises[node[1]] is None:
            self.put(node[1], succeed(node[2]))

    def op_failed(self, node):
        if self.promises[node[1]] is None:
            self.put(node[1], fail(FAILURES[node[2]]))

    def op_succeed_with(self, node):
        inner = self.slots[node[2]]
        if inner is not None and self.promises[node[1]] is None:
            d = self.new_deferred()
            self.put(node[1], d)
            self.touch("16")
            self.resolve_with(d, inner)

    def op_maybe(self, node):
        if self.promises[node[1]] is None:
            self.put(node[1], maybeDeferred(self.function, node[2]))

    def op_callback(self, node):
        d = self.slots[node[1]]
        if d is not None:
            self.add(d, self.step, None, node[2], None)

    def op_errback(self, node):
        d = self.slots[node[1]]
        if d is not None:
            self.add(d, None, self.step, None, node[2])

    def op_both(self, node):
        d = self.slots[node[1]]
        if d is not None:
            self.add(d, self.step, self.step, node[2], node[2])

    def op_pair(self, node):
        d = self.slots[node[1]]
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
        self.fire(self.promises[node[1]], node[2])

    def op_fail(self, node):
        self.fire(self.promises[node[1]], FAILURES[node[2]])

    def can_be_fired(self, d):
        """May the program resolve it? Notes that the promise has ended."""
        if d is None:
            return False
        if d.promise == MOVED:
            may_decide, d.may_decide = d.may_decide, False
            return may_decide
        if d.promise != GOOD and (d.promise != ENDED or self.slots[d.slot] is not d):
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
        inner = self.slots[node[2]]
        if inner is None:
            return
        d = self.promises[node[1]]
        if d is not None and d.called:
            self.fire(d, None)
        elif self.can_be_fired(d):
            self.touch("16")
            self.resolve_with(d, inner)

    def resolve_with(self, d, inner):
        pass

    def op_abandon(self, node):
        d = self.promises[node[1]]
        if d is None or d.promise != GOOD and not d.may_decide:
            return
        if d.called and d.goes_on:
            self.touch("33")
        d.may_decide = False
        if d.promise == GOOD:
            d.promise = ENDED
        if d.called or not d.cancelling:
            d.errback(ABANDONED)

    def op_cancel(self, node):
        d = self.slots[node[1]]
        if d is not None and not self.cancel(d):
            self.events.append("late")

    def cancel(self, d):
        """Cancels, and says whether that came in time."""
        in_time = can_be_cancelled(d)
        d.cancel()
        return in_time

    def op_pause(self, node):
        d = self.slots[node[1]]
        if d is not None:
            self.pause(d)

    def pause(self, d):
        if d._runningCallbacks and not d.in_step:
            self.touch("22")
        d.pause()

    def op_unpause(self, node):
        d = self.slots[node[1]]
        if d is not None:
            self.unpause(d)

    def unpause(self, d):
        d.unpause()

    def op_chain(self, node):
        d = self.slots[node[1]]
        target = self.promises[node[2]]
        if d is not None and target is not None and target.promise == GOOD:
            target.promise = MOVED
            self.chain(d, target)

    def chain(self, d, target):
        d.chainDeferred(target)

    def op_drop(self, node):
        d = self.slots[node[1]]
        if d is not None:
            self.slots[node[1]] = None
            d.held -= 1
            if not d.held:
                self.let_go(d)

    def let_go(self, d):
        pass

    # ---- many

    def inputs(self, slots):
        return [self.slots[slot] for slot in slots if self.slots[slot] is not None]

    def op_list(self, node):
        slot, flags = node[1:3]
        if self.promises[slot] is None:
            inputs = self.inputs(node[3:])
            if flags % 3 == 1 and not inputs:
                self.touch("53")
            self.make_list(slot, flags, inputs)

    def make_list(self, slot, flags, inputs):
        if len(set(inputs)) < len(inputs):
            self.touch("59")
        self.put(slot, new_list(inputs, flags, True))

    def op_race(self, node):
        if self.promises[node[1]] is None:
            inputs = self.inputs(node[2:])
            if not inputs:
                self.touch("53")
            self.make_race(node[1], inputs)

    def make_race(self, slot, inputs):
        if len(set(inputs)) < len(inputs):
            self.touch("59")
        self.put(slot, race(inputs))

    # ---- time

    def op_sleep(self, node):
        if self.promises[node[1]] is None:
            self.put(node[1], deferLater(self.get_clock(), node[2]))

    def op_later(self, node):
        if self.promises[node[1]] is None:
            self.call_later(*node[1:])

    def call_later(self, slot, delay, block):
        self.put(slot, deferLater(self.get_clock(), delay, self.function, block))

    def op_timeout(self, node):
        d = self.slots[node[1]]
        if d is not None:
            self.add_timeout(d, node[2])

    def add_timeout(self, d, delay):
        if d._runningCallbacks and not d.in_step:
            self.touch("22")
        d.addTimeout(delay, self.get_clock())

    def op_timeout_with(self, node):
        d = self.slots[node[1]]
        if d is not None:
            block = node[3]
            self.add_timeout_with(d, node[2], lambda result, delay: self.step(result, d, block))

    def add_timeout_with(self, d, delay, on_timeout):
        if d._runningCallbacks and not d.in_step:
            self.touch("22")
        d.addTimeout(delay, self.get_clock(), on_timeout)

    def op_advance(self, node):
        if not self.advancing:
            self.advancing = True
            self.advance(node[1])
            self.advancing = False

    def advance(self, seconds):
        self.get_clock().advance(seconds)

    # ---- the end

    def state(self, d):
        """In a word, and what it has ended with."""
        if not d.called:
            return "waiting" if hasattr(d, "inputs") or isinstance(d, DeferredList) else "pending", None
        if isinstance(d.result, Deferred):
            return "waiting", None
        if d.paused:
            return "paused", d.result
        return describe(d.result), None

    def show_end(self):
        events = self.events
        events.append("end")
        for slot, d in enumerate(self.slots):
            if d is not None:
                state, result = self.state(d)
                events.append(f"{slot}:{state}")
                self.note_unhandled(d, result)
        for d in self.made:
            if d._debugInfo is not None:
                # what Twisted would log when d is collected
                self.note_unhandled(d, d._debugInfo.failResult)
                d._debugInfo.failResult = None
        events.append("unhandled")
        events.extend(map(str, sorted(self.reported)))

    def note_unhandled(self, d, result):
        if isinstance(result, Failure):
            if is_cancelled(result):
                self.touch("19")
            else:
                self.reported.add(d.slot)

    operations = {}
    outcomes = {}


def new_list(inputs, flags, consumes):
    if flags % 3 == 2 and flags > 5:
        return gatherResults(inputs, consumeErrors=consumes)
    return DeferredList(
        inputs, fireOnOneCallback=flags % 3 == 1, fireOnOneErrback=flags % 3 == 2, consumeErrors=consumes
    )


def race(inputs):
    """As race() of Twisted 24.7; Debian's 22.4 has none. The winner's result comes before its place, as in lists."""
    winners = []
    failures = []

    def cancel(final):
        for d in inputs:
            d.cancel()

    def succeeded(result, index):
        if not winners:
            winners.append(inputs[index])
            for d in inputs:
                if d is not inputs[index]:
                    d.cancel()
            final.callback((result, index))

    def failed(failure, index):
        failures.append((index, failure))
        if len(failures) == len(inputs):
            failures.sort(key=lambda pair: pair[0])
            final.errback(Failure(Group([failure for _, failure in failures])))

    final = Deferred(cancel)
    final.inputs = inputs
    for index, d in enumerate(inputs):
        d.addCallbacks(succeeded, failed, (index,), None, (index,))
    return final


def can_be_cancelled(d):
    """Would cancelling it come in time?"""
    while is_waiting(d):
        d = d.result
    if d.called:
        return False
    if isinstance(d, DeferredList):
        return any(
            can_be_cancelled(inner) for inner, result in zip(d._deferredList, d.resultList) if result is None
        )
    if hasattr(d, "inputs"):
        return any(can_be_cancelled(inner) for inner in d.inputs)
    return not getattr(d, "cancelling", False)


for name in dir(Untouched):
    if name.startswith("op_"):
        Untouched.operations[name[3:]] = getattr(Untouched, name)
    elif name.startswith("outcome_"):
        Untouched.outcomes[name[8:]] = getattr(Untouched, name)
