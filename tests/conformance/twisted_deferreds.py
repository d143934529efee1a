# SPDX-License-Identifier: BSD-3-Clause
"""Twisted's Deferreds, lists and races, as hence has them."""

from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure
from twisted_operations import ABANDONED, DEADLOCK, TAKEN, Group, is_waiting


class Watched(Deferred):
    """A Deferred, and what must be known of it."""

    program = None
    held = 1
    taken = False  # its result went to a consumer, or will go there
    consumer = None  # who waits for it
    feeds = False  # the consumer is a promise, a list or a race
    pauses = 0  # of the program, while it runs or waits
    paused_when_given = None
    gate = None  # what it waits for until it is unpaused
    kept = None  # the result that it is to have then
    looks_paused = False
    cancelling = goes_on = False
    calling = False  # what was to be called later runs
    has_outcome = False  # a list or race whose outcome is to be given now
    has_winner = False  # a race that is decided

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
            return
        if not self.called:
            self.program.in_time = True
        if self.calling:
            self.program.touch("73")
        Deferred.cancel(self)
        if not self.held:
            self.program.let_go(self)


class Gate(Watched):
    cancelling = True  # there is nothing to cancel

    def cancel(self):
        pass


class Many(Watched):
    """A list or a race. Its outcome is noted, and given by served()."""

    is_cancelling = 0  # or how many blocks of the program had begun then
    is_in_circle = False
    outcome = late_outcome = None

    def decide(self, outcome):
        self.called = self.has_outcome = True
        self.result = None
        self.outcome = outcome

    def give_at_once(self):
        self.called = self.has_outcome = False
        Deferred.callback(self, self.outcome)

    def cancel(self):
        if self.called:
            if is_waiting(self):
                self.program.touch("58")
            Watched.cancel(self)
        elif self.is_cancelling == self.program.blocks_begun:
            self.is_in_circle = self.program.circle_was_found = True  # it waits for itself
        elif self.is_cancelling:
            self.program.touch("58")
        else:
            self.is_cancelling = self.program.blocks_begun
            self.cancel_inputs()
            self.is_cancelling = 0
            if self.is_in_circle and not self.called:
                self.program.touch("26")
                self.has_winner = True
                self.late_outcome = None
                Many.decide(self, DEADLOCK)
                self.give_at_once()
            elif not self.called and self.late_outcome is None and self.depends_on_itself():
                self.program.touch("26")
                self.break_circle()
                if self.has_outcome:
                    self.give_at_once()

    def depends_on_itself(self):
        """Has it come down to one input, which waits for it?"""
        if not decides_by_one(self):
            return False
        left = {d for i, d in enumerate(self.inputs) if not self.has_ended(i)}
        return len(left) == 1 and leads_to(self, left.pop())

    def break_circle(self):
        self.has_winner = True
        self.decide(DEADLOCK)

    def cancel_inputs(self):
        inputs = self.inputs
        for i, d in enumerate(inputs):
            if self.has_ended(i):
                if is_waiting(d):
                    self.program.touch("58")
            elif d not in inputs[:i] and (d.consumer is self or not d.taken):
                d.cancel()


class WatchedList(Many, DeferredList):
    def callback(self, result):
        self.decide(result)

    def errback(self, failure):
        self.decide(failure)

    def has_ended(self, i):
        return self.resultList[i] is not None


class Race(Many):
    is_cancelled = False
    late_outcome = None

    def __init__(self, inputs):
        Deferred.__init__(self)
        self.inputs = inputs
        self.failures = [None] * len(inputs)
        self.succeeded = [False] * len(inputs)

    def begin(self):
        inputs = self.inputs
        for i, d in enumerate(inputs):
            if d.consumer is self or self.has_ended(i):
                continue
            if d.taken:
                self.program.touch("20")
                self.on_error(TAKEN, i)
                continue
            d.taken = True
            places = [j for j, other in enumerate(inputs) if other is d]
            if d.called and not d.paused and not d._runningCallbacks:
                result = self.steal(d)
                for j in places:
                    (self.on_error if isinstance(result, Failure) else self.on_value)(result, j)
                continue
            d.feeds = True
            d.consumer = self
            for j in places:
                d.addCallbacks(self.on_value, self.on_error, (j,), None, (j,))
            d.addBoth(self.program.served, d, self)
        if not inputs:
            self.decide(ABANDONED)
        if self.has_outcome:
            self.give_at_once()

    def steal(self, d):
        """As Twisted does it when a step returns one that has its result."""
        result, d.result = d.result, None
        self.program.note_passed(result, d)
        if d._debugInfo is not None:
            d._debugInfo.failResult = None
        return result

    def on_value(self, result, i):
        self.succeeded[i] = True
        if not self.has_winner:
            self.has_winner = True
            self.cancel_rest()
            self.decide((result, i))
        return result

    def on_error(self, failure, i):
        self.failures[i] = failure
        if all(self.failures) and not self.has_winner:
            self.decide(Failure(Group(self.failures)))
        return failure

    def has_ended(self, i):
        return self.succeeded[i] or self.failures[i] is not None

    def break_circle(self):
        self.has_winner = True
        self.decide(Failure(Group([failure or DEADLOCK for failure in self.failures])))

    def cancel_rest(self):
        in_time = self.program.in_time
        if not self.is_cancelling:
            self.is_cancelling = -1
            self.cancel_inputs()
            self.is_cancelling = 0
        self.program.in_time = in_time

    def cancel(self):
        if self.called or self.is_cancelling:
            Many.cancel(self)
            return
        self.program.touch("61")
        self.is_cancelled = True
        Many.cancel(self)
        self.is_cancelled = False
        if self.late_outcome is not None:
            self.decide(self.late_outcome)
            self.give_at_once()

    def decide(self, outcome):
        if self.is_cancelled:
            self.late_outcome = outcome
        else:
            Many.decide(self, outcome)


def hidden(fn, *args):
    """A step, as Twisted keeps them."""
    return (fn, args, {}), (fn, args, {})


def is_paused(d):
    """Has it a result, and is it held by pauses?"""
    if d.gate is not None:
        return True
    return d.called and d.paused and not d._runningCallbacks and not isinstance(d.result, Deferred)


def decides_by_one(d):
    """Is it one that the first value decides?"""
    return isinstance(d, Race) or getattr(d, "fireOnOneCallback", False)


def can_do_without_one(d):
    """And are there several that may give it?"""
    if not decides_by_one(d):
        return False
    return sum(getattr(inner, "feeds", False) and inner.consumer is d for inner in set(d.inputs)) > 1


def leads_to(d, other):
    """Will what d gives arrive at other?"""
    while d is not None:
        if d is other:
            return True
        if d.feeds and (d.consumer.called or d.consumer.has_winner or can_do_without_one(d.consumer)):
            return False
        d = d.consumer
    return False
