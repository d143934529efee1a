# SPDX-License-Identifier: BSD-3-Clause
"""Runs programs on asyncio's Futures and loop, as futures.c does on hence's: whoever changes one changes the
other.

Untouched runs them on asyncio as it is, on a loop whose clock jumps, turn by turn. Modelled runs them with the
differences of the table below put on top of it, and notes the name of each that mattered. A program that touched
none is run by both.

The functions of asyncio (gather, wait, wait_for, shield, sleep) run in both. What is put on top are Futures
that tell their producer of a cancellation, timers with an order, and combinators that begin and wake up at
once, inside the tasks that asyncio runs them in or, in programs that say "direct", without tasks.
"""

import asyncio
import collections
import functools
import sys
import warnings
from asyncio import base_events, events, futures, tasks

warnings.simplefilter("ignore")  # of coroutines that a cancellation kept from beginning

INTERPRETER = "futures"
NAMES_OF_TRACES = ["modelled", "asyncio"]
DIFFERENCES = {
    "12": "a Future's producer is told of a cancellation at once, and may decide what comes of it; in asyncio there "
    "is nobody to tell",
    "13": "calls with equal due times run in the order in which they were asked for; in asyncio in that of a heap",
    "16": "a promise may be resolved with another Future, which is waited for",
    "78": "after a cancellation one result is swallowed; in asyncio it is an error",
    "87": "cancelling a gather that has failed counts as a look, as it does for any Future; in asyncio it does not",
    "91": "a chain from a Future to a promise: what is done already is given at once, and a cancellation is not "
    "passed back; in asyncio in the next turn, and it is",
    "95": "waiting for oneself, or in a circle, fails as a deadlock at once, also where a failure of another input, or "
    "a time limit of one in it, would end it; asyncio waits for that, or for ever, and cancelling it is a RecursionError",
    "98": "a run for a Future that was stopped leaves nothing behind; asyncio's may stop the next one",
    "102": "a gather that was cancelled, or one of whose inputs was, is cancelled; in asyncio it has failed with a "
    "cancellation",
    "103": "a gather that collects has looked at each failure that it got; asyncio's looks when all are done",
    "104-once": "a cancellation comes to each gather once, however many ways lead there; in asyncio by each of them, "
    "and a task behind it counts them all",
    "106": "as_completed: what is done already is given at once, in the order of the inputs; asyncio needs a turn",
    "106-row": "as_completed: those who ask are served in the order in which they began to; in asyncio one who "
    "begins while another one is woken up gets in before that",
    "106-left": "as_completed: what one who was cancelled would have got goes to the next one; in asyncio there are "
    "as many to ask for as inputs",
    "107": "as_completed: after the time is over what is done is still given, and who asks for more than there are is "
    "told of the time; in asyncio it is not, and they are told that this is the end",
    "108": "as_completed can be ended, and cancels those who still ask",
    "111": "wait does not look at failures; in asyncio, with FIRST_EXCEPTION, it has",
    "113": "a shield that was cancelled does not look at the failure that is on its way; asyncio's does",
    "114": "wait_for of one that is done needs no turn, and without a limit it takes one of its own; in asyncio the "
    "other way round",
    "115": "wait_for: a cancellation is passed on, and what comes of it is the result, as when the time is over; "
    "in asyncio the task has to wake up to do so, twice, and is cancelled whatever comes of it",
    "116": "sleep(0) takes its turn with the timers; in asyncio with the tasks",
    "late": "cancelling a task that waits for something that is done is too late; asyncio's task is cancelled still, "
    "and loses the result",
    "tail": "one that nobody holds but the one that waits for it, and that is resolved with another one, is cut "
    "out: that saves a turn",
    "task": "a combinator is no task: it begins at once, and is done at once when it has its outcome; in asyncio "
    "each takes a turn",
}
# These change what is reported at the end, and nothing before.
ONLY_REPORTS = {"87", "103", "111", "113"}

MOST_OPERATIONS = 400
MOST_AGAINS = 2
FOR_EVER = 1000

