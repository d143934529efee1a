# SPDX-License-Identifier: BSD-3-Clause
"""What the operations of programs do with asyncio as it is, as futures.c does them with hence: whoever changes one
changes the other."""

import asyncio
import warnings
from asyncio import base_events, events, futures, tasks

from asyncio_loop import Completion, Loop, Notice, Problem, Timer, describe, look, peek

warnings.simplefilter("ignore")  # of coroutines that a cancellation kept from beginning

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

WAITS_FOR_FIRST = [n for n, (condition, limit) in enumerate(WAITS) if condition != asyncio.ALL_COMPLETED and limit is None]

# What the promise of a variable is.
NO_PROMISE, GOOD, ENDED, MOVED = range(4)


class Listener:
    __slots__ = ("program", "block", "looks", "agains")

    def __init__(self, program, block, looks):
        self.program = program
        self.block = block
        self.looks = looks
        self.agains = 0

    def __call__(self, f):
        self.program.tell(f)
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
        self.is_for_first = False  # it waits for the first of many, for ever
        self.listeners = []


class Untouched:
    loop_class = Loop
    handle_class = events.Handle
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
        events.Handle = self.handle_class
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

    def tell(self, f):
        """The program is told of what a Future has ended with."""

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
            self.tell(f)
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
        if v is not None and (v.promise in (GOOD, NO_PROMISE) and not v.is_for_first or v.future.done()):
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
        self.tell(f)
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
        if self.variables[slot] is None:
            self.combine(slot, "wait", self.held_among(slots), *WAITS[number])
            self.variables[slot].is_for_first = number in WAITS_FOR_FIRST

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
