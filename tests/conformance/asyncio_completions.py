# SPDX-License-Identifier: BSD-3-Clause
"""as_completed as hence has it: what was given to somebody who is never told of it goes back."""

import collections
import functools
import itertools

from asyncio_futures import Watched
from asyncio_loop import Completion, Problem
from asyncio_operations import without_duplicates


class Entry(Completion):
    """A completion, and what becomes of it."""

    order = 0  # in which it was given, from 1
    is_told = False  # to the program
    was_left = False  # it has come back

    def __init__(self, index, f):
        super().__init__(index)
        self.future = f


def completions_of(f):
    """What a Future that is done has of them, also in a list."""
    if not f.done() or f.cancelled() or f._exception is not None:
        return
    results = [f._result]
    for result in results:
        if type(result) is list:
            results.extend(result)
        elif type(result) is Entry:
            yield result


class Asking(Watched):
    """One who asks for the next one that is done."""

    queue = None
    given = None  # an entry

    def cancel(self, msg=None):
        if not super().cancel():
            return False
        if self in self.queue.asking:
            self.queue.asking.remove(self)
            self.queue.program.touch("106-left")
        return True


class CompletionQueue:
    """hence's queue of completions."""

    def __init__(self, program, inputs, limit):
        self.program = program
        self.done = collections.deque()
        self.lent = []  # what was given, and the program has not been told of
        self.returned = []  # what has come back
        self.given = 0
        self.asking = collections.deque()
        self.beginning = None  # who has just asked, and is not held by anybody yet
        self.is_serving = False
        self.listening = []
        self.pending = 0
        self.timer = None
        self.is_over = self.has_ended = False
        self.asked = []
        self.entries = [Entry(index, f) for index, f in without_duplicates(inputs)]
        self.inputs = self.size = len(self.entries)
        self.begun = 0
        for entry in self.entries:
            if entry.future.done():
                program.touch("106")
                self.done.append(entry)
            else:
                self.pending += 1
                told = functools.partial(self.told, entry)
                self.listening.append((entry.future, told))
                entry.future.add_done_callback(told)
        if self.pending and limit is not None:
            self.timer = program.loop.call_later(limit, self.time_is_over)

    def told(self, entry, _):
        if self.has_ended:
            return
        if self.is_over:
            self.program.touch("107")
        self.pending -= 1
        self.done.append(entry)
        if not self.pending and self.timer is not None:
            self.timer.cancel()
        self.serve()

    def time_is_over(self):
        self.is_over = True
        self.serve()

    def next(self):
        asking = Asking(loop=self.program.loop)
        asking.queue = self
        self.begun += 1
        if self.is_over and self.begun > self.inputs:
            self.program.touch("107")
        if self.has_ended:
            asking.cancel()
            return asking
        self.asking.append(asking)
        self.beginning = asking
        self.serve()
        self.beginning = None
        return asking

    def serve(self):
        if self.is_serving:
            return
        self.is_serving = True
        while self.asking:
            if self.returned or self.done:
                self.size -= 1
                self.give(self.asking.popleft(), self.returned.pop(0) if self.returned else self.done.popleft())
            elif len(self.asking) > self.size:
                self.asking.pop().set_exception(Problem("end"))
            elif self.is_over:
                self.asking.popleft().set_exception(TimeoutError())
            else:
                break
        self.is_serving = False

    def give(self, asking, entry):
        if entry.was_left:
            self.program.touch("106-back")
        self.given += 1
        entry.order = self.given
        asking.given = entry
        self.lent.append(entry)
        asking.set_result(entry)
        self.take_back()

    # ---- what comes back

    def take_back(self):
        """Takes what the program was not told of, and cannot be any more."""
        self.lent = [entry for entry in self.lent if not entry.is_told]
        while entry := next((entry for entry in self.lent if not self.is_within_reach(entry)), None):
            entry.was_left = True
            self.put_back(entry)

    def is_within_reach(self, entry):
        """Does a Future have it that somebody holds?"""
        alive = itertools.chain(self.program.alive(), [self.beginning] if self.beginning else [])
        if any(entry in completions_of(f) for f in alive):
            return True
        return any(entry in completions_of(other.future) and not self.is_gone(other) for other in self.entries)

    def is_gone(self, entry):
        """Has nobody kept it who was told of it? Otherwise it holds its Future."""
        return entry.is_told and not self.is_within_reach(entry)

    def put_back(self, entry):
        self.lent.remove(entry)
        if self.has_ended:
            return
        self.size += 1
        self.returned.append(entry)
        self.returned.sort(key=lambda one: one.order)
        self.serve()

    def give_back(self, asking):
        """A task was cancelled before it was told of what it has been given."""
        if not self.has_ended:
            self.program.touch("106-left")
            self.put_back(asking.given)

    def end(self):
        self.has_ended = True
        self.lent.clear()
        if self.timer is not None:
            self.timer.cancel()
        if self.pending or not all(task.done() for task in self.asked):
            self.program.touch("108")
        for f, told in self.listening:
            f.remove_done_callback(told)
        while self.asking:
            self.asking[0].cancel()