SIZES_OF_GATHERS = [3, 3, 2, 2, 2, 2, 1, 3, 0, 3]
WAITS = [
    (asyncio.ALL_COMPLETED, None),
    (asyncio.FIRST_COMPLETED, None),
    (asyncio.FIRST_EXCEPTION, None),
    (asyncio.ALL_COMPLETED, 1),
    (asyncio.FIRST_COMPLETED, 1),
    (asyncio.FIRST_EXCEPTION, 2),
    (asyncio.FIRST_COMPLETED, 0),
    (asyncio.ALL_COMPLETED, 3),
    (asyncio.FIRST_EXCEPTION, None),
    (asyncio.ALL_COMPLETED, None),
]

# What the promise of a variable is.
NO_PROMISE, GOOD, ENDED, MOVED = range(4)


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


class OrderedTimer(Timer):
    __slots__ = ()

    def __lt__(self, other):
        return (self._when, self.order) < (other._when, other.order)


def is_bookkeeping(callback):
    """Is it a callback of asyncio's own that does nothing, now that it is asked to be called?"""
    if type(callback) is Notice:
        return True
    if isinstance(callback, functools.partial) and callback.func.__name__ == "look_for_gather":
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

    def end(self):
        """What is left of it may be collected later, and does nothing then."""
        self._ready.clear()
        self._scheduled.clear()
        self.call_soon = lambda *_, **__: None
        self._closed = True


# ---- a program on asyncio as it is


class Listener:
    __slots__ = ("program", "block", "looks", "agains")

    def __init__(self, program, block, looks):
        self.program = program
        self.block = block
        self.looks = looks
        self.agains = 0

    def __call__(self, f):
        what = look(f) if self.looks else "cancelled" if f.cancelled() else "done"
        self.program.run_block(self.block, what)


class Call:
    """What a handle names."""

    __slots__ = ("program", "block", "handle", "has_run")

    def __init__(self, program, block):
        self.program = program
        self.block = block
        self.has_run = False

    def __call__(self):
        self.has_run = True
        self.program.run_block(self.block, "call")

    def is_gone(self):
        return self.has_run or self.handle.cancelled()


class Variable:
    """A variable's Future, which stays here after it was let go: then it is not held any more."""

    def __init__(self, f, promise=NO_PROMISE):
        self.future = f
        self.held = True
        self.promise = promise
        self.listeners = []


