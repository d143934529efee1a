# SPDX-License-Identifier: BSD-3-Clause
"""asyncio's locks, semaphores, events, conditions, barriers and queues: as they are, in tasks that begin at once,
and as hence has them.

A task that begins at once is a coroutine that is driven up to its first wait by whoever makes it, as those of Python
3.12's eager factory are; otherwise it is one like any other.
"""

import asyncio
import collections
import heapq
import sys
from asyncio import events

from sync_twisted import Holds

sys.unraisablehook = lambda _: None  # of those who still wait when a program ends


class Loop(asyncio.AbstractEventLoop):
    """Callbacks in the order in which they were asked for, and nothing else."""

    def __init__(self):
        self.ready = collections.deque()

    def call_soon(self, callback, *args, context=None):
        self.ready.append((callback, args))

    def create_future(self):
        return asyncio.Future(loop=self)

    def get_debug(self):
        return False

    def call_exception_handler(self, context):
        raise RuntimeError(context)

    def settle(self):
        while self.ready:
            callback, args = self.ready.popleft()
            callback(*args)

    def __enter__(self):
        events._set_running_loop(self)

    def __exit__(self, *_):
        events._set_running_loop(None)


class Task:
    """A coroutine that begins at once. `told` gets what it returns, or the exception."""

    def __init__(self, coroutine, told):
        self.coroutine = coroutine
        self.told = told
        self.waits_for = None
        self.must_cancel = False

    def step(self, _):
        try:
            if self.must_cancel:
                self.must_cancel = False
                f = self.coroutine.throw(asyncio.CancelledError())
            else:
                f = self.coroutine.send(None)
        except StopIteration as end:
            self.told(end.value)
            return
        except (Exception, asyncio.CancelledError) as problem:
            self.told(problem)
            return
        f._asyncio_future_blocking = False
        self.waits_for = f
        f.add_done_callback(self.step)
        if self.must_cancel and f.cancel():
            self.must_cancel = False

    def cancel(self):
        if not self.waits_for.cancel():
            self.must_cancel = True


def describe(value):
    if isinstance(value, asyncio.CancelledError):
        return "cancelled"
    if isinstance(value, asyncio.BrokenBarrierError):
        return "broken"
    if isinstance(value, Exception):
        return "python:" + repr(value).replace(" ", "-")
    return None


# ---- as it is

ITSELF = object()


class Untouched:
    def __init__(self, program, of):
        self.program = program
        self.of = of

    def start(self, asker, coroutine, gives=None):
        """`gives`: what the asker is told when it succeeds; ITSELF: what the coroutine returns."""

        def told(result):
            if isinstance(result, BaseException):
                asker.told(describe(result))
            else:
                asker.told(result if gives is ITSELF else gives)

        asker.task = Task(coroutine, told)
        asker.task.step(None)

    def cancel(self, asker):
        asker.task.cancel()


class Gate(Untouched):
    def ask(self, asker):
        self.start(asker, self.of.acquire(), Holds)

    def release(self):
        self.of.release()


class Flag(Untouched):
    def ask(self, asker):
        self.start(asker, self.of.wait())

    def tell(self, v):
        if v % 3:
            self.of.set()
        else:
            self.of.clear()


class Condition(Untouched):
    def ask(self, asker):
        if asker.holds:
            self.start(asker, self.of.wait())
        else:
            self.start(asker, self.of.acquire(), Holds)

    def release(self):
        self.of.release()

    def notify(self, n):
        self.of.notify(n)


class Meeting(Untouched):
    def ask(self, asker):
        self.start(asker, self.of.wait(), ITSELF)

    def tell(self, v):
        if v < 2:
            Task(self.of.abort() if v else self.of.reset(), lambda result: None).step(None)


class Items(Untouched):
    def ask(self, asker):
        self.start(asker, self.of.get(), ITSELF)

    def give(self, asker, v):
        self.start(asker, self.of.put(v))

    def join(self, asker):
        self.start(asker, self.of.join())

    def put(self, v):
        try:
            self.of.put_nowait(v)
        except asyncio.QueueFull:
            return "full"
        return None

    def take(self):
        try:
            return self.of.get_nowait()
        except asyncio.QueueEmpty:
            return None

    def done(self):
        try:
            self.of.task_done()
        except ValueError:
            return "refused"
        return None


