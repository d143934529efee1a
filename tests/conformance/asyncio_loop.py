# SPDX-License-Identifier: BSD-3-Clause
"""Values, failures, and asyncio's loop, whose clock jumps: it goes turn by turn, as turns.c does."""

import asyncio
import functools
from asyncio import base_events, events, futures
from asyncio.events import Handle


class Problem(Exception):
    """A failure that has a name of its own."""

    def __init__(self, label):
        self.label = label


class Completion:
    """What as_completed gives: which one is done."""

    def __init__(self, index):
        self.index = index


def describe(result):
    if type(result) is int:
        return str(result)
    if result is None:
        return "none"
    if isinstance(result, Problem):
        return result.label
    if isinstance(result, asyncio.CancelledError):
        return "cancelled"
    if isinstance(result, TimeoutError):
        return "timeout"
    if isinstance(result, ValueError):
        return "invalid"
    if isinstance(result, list):
        return f"[{','.join(map(describe, result))}]"
    if isinstance(result, Completion):
        return f"at{result.index}"
    return f"python:{result!r}".replace(" ", "-")


def peek(f):
    """What a Future has ended with, without looking at it."""
    if f.cancelled():
        return "cancelled"
    return describe(f._result if f._exception is None else f._exception)


def look(f):
    if not f.done():
        return "pending"
    if f.cancelled():
        return "cancelled"
    problem = f.exception()
    return describe(f.result() if problem is None else problem)


# ---- the loop


class Timer(events.TimerHandle):
    """A timer that knows how many came before it."""

    __slots__ = ("order",)

    def __init__(self, when, callback, args, loop, context=None):
        super().__init__(when, callback, args, loop, context)
        loop.timers += 1
        self.order = loop.timers

    def _run(self):
        for other in self._loop._ready:
            if type(other) is Timer and other._when == self._when and other.order < self.order:
                self._loop.program.touch("13")
        super()._run()


class Watched:
    """Tells when it has run, and while it does what it was given."""

    __slots__ = ()

    def _run(self):
        loop = self._loop
        loop.running.append(self)
        super()._run()
        loop.running.pop()
        loop.program.take_back()


class WatchedHandle(Watched, Handle):
    __slots__ = ()


class OrderedTimer(Watched, Timer):
    __slots__ = ()

    def __lt__(self, other):
        return (self._when, self.order) < (other._when, other.order)


def is_of_model(callback):
    """Is it there to see what others do?"""
    if type(callback) is Notice:
        return True
    return isinstance(callback, functools.partial) and callback.func.__name__ == "look_for_gather"


def is_bookkeeping(callback):
    """Is it a callback of asyncio's own that does nothing, now that it is asked to be called?"""
    if is_of_model(callback):
        return True
    name = getattr(callback, "__name__", None)
    if name == "_on_completion":  # of wait
        return is_done("waiter", callback)
    if name in ("_done_callback", "_inner_done_callback"):  # of gather, of shield
        return is_done("outer", callback)
    return name in ("_outer_done_callback", "_call_check_cancel")  # of shield, of _chain_future


def is_done(name, function):
    """Is the Future that a function inside of another one calls by this name done?"""
    f = function.__closure__[function.__code__.co_freevars.index(name)].cell_contents
    return f is not None and f.done()


class Notice:
    """A callback that is there to see what the next one is going to do."""

    def __init__(self, function, *arguments):
        self.function = function
        self.arguments = arguments

    def __call__(self, f):
        self.function(f, *self.arguments)


class Loop(base_events.BaseEventLoop):
    """asyncio's loop with a clock that jumps when there is nothing to do, instead of waiting."""

    def __init__(self, program):
        super().__init__()
        self._selector = self
        self.program = program
        self.now = 0.0
        self.timers = 0
        self.bookkeeping = set()
        self.running = []  # handles, one inside the other
        self.set_exception_handler(program.handle_exception)

    def time(self):
        return self.now

    def select(self, timeout):
        if timeout:
            self.now += timeout
        return ()

    def _process_events(self, event_list):
        pass

    def call_soon(self, callback, *args, context=None):
        handle = super().call_soon(callback, *args, context=context)
        if is_bookkeeping(callback):
            self.bookkeeping.add(handle)
        return handle

    def take_turn(self):
        """False if nothing waits any more. A turn that has only bookkeeping to do is not counted."""
        while self._ready and self.bookkeeping.issuperset(self._ready):
            self._ready.popleft()._run()
        if not self._ready and all(timer._cancelled for timer in self._scheduled):
            return False
        self._run_once()
        return True

    def futures_to_tell(self):
        """Those that are done and have not told all yet who wait for them."""
        for handle in (*self.running, *self._ready):
            if not handle._cancelled and not is_of_model(handle._callback):
                yield from filter(futures.isfuture, handle._args)

    def end(self):
        """What is left of it may be collected later, and does nothing then."""
        self._ready.clear()
        self._scheduled.clear()
        self.call_soon = lambda *_, **__: None
        self._closed = True