class Untouched:
    loop_class = Loop
    timer_class = Timer
    gathering_class = tasks._GatheringFuture

    def __init__(self, program):
        self.variables = [None] * 8
        self.made = []  # (slot, Future), in the order in which they were made
        self.calls = [None] * 8
        self.queue = None
        self.events = []
        self.touched = set()
        self.turn = 0
        self.depth = 0
        self.is_direct = False
        self.operations_run = 0
        events.TimerHandle = self.timer_class
        tasks._GatheringFuture = self.gathering_class
        self.loop = self.loop_class(self)
        events._set_running_loop(self.loop)
        try:
            for node in program:
                self.run(node)
            while self.take_turn():
                pass
            self.show_end()
        finally:
            events._set_running_loop(None)
        self.loop.end()
        self.trace = " ".join(self.events + self.unretrieved)

    def touch(self, name):
        self.touched.add(name)

    def handle_exception(self, loop, context):
        if context.get("handle") is not None:
            self.events.append(f"python:{context['exception']!r}".replace(" ", "-"))

    # ---- events and blocks

    def event(self, what):
        self.events.append(f"{self.turn}:{what}")

    def run_block(self, block, what):
        self.events.append(f"{self.turn}/{block.number}:{what}")
        return self.run_nodes(block.nodes)

    def run_nodes(self, nodes):
        self.depth += 1
        for i in range(len(nodes) - 1):
            self.run(nodes[i])
        self.depth -= 1
        return nodes[-1][0]

    def run(self, node):
        self.operations_run += 1
        if self.operations_run <= MOST_OPERATIONS:
            self.operations[node[0]](self, *node[1:])

    # ---- variables

    def held(self, slot):
        """The Future of a variable, or None."""
        v = self.variables[slot]
        return v.future if v is not None and v.held else None

    def held_among(self, slots):
        return [f for f in map(self.held, slots) if f is not None]

    def define(self, slot, f, promise=NO_PROMISE):
        v = self.variables[slot] = Variable(f, promise)
        self.made.append((slot, f))
        return v

    # ---- Futures

    def new_future(self):
        return self.loop.create_future()

    def op_make(self, slot):
        if self.variables[slot] is None:
            self.define(slot, self.new_future(), GOOD)

    def op_cancellable(self, slot, block):
        self.op_make(slot)

    def make_with(self, slot, set_it):
        if self.variables[slot] is None:
            f = self.new_future()
            set_it(f)
            self.define(slot, f)

    def op_succeed(self, slot, number):
        self.make_with(slot, lambda f: f.set_result(number))

    def op_failed(self, slot, number):
        self.make_with(slot, lambda f: f.set_exception(Problem(f"f{number}")))

    def fire(self, slot, set_it, value):
        if not self.can_be_fired(slot):
            return
        try:
            set_it(self.variables[slot].future, value)
        except asyncio.InvalidStateError:
            self.event("already")

    def can_be_fired(self, slot):
        """May the program resolve it? Notes that the promise has ended."""
        v = self.variables[slot]
        if v is None or not (v.promise == GOOD or v.promise == ENDED and v.held):
            return False
        if v.promise == GOOD and v.future.done():
            self.touch("78")
        v.promise = ENDED
        return True

    def op_fire(self, slot, number):
        self.fire(slot, futures.Future.set_result, number)

    def op_fail(self, slot, number):
        self.fire(slot, futures.Future.set_exception, Problem(f"f{number}"))

    def op_abandon(self, slot):
        v = self.variables[slot]
        if v is not None and v.promise == GOOD:
            self.fire(slot, futures.Future.set_exception, Problem("abandoned"))

    def op_fire_with(self, slot, other):
        inner = self.held(other)
        if inner is not None and self.can_be_fired(slot):
            self.touch("16")

    def op_chain(self, slot, target):
        f = self.held(slot)
        to = self.variables[target]
        if f is not None and to is not None and to.promise == GOOD and to.held:
            to.promise = MOVED
            self.chain(f, to.future)

    def chain(self, f, to):
        futures._chain_future(f, to)

    def op_cancel(self, slot):
        f = self.held(slot)
        if f is not None and not f.cancel():
            self.event("late")

    def op_look(self, slot):
        f = self.held(slot)
        if f is not None:
            self.event(look(f))

    def op_failure(self, slot):
        f = self.held(slot)
        if f is None:
            return
        if not f.done():
            self.event("pending")
        elif f.cancelled():
            self.event("cancelled")
        else:
            self.event(describe(f.exception()))

    def op_drop(self, slot):
        v = self.variables[slot]
        if v is not None and (v.promise in (GOOD, NO_PROMISE) or v.future.done()):
            v.held = False

    # ---- listeners

    def listen(self, slot, block, looks):
        f = self.held(slot)
        if f is not None:
            listener = Listener(self, block, looks)
            self.variables[slot].listeners.append(listener)
            f.add_done_callback(listener)

    def op_listen(self, slot, block):
        self.listen(slot, block, True)

    def op_hear(self, slot, block):
        self.listen(slot, block, False)

    def op_again(self, slot):
        f = self.held(slot)
        if f is not None and self.variables[slot].listeners:
            listener = self.variables[slot].listeners[-1]
            listener.agains += 1
            if listener.agains <= MOST_AGAINS:
                f.add_done_callback(listener)

    def op_remove(self, slot, number):
        f = self.held(slot)
        if f is not None and self.variables[slot].listeners:
            listeners = self.variables[slot].listeners
            removed = f.remove_done_callback(listeners[number % len(listeners)])
            self.event(f"removed-{removed}")

    # ---- calls and turns

    def op_soon(self, slot, block):
        call = self.calls[slot] = Call(self, block)
        call.handle = self.loop.call_soon(call)

    def op_later(self, slot, number, block):
        call = self.calls[slot] = Call(self, block)
        call.handle = self.loop.call_later(number // 2 if number else -1, call)

    def op_cancel_call(self, slot):
        call = self.calls[slot]
        if call is not None:
            if call.is_gone():
                self.event("gone")
            call.handle.cancel()

    def op_when(self, slot):
        call = self.calls[slot]
        if call is None:
            return
        if call.is_gone():
            self.event("gone")
        elif isinstance(call.handle, events.TimerHandle):
            self.event(f"when-{int(call.handle.when())}")
        else:
            self.event("soon")

    def take_turn(self):
        turn = self.turn
        if turn != "-":
            self.turn += 1
        if self.loop.take_turn():
            return True
        self.turn = turn
        return False

    def op_turn(self):
        if not self.depth:
            self.take_turn()

    def op_dispatch(self):
        if not self.depth:
            turn = self.turn
            self.turn = "-"
            while self.take_turn():
                pass
            self.turn = turn + 1

    def op_until(self, slot):
        f = self.held(slot)
        if self.depth or f is None:
            return
        turn = self.turn
        self.turn = "-"
        limit = self.loop.call_later(FOR_EVER, self.loop.stop)
        events._set_running_loop(None)
        try:
            what = self.loop.run_until_complete(f)
        except RuntimeError:
            what = Problem("stopped")
        except BaseException as problem:
            what = problem
        events._set_running_loop(self.loop)
        limit.cancel()
        for handle in self.loop._ready:
            if handle._callback is base_events._run_until_complete_cb:
                self.touch("98")
                handle.cancel()
        self.turn = turn + 1
        self.event(describe(what))

    def op_stop(self):
        if self.loop.is_running():
            self.loop.stop()

    # ---- combinators

    def op_direct(self):
        self.is_direct = True

    def combine(self, slot, kind, *arguments):
        if self.variables[slot] is None:
            self.define(slot, self.new_combinator(kind, *arguments))

    def new_combinator(self, kind, *arguments):
        if self.is_direct:
            self.touch("task")
        return asyncio.Task(getattr(self, kind)(*arguments), loop=self.loop)

    def op_sleep(self, slot, number):
        self.combine(slot, "sleep", (number + 1) // 2)

    async def sleep(self, delay):
        if delay == 0:
            self.touch("116")
        await asyncio.sleep(delay)

    def op_task(self, slot, other):
        f = self.held(other)
        if f is not None:
            self.combine(slot, "await_it", f)

    async def await_it(self, f):
        return await f

    def op_wait(self, slot, number, *slots):
        self.combine(slot, "wait", self.held_among(slots), *WAITS[number])

    async def wait(self, inputs, condition, limit):
        if condition == asyncio.FIRST_EXCEPTION:
            for f in set(inputs):
                f.add_done_callback(Notice(self.before_wait_looks))
        done, _ = await asyncio.wait(inputs, timeout=limit, return_when=condition)
        return sum(f in done for f in inputs)

    def before_wait_looks(self, f):
        if f._log_traceback:
            self.touch("111")

    def op_wait_for(self, slot, other, number):
        f = self.held(other)
        if f is not None:
            self.combine(slot, "wait_for", f, number // 2 if number < 8 else None)

    async def wait_for(self, f, limit):
        return await asyncio.wait_for(f, limit)

    def op_gather(self, slot, number, *slots):
        if self.variables[slot] is None:
            inputs = self.held_among(slots[: SIZES_OF_GATHERS[number]])
            self.define(slot, self.gather(inputs, number % 2 == 1))

    def gather(self, inputs, collects):
        return asyncio.gather(*inputs, return_exceptions=collects)

    def op_shield(self, slot, other):
        f = self.held(other)
        if f is not None and self.variables[slot] is None:
            self.define(slot, self.shield(f))

    def shield(self, f):
        notice = Notice(self.before_shield_looks)
        if not f.done():
            f.add_done_callback(notice)
        notice.arguments = (asyncio.shield(f),)
        return notice.arguments[0]

    def before_shield_looks(self, f, outer):
        if outer.cancelled() and f._log_traceback:
            self.touch("113")

    def op_completed(self, number, *slots):
        self.op_free()
        self.queue = self.new_queue(self.held_among(slots), number - 6 if number >= 6 else None)

    def new_queue(self, inputs, limit):
        return Completed(self, inputs, limit)

    def op_next(self, slot):
        if self.queue is not None and self.variables[slot] is None:
            self.define(slot, self.new_combinator("next", self.queue))
            self.queue.asked.append(self.variables[slot].future)

    def next(self, queue):
        return queue.next()

    def op_free(self):
        if self.queue is not None:
            self.queue.end()
            self.queue = None

    # ---- the end

    def show_end(self):
        self.events.append(f"end-{int(self.loop.now)}")
        for slot, v in enumerate(self.variables):
            if v is not None and v.held:
                self.events.append(f"{slot}:{peek(v.future) if v.future.done() else 'pending'}")
        unretrieved = set()
        for slot, f in self.made:
            if f.done() and f._log_traceback:
                if self.variables[slot].held or describe(f._exception) != "deadlock":
                    unretrieved.add(slot)
                f._log_traceback = False
        self.unretrieved = ["unretrieved", *map(str, sorted(unretrieved))]

    operations = {}


class Input:
    """A Future as as_completed gets it: what it gives is which one it is, and not what that has ended with."""

    _asyncio_future_blocking = False

    def __init__(self, index, f):
        self.index = index
        self.future = f
        self.told = None

    def __hash__(self):
        return self.index  # which is the order in which a small set gives them

    def get_loop(self):
        return self.future.get_loop()

    def add_done_callback(self, callback):
        self.told = lambda f: callback(self)
        self.future.add_done_callback(self.told)

    def remove_done_callback(self, callback):
        self.future.remove_done_callback(self.told)

    def result(self):
        return Completion(self.index)


def without_duplicates(inputs):
    """Each Future once, with its first place."""
    found = {}
    for i, f in enumerate(inputs):
        found.setdefault(f, i)
    return [(i, f) for f, i in found.items()]


class Completed:
    """What as_completed gives, and who waits for it."""

    def __init__(self, program, inputs, limit):
        self.program = program
        inputs = [Input(i, f) for i, f in without_duplicates(inputs)]
        self.coroutines = asyncio.as_completed(inputs, timeout=limit)
        self.first = next(self.coroutines, None)  # until then it does nothing
        self.row = self.coroutines.gi_frame.f_locals["done"] if inputs else None
        self.inputs = inputs
        self.asking = 0
        self.asked = []

    def next(self):
        coroutine = self.first or next(self.coroutines, None)
        self.first = None
        return self.ask(coroutine)

    async def ask(self, coroutine):
        if coroutine is None:
            raise Problem("end")
        if self.asking and self.row.qsize():
            self.program.touch("106-row")
        self.asking += 1
        try:
            return await coroutine
        finally:
            self.asking -= 1

    def end(self):
        if not all(input.future.done() for input in self.inputs):
            self.program.touch("108")
        for task in self.asked:
            if not task.done():
                self.program.touch("108")
                task.cancel()


# ---- a program on asyncio with hence's differences


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

    def set_exception(self, exception):
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


class Modelled(Untouched):
    """The same with hence's differences."""

    loop_class = WatchedLoop
    timer_class = OrderedTimer
    gathering_class = Gathering

    def __init__(self, program):
        self.cancellation = 0
        self.cancelling = []  # the gathers that pass on the cancellation that is under way
        self.looked_at = []
        self.to_begin = collections.Counter()  # inputs of tasks that have not begun, by identity
        self.many_behind = collections.defaultdict(list)  # what waits for one among others, by its identity
        Untouched.__init__(self, program)

    # ---- promises

    def new_future(self):
        return Watched(loop=self.loop)

    def op_cancellable(self, slot, block):
        if self.variables[slot] is None:
            f = self.new_future()
            f.canceller = block
            f.variable = self.define(slot, f, GOOD)

    def run_canceller(self, f):
        self.touch("12")
        block, f.canceller = f.canceller, None
        f.is_cancelling = True
        cancelling, self.cancelling = self.cancelling, []
        answer = self.run_block(block, "cancel")
        self.cancelling = cancelling
        f.is_cancelling = False
        if answer == "stopped" and f.variable.promise == GOOD:
            f.variable.promise = ENDED

    def can_be_fired(self, slot):
        v = self.variables[slot]
        if v is None:
            return False
        if v.promise == ENDED and v.held:
            self.event("already")
        if v.promise != GOOD:
            return False
        v.promise = ENDED
        if v.future.done():
            self.touch("78")
            return False
        return True

    def op_abandon(self, slot):
        v = self.variables[slot]
        if v is None or v.promise != GOOD:
            return
        if self.can_be_fired(slot) and not v.future.is_cancelling:
            v.future.set_exception(Problem("abandoned"))

    def op_fire_with(self, slot, other):
        inner = self.held(other)
        if inner is not None and self.can_be_fired(slot):
            self.touch("16")
            self.resolve_with(self.variables[slot].future, inner)

    def resolve_with(self, f, inner):
        if self.closes_circle(f, inner):
            self.touch("95")
            f.set_exception(Problem("deadlock"))
        elif inner.done():
            copy(inner, f)
        else:
            f.waits_for = inner
            inner.add_done_callback(Chain(f))
            self.look_for_tail(f)

    def closes_circle(self, f, inner):
        """May f not wait for the inner one, since that waits for it, or will be resolved because of it?"""
        if not f._callbacks:
            return inner is f
        return self.leads(f, self.last_before(inner, f))

    def last_before(self, f, other):
        """What f waits for in the end, or the other one if that is on the way."""
        while f is not other and not f.done():
            if isinstance(f, Gathering) or getattr(f, "inputs", ()):
                break  # it waits for many
            inner = f.awaits if isinstance(f, WatchedTask) else getattr(f, "passes_to", None) or f.waits_for
            if inner is None:
                break
            f = inner
        return f

    def leads(self, f, other):
        """Will the other one be resolved because f is?"""
        if f.done():
            return False
        if f is other:
            return True
        many = [outer for outer in self.many_behind[id(f)] if not self.can_do_without(outer)]
        for following in [self.behind(callback) for callback, _ in f._callbacks or ()] + many:
            if following is not None and self.leads(following, other):
                return True
        return False

    def can_do_without(self, outer):
        """Is it a wait that time, or another of its inputs, may end?"""
        if not isinstance(outer, Combinator) or not outer.inputs:
            return False
        if outer.done() or outer.limit is not None:
            return True
        if outer.condition == asyncio.ALL_COMPLETED:
            return False
        waiting = outer.coroutine.cr_await.cr_await  # asyncio's own, which counts those that have not told it
        return waiting.cr_frame.f_locals["counter"] > 1

    def behind(self, callback):
        """What will be resolved because of a callback."""
        if isinstance(callback, Chain):
            return callback.future
        if isinstance(callback, functools.partial) and callback.func == self.feed:
            return callback.args[0]
        following = getattr(callback, "__self__", None)
        return following if isinstance(following, (WatchedTask, Combinator)) else None

    def leads_on(self, inputs, outer):
        """What waits for many, or shields one, waits in its own way."""
        for f in inputs:
            if not f.done():
                self.many_behind[id(f)].append(outer)

    def look_for_tail(self, f):
        """Cuts f out if nobody has anything to do with it but one that waits for it."""
        if len(f._callbacks or ()) != 1 or self.to_begin[id(f)]:
            return
        if any(v is not None and v.held and v.future is f for v in self.variables):
            return
        consumer = f._callbacks[0][0]
        if isinstance(consumer, Chain) or isinstance(getattr(consumer, "__self__", None), WatchedTask):
            self.touch("tail")
            f.is_cut_out = True

    def chain(self, f, to):
        if f.done() or to.done():
            self.touch("91")
        to.is_fed = True
        if f.done():
            self.feed(to, f)
        elif not to.done() and (self.leads(to, self.last_before(f, None)) or self.leads(to, f)):
            self.touch("95")
            to.set_exception(Problem("deadlock"))
        else:
            f.add_done_callback(functools.partial(self.feed, to))

    def feed(self, to, f):
        if to.done():
            f.cancelled() or f.exception()
        else:
            copy(f, to)

    # ---- combinators

    def new_combinator(self, kind, *arguments):
        inputs = [f for argument in arguments for f in (argument if type(argument) is list else [argument])]
        if self.is_direct:
            self.touch("task")
            if kind != "await_it":
                return self.begin(kind, *arguments)
            chained = self.new_future()
            self.resolve_with(chained, *arguments)
            return chained
        for f in inputs:
            self.to_begin[id(f)] += 1
        task = WatchedTask(self.run_task(inputs, kind, *arguments), loop=self.loop)
        task.kind = kind
        return task

    async def run_task(self, inputs, kind, *arguments):
        f = self.begin(kind, *arguments)
        if kind != "wait":
            self.let_inputs_go(inputs)
        task = asyncio.current_task(self.loop)
        if self.closes_circle(task, f):
            self.touch("95")
            if kind == "wait" and not f.done():
                f.add_done_callback(lambda f: None)  # what would have counted those that are done
            raise Problem("deadlock")
        if not f.done():
            self.look_for_tail(task)
        task.awaits = f
        try:
            result = await (CancelledFirst(f) if task.is_cancelled_early and not f.done() else f)
            if kind == "wait":
                result = sum(f.done() for f in arguments[0])
        except BaseException as problem:
            self.deliver_past(task, futures.Future.set_exception, problem)
            raise
        finally:
            if kind == "wait":
                self.let_inputs_go(inputs)
        self.deliver_past(task, futures.Future.set_result, result)
        return result

    def deliver_past(self, task, set_it, value):
        """Gives the result of a task to the one that waits for it, if the task was cut out."""
        if task.is_cut_out:
            consumer = cut_out(task)
            f = self.new_future()
            if isinstance(value, asyncio.CancelledError):
                f.cancel()
            else:
                set_it(f, value)
            consumer(f)
            self.looked_at.append(task)

    def let_inputs_go(self, inputs):
        for f in inputs:
            self.to_begin[id(f)] -= 1

    def begin(self, kind, *arguments):
        passes_to = None
        if kind == "await_it":
            return arguments[0]
        if kind == "next":
            return arguments[0].next()
        if kind == "wait_for":
            passes_to, limit = arguments
            if passes_to.done() != (limit is None):
                self.touch("114")
            if passes_to.done():
                return passes_to
            if limit == 0:
                combinator = Combinator(self, self.wait_for(passes_to, None), passes_to, ())
                self.leads_on([passes_to], combinator)
                combinator.time_is_over = passes_to.cancel()
                if not combinator.time_is_over:
                    self.touch("115")
                return combinator
        inputs = arguments[0] if kind == "wait" else ()
        combinator = Combinator(self, getattr(self, kind)(*arguments), passes_to, inputs)
        if kind == "wait":
            combinator.condition, combinator.limit = arguments[1:]
        self.leads_on([passes_to] if passes_to is not None else inputs, combinator)
        return combinator

    async def sleep(self, delay):
        if delay:
            await asyncio.sleep(delay)
            return
        self.touch("116")
        future = self.loop.create_future()
        handle = self.loop.call_later(0, futures._set_result_unless_cancelled, future, None)
        try:
            await future
        finally:
            handle.cancel()

    def gather(self, inputs, collects):
        callbacks_before = [len(f._callbacks or ()) for f in inputs]
        outer = Untouched.gather(self, inputs, collects)
        for f, before in zip(inputs, callbacks_before):
            if not f.done():
                outer.callback = f._callbacks[before][0]
        self.leads_on(inputs, outer)
        if collects:
            for _, f in without_duplicates(inputs):
                f.add_done_callback(functools.partial(self.look_for_gather, outer))
        return outer

    def look_for_gather(self, outer, f):
        if f._log_traceback and not outer.done():
            self.touch("103")
        if not f.cancelled():
            f.exception()

    def show_end(self):
        for f in self.looked_at:
            if f.done():
                f._log_traceback = False
        Untouched.show_end(self)

    def shield(self, f):
        outer = asyncio.shield(f)
        if outer is not f:
            outer.let_go = outer._callbacks[0][0]
            outer.remove_done_callback(outer.let_go)
            self.leads_on([f], outer)
        return outer

    def new_queue(self, inputs, limit):
        return ModelledCompleted(self, inputs, limit)


class Asking(Watched):
    """One who asks for the next one that is done."""

    queue = None
    given = 0  # in which order, from 1

    def cancel(self, msg=None):
        if not super().cancel():
            return False
        if self in self.queue.asking:
            self.queue.asking.remove(self)
            self.queue.program.touch("106-left")
        return True


class ModelledCompleted:
    """hence's queue of completions."""

    def __init__(self, program, inputs, limit):
        self.program = program
        self.done = collections.deque()
        self.returned = []  # Asking whose completions have come back
        self.given = 0
        self.asking = collections.deque()
        self.listening = []
        self.pending = 0
        self.timer = None
        self.is_over = self.has_ended = False
        self.asked = []
        inputs = without_duplicates(inputs)
        self.inputs = self.size = len(inputs)
        self.begun = 0
        for index, f in inputs:
            if f.done():
                program.touch("106")
                self.done.append(index)
            else:
                self.pending += 1
                told = functools.partial(self.told, index)
                self.listening.append((f, told))
                f.add_done_callback(told)
        if self.pending and limit is not None:
            self.timer = program.loop.call_later(limit, self.time_is_over)

    def told(self, index, _):
        if self.has_ended:
            return
        if self.is_over:
            self.program.touch("107")
        self.pending -= 1
        self.done.append(index)
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
        self.serve()
        return asking

    def serve(self):
        while self.asking:
            if self.returned or self.done:
                self.size -= 1
                self.given += 1
                first = self.asking.popleft()
                first.given = self.given
                first.set_result(self.returned.pop(0).result() if self.returned else Completion(self.done.popleft()))
            elif len(self.asking) > self.size:
                self.asking.pop().set_exception(Problem("end"))
            elif self.is_over:
                self.asking.popleft().set_exception(TimeoutError())
            else:
                break

    def give_back(self, asking):
        """Nobody was told of what it has been given."""
        if not self.has_ended:
            self.program.touch("106-left")
            self.size += 1
            self.returned.append(asking)
            self.returned.sort(key=lambda one: one.given)
            self.serve()

    def end(self):
        self.has_ended = True
        if self.timer is not None:
            self.timer.cancel()
        if self.pending or not all(task.done() for task in self.asked):
            self.program.touch("108")
        for f, told in self.listening:
            f.remove_done_callback(told)
        while self.asking:
            self.asking[0].cancel()


for kind in Untouched, Modelled:
    kind.operations = {name[3:]: getattr(kind, name) for name in dir(kind) if name.startswith("op_")}


def run(program):
    """The traces that a program may have, and the names of the differences that mattered.

    The first trace is with the differences, the second one without, if none mattered.
    """
    modelled = Modelled(program)
    if modelled.touched - ONLY_REPORTS:
        return [modelled.trace], modelled.touched
    untouched = Untouched(program)
    touched = modelled.touched | untouched.touched
    if touched - ONLY_REPORTS:
        return [modelled.trace], touched
    if touched:
        return [modelled.trace, " ".join(untouched.events + modelled.unretrieved)], touched
    return [modelled.trace, untouched.trace], touched


def simpler(node):
    """Simpler words for one operation."""
    word = node[0]
    if word == "goes_on":
        yield lambda node: ["stopped"]
    if word == "cancellable":
        yield lambda node: ["make", node[1]]
    if word == "fail":
        yield lambda node: ["fire", *node[1:]]
    if word in ("failed", "succeed"):
        yield lambda node: ["make", node[1]]
    if word == "hear":
        yield lambda node: ["listen", *node[1:]]
    if word == "later":
        yield lambda node: ["soon", node[1], node[3]]
    if word == "failure":
        yield lambda node: ["look", node[1]]
    if word in ("wait", "wait_for", "shield", "gather"):
        yield lambda node: ["task", node[1], node[2] if word in ("wait_for", "shield") else node[-1]]
    for i in range(1, len(node)):
        if type(node[i]) is int and node[i]:
            yield lambda node, i=i: [*node[:i], 0, *node[i + 1 :]]
            yield lambda node, i=i: [*node[:i], node[i] - 1, *node[i + 1 :]]