def make_untouched(program, word, v):
    bound = v % 3
    if word == "async_lock":
        return Gate(program, asyncio.Lock())
    if word == "async_semaphore":
        return Gate(program, (asyncio.Semaphore if v % 2 else asyncio.BoundedSemaphore)(1 + v % 3))
    if word == "event":
        return Flag(program, asyncio.Event())
    if word == "condition":
        return Condition(program, asyncio.Condition())
    if word == "barrier":
        return Meeting(program, asyncio.Barrier(1 + v % 4))
    kinds = {"async_queue": asyncio.Queue, "lifo": asyncio.LifoQueue, "priority": asyncio.PriorityQueue}
    return Items(program, kinds[word](bound))


# ---- as hence has it: who is served has what it asked for at once, and is told through the loop


class Modelled:
    def __init__(self, program):
        self.program = program
        self.on_their_way = 0  # who have it, and have not been told
        self.leaving = 0  # who were cancelled in this turn

    def wait_in(self, row, asker, *more):
        asker.row = row
        asker.more = more
        asker.is_served = False
        row.append(asker)

    def serve(self, asker, result):
        asker.is_served = True
        self.on_their_way += 1

        def tell():
            self.on_their_way -= 1
            asker.told(result)

        self.program.loop.call_soon(tell)

    def cancel(self, asker):
        if asker.is_served:
            self.program.touch("late")
            return "late"
        asker.row.remove(asker)
        asker.is_served = True
        self.leaving += 1

        def tell():
            self.leaving -= 1
            asker.told("cancelled")

        self.program.loop.call_soon(tell)
        self.cancelled(asker)
        return None

    def cancelled(self, asker):
        pass

    def somebody_is_on_the_way(self, name):
        if self.on_their_way:
            self.program.touch(name)


class ModelledGate(Modelled):
    def __init__(self, program, tokens, is_lock=False):
        super().__init__(program)
        self.tokens = tokens
        self.is_lock = is_lock
        self.waiting = []

    def ask(self, asker):
        if self.tokens:
            self.somebody_is_on_the_way("154")
        if self.tokens and not self.waiting:
            self.tokens -= 1
            asker.told(Holds)
        else:
            self.wait_in(self.waiting, asker)

    def release(self):
        if self.is_lock and self.leaving:
            self.program.touch("153")
        self.tokens += 1
        while self.tokens and self.waiting:
            self.tokens -= 1
            self.serve(self.waiting.pop(0), Holds)


class ModelledFlag(Modelled):
    def __init__(self, program):
        super().__init__(program)
        self.waiting = []
        self.is_set = False

    def ask(self, asker):
        if self.is_set:
            asker.told(None)
        else:
            self.wait_in(self.waiting, asker)

    def tell(self, v):
        self.is_set = v % 3 != 0
        while self.is_set and self.waiting:
            self.serve(self.waiting.pop(0), None)


class ModelledCondition(Modelled):
    """Those who wait, and the row of the lock, in which those stand who were notified or cancelled."""

    def __init__(self, program):
        super().__init__(program)
        self.is_locked = False
        self.row = []
        self.waiting = []
        self.moving = 0  # who were moved into the lock's row in this turn

    def ask(self, asker):
        if self.moving:
            self.program.touch("157")
        if asker.holds:
            self.wait_in(self.waiting, asker)
            asker.outcome = None
            self.release()
        elif self.is_locked or self.row:
            self.wait_in(self.row, asker)
            asker.outcome = Holds
        else:
            self.is_locked = True
            asker.told(Holds)

    def release(self):
        if self.leaving:
            self.program.touch("153")
        if self.moving:
            self.program.touch("157")
        self.is_locked = False
        self.let_in()

    def let_in(self):
        if not self.is_locked and self.row:
            self.is_locked = True
            asker = self.row.pop(0)
            self.serve(asker, asker.outcome)

    def move(self, asker, outcome):
        asker.outcome = outcome
        asker.row = self.row
        self.row.append(asker)
        self.moving += 1

        def has_moved():
            self.moving -= 1

        self.program.loop.call_soon(has_moved)

    def notify(self, n):
        while n and self.waiting:
            self.move(self.waiting.pop(0), None)
            n -= 1
        self.let_in()

    def cancel(self, asker):
        if asker.is_served or asker.outcome == "cancelled":
            self.program.touch("late")
            return "late"
        if asker.row is self.waiting:
            self.waiting.remove(asker)
            self.move(asker, "cancelled")
            self.let_in()
            return None
        if asker.outcome is Holds:
            return super().cancel(asker)
        self.program.touch("157-notified")
        asker.outcome = "cancelled"
        self.notify(1)
        return None


