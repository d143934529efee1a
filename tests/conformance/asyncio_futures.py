# SPDX-License-Identifier: BSD-3-Clause
"""asyncio's Futures, tasks and combinators, as hence has them.

The functions of asyncio (gather, wait, wait_for, shield, sleep) run here too. What is put on top are Futures that
tell their producer of a cancellation, timers with an order, and combinators that begin and wake up at once, inside
the tasks that asyncio runs them in or, in programs that say "direct", without tasks.
"""

import asyncio
import sys
from asyncio import futures, tasks

from asyncio_loop import Loop, Problem


class Looks:
    """A Future that asyncio's functions do not look at where hence's do not."""

    def exception(self):
        caller = sys._getframe(1)
        name = caller.f_code.co_name
        if name == "_on_completion":  # of wait
            return self.exception_without_a_look("111")
        if name == "_inner_done_callback" and caller.f_locals["outer"].cancelled():  # of shield
            return self.exception_without_a_look("113")
        return super().exception()

    def exception_without_a_look(self, name):
        if self._log_traceback:
            self.get_loop().program.touch(name)
        return self._exception


class Watched(Looks, futures.Future):
    """A Future, and what must be known of it."""

    variable = canceller = None
    is_cancelling = False
    waits_for = None  # what it was resolved with
    is_fed = False  # a chain from a Future has its promise
    is_cut_out = False  # who waits for it is told when what it waits for is done

    def cancel(self, msg=None):
        if self.done():
            return super().cancel()  # which counts as a look
        if self.waits_for is not None:
            return self.waits_for.cancel()
        if self.is_cancelling:
            return False
        if self.canceller is not None:
            self.get_loop().program.run_canceller(self)
            if self.done() or self.waits_for is not None:
                return True
        if self.is_fed:
            self.get_loop().program.touch("91")
        return super().cancel()


class Waiter(Watched):
    """What asyncio's functions wait for: the combinator goes on as soon as it is done.

    It is also what a shield gives; that goes away at once when it is cancelled.
    """

    driver = timer = None
    let_go = None

    def set_result(self, result):
        super().set_result(result)
        self.wake_up()

    def cancel(self, msg=None):
        if not super().cancel():
            return False
        self.wake_up()
        if self.let_go is not None:
            self.let_go(self)
        return True

    def wake_up(self):
        if self.driver is not None:
            driver, self.driver = self.driver, None
            driver.go_on()


class Combinator(Watched):
    """Runs one of asyncio's functions as hence runs its own: it begins and goes on at once, without turns."""

    def __init__(self, program, coroutine, passes_to, inputs):
        super().__init__(loop=program.loop)
        self.coroutine = coroutine
        self.passes_to = passes_to  # the Future that a cancellation is passed on to
        self.inputs = inputs  # those that it waits for without passing on
        self.waiter = None
        self.time_is_over = False
        self.condition = self.limit = None  # of a wait
        self.go_on()

    def go_on(self, _=None):
        try:
            waiter = self.coroutine.send(None)
        except StopIteration as end:
            self.set_result(end.value)
        except asyncio.CancelledError:
            if self.time_is_over:
                self.set_exception(TimeoutError())
            else:
                futures.Future.cancel(self)
        except Exception as problem:
            self.set_exception(problem)
        else:
            waiter._asyncio_future_blocking = False
            self.waiter = waiter
            if waiter is self.passes_to:
                waiter.add_done_callback(self.go_on)
            else:
                waiter.driver = self

    def cancel(self, msg=None):
        if self.done():
            return futures.Future.cancel(self)
        if self.passes_to is None:
            return self.waiter.cancel()
        self.get_loop().program.touch("115")
        timer = getattr(self.waiter, "timer", None)
        if timer is not None:
            timer.cancel()
        return self.passes_to.cancel()


class Gathering(Looks, tasks._GatheringFuture):
    is_cancelling = is_deadlocked = False
    cancellation = None  # the last one that came here
    callback = None  # of its inputs
    has_let_go = False  # of what its inputs have given

    def set_result(self, result):
        for f in self._children:
            self.get_loop().program.tell(f)
        super().set_result(result)

    def set_exception(self, exception):
        self.has_let_go = True
        self.get_loop().program.take_back()
        if isinstance(exception, asyncio.CancelledError):
            self.get_loop().program.touch("102")
            futures.Future.cancel(self)
        else:
            super().set_exception(exception)
        self.let_go()

    def let_go(self):
        """Nothing is left on those that go on, whose failures count as looked at."""
        for f in self._children:
            if f.remove_done_callback(self.callback):
                self.get_loop().program.looked_at.append(f)

    def cancel(self, msg=None):
        if self.done():
            if self._log_traceback:
                self.get_loop().program.touch("87")
            return futures.Future.cancel(self)
        program = self.get_loop().program
        stack = program.cancelling
        if self in stack:
            self.is_deadlocked = True  # it waits for itself: this is the way out
        if not stack:
            program.cancellation += 1
        if self.is_cancelling or self.cancellation == program.cancellation:
            program.touch("104-once")
            return False
        self.cancellation = program.cancellation
        self.is_cancelling = True
        stack.append(self)
        accepted = False
        for f in self._children:
            if f.cancel():
                accepted = self._cancel_requested = True
        stack.pop()
        self.is_cancelling = False
        if self.is_deadlocked:
            self.get_loop().program.touch("95")
            self.set_exception(Problem("deadlock"))
        return accepted


class WatchedTask(Looks, asyncio.Task):
    """A task that passes a cancellation on to what it waits for, and no more."""

    kind = None
    is_cut_out = False
    is_cancelled_early = False  # while it began
    awaits = None

    def cancel(self, msg=None):
        waiter = self.awaits
        if waiter is None and self is asyncio.current_task(self.get_loop()):
            self.is_cancelled_early = True
            return True
        if self.done() or waiter is None:
            if self.kind == "next" and not self.done():
                self.get_loop().program.touch("106-left")
            return super().cancel()
        accepted = waiter.cancel()
        if not accepted:
            self.get_loop().program.touch("late")
        return accepted


class CancelledFirst:
    """Cancels a Future as soon as a task waits for it."""

    _asyncio_future_blocking = False

    def __init__(self, f):
        self.future = f

    def __await__(self):
        self._asyncio_future_blocking = True
        yield self
        return self.future.result()

    def get_loop(self):
        return self.future.get_loop()

    def add_done_callback(self, callback, context=None):
        self.future.add_done_callback(callback, context=context)
        self.future.cancel()


class Chain:
    """Who waits for a Future that it was resolved with."""

    def __init__(self, f):
        self.future = f

    def __call__(self, inner):
        f = self.future
        f.waits_for = None
        consumer = cut_out(f) if f.is_cut_out else None
        copy(inner, f)
        if consumer is not None:
            consumer(f)


def copy(f, to):
    if f.cancelled():
        futures.Future.cancel(to)
    elif f.exception() is not None:
        to.set_exception(f.exception())
    else:
        to.set_result(f.result())


def cut_out(f):
    """Takes away, and gives, the callback of the one that waits for f."""
    consumer = f._callbacks[0][0]
    f.remove_done_callback(consumer)
    return consumer


class WatchedLoop(Loop):
    def create_future(self):
        return Waiter(loop=self)

    def call_at(self, when, callback, *args, context=None):
        if callback is not tasks._release_waiter:
            return super().call_at(when, callback, *args, context=context)
        timer = args[0].timer = super().call_at(when, time_is_over, *args, context=context)
        return timer


def time_is_over(waiter):
    """Ends a wait; a wait_for cancels what it waits for, and goes on waiting."""
    driver = waiter.driver
    if driver is None or driver.passes_to is None:
        tasks._release_waiter(waiter)
    else:
        driver.get_loop().program.touch("115")
        driver.time_is_over = driver.passes_to.cancel()