class ModelledMeeting(Modelled):
    def __init__(self, program, parties):
        super().__init__(program)
        self.parties = parties
        self.waiting = []
        self.is_broken = False

    def ask(self, asker):
        self.somebody_is_on_the_way("158")
        if self.is_broken:
            asker.told("broken")
        elif len(self.waiting) + 1 < self.parties:
            self.wait_in(self.waiting, asker)
        else:
            for i, other in enumerate(self.waiting):
                self.serve(other, i)
            self.waiting.clear()
            asker.told(self.parties - 1)

    def tell(self, v):
        if v > 1:
            return
        self.somebody_is_on_the_way("158")
        self.is_broken = v == 1
        for other in self.waiting:
            self.serve(other, "broken")
        self.waiting.clear()

    def cancelled(self, asker):
        self.program.touch("158-place")


class ModelledItems(Modelled):
    def __init__(self, program, word, bound):
        super().__init__(program)
        self.word = word
        self.bound = bound or 1 << 30
        self.items = []
        self.order = 0
        self.getters = []
        self.putters = []
        self.joiners = []
        self.unfinished = 0

    def touched(self):
        self.somebody_is_on_the_way("159")

    def push(self, v):
        self.unfinished += 1
        if self.word == "priority":
            self.order += 1
            heapq.heappush(self.items, (v, self.order))
        else:
            self.items.append((v, 0))
        if self.getters:
            self.serve(self.getters.pop(0), self.pop())

    def pop(self):
        if self.word == "priority":
            v = heapq.heappop(self.items)[0]
        else:
            v = self.items.pop(-1 if self.word == "lifo" else 0)[0]
        if self.putters:
            putter = self.putters.pop(0)
            self.serve(putter, None)
            self.push(putter.more[0])
        return v

    def ask(self, asker):
        self.touched()
        if self.items:
            asker.told(self.pop())
        else:
            self.wait_in(self.getters, asker)

    def give(self, asker, v):
        self.touched()
        if len(self.items) < self.bound:
            self.push(v)
            asker.told(None)
        else:
            self.wait_in(self.putters, asker, v)

    def put(self, v):
        self.touched()
        if len(self.items) >= self.bound:
            return "full"
        self.push(v)
        return None

    def take(self):
        self.touched()
        return self.pop() if self.items else None

    def join(self, asker):
        self.touched()
        if self.unfinished:
            self.wait_in(self.joiners, asker)
        else:
            asker.told(None)

    def done(self):
        self.touched()
        if not self.unfinished:
            return "refused"
        self.unfinished -= 1
        if not self.unfinished:
            for joiner in self.joiners:
                self.serve(joiner, None)
            self.joiners.clear()
        return None


def make_modelled(program, word, v):
    if word == "async_lock":
        return ModelledGate(program, 1, True)
    if word == "async_semaphore":
        return ModelledGate(program, 1 + v % 3)
    if word == "event":
        return ModelledFlag(program)
    if word == "condition":
        return ModelledCondition(program)
    if word == "barrier":
        return ModelledMeeting(program, 1 + v % 4)
    return ModelledItems(program, word, v % 3)


def make(program, word, v):
    return make_modelled(program, word, v) if program.is_modelled else make_untouched(program, word, v)
