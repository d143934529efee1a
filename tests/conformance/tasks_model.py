# SPDX-License-Identifier: BSD-3-Clause
"""Runs programs of tasks on asyncio, as coroutines.c does on hence: whoever changes one changes the other.

A body is run by an `async def`, as a task of asyncio itself. As for Futures, Untouched has asyncio as it
is, and Modelled puts hence's differences on top of it; a program that touched none is run by both.
"""

import asyncio

import asyncio_differences
import asyncio_operations
from asyncio_completions import Asking
from asyncio_differences import ONLY_REPORTS
from asyncio_futures import Combinator, WatchedTask
from asyncio_loop import Problem, describe
from asyncio_operations import ENDED, GOOD, MOST_OPERATIONS
from tasks_modes import CATCHES_CANCELLED, CATCHES_OTHERS, MODES, RETURNS

INTERPRETER = "coroutines"
NAMES_OF_TRACES = ["modelled", "asyncio"]
DIFFERENCES = {
    name: asyncio_differences.DIFFERENCES[name] for name in (
        *("13", "87", "95", "102", "103", "104-once", "106", "106-row", "106-left", "107", "108", "111", "113", "114", "115"),
    )
} | {
    "93-counts": "a task that has ended counts no cancellations any more; in asyncio it still tells how many there were",
    "115-lost": "a task is cancelled that has a wait_for, and has not been told yet that what that waited for is done: "
    "the cancellation comes; asyncio's wait_for loses it, until Python 3.12",
}

CONDITIONS = [asyncio.ALL_COMPLETED, asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION]


class Bodies:
    """What programs of tasks have, on top of those of Futures."""

    task_class = asyncio.Task

    def __init__(self, program):
        self.started = []
        super().__init__(program)

    # ---- operations

    def spawn(self, block):
        return self.task_class(self.run_body(block), loop=self.loop)

    def op_spawn(self, slot, block):
        if self.variables[slot] is None:
            self.define(slot, self.spawn(block))

    def fire(self, slot, set_it, value):
        v = self.variables[slot]
        if v is None or v.promise != GOOD:
            return
        v.promise = ENDED
        if not v.future.done():  # not cancelled
            set_it(v.future, value)

    def op_start(self, block):
        self.started.append(self.spawn(block))

    def op_gather(self, slot, number, *slots):
        if self.variables[slot] is None:
            self.define(slot, self.gather(self.inputs_of_gather(number, slots), number % 2 == 1))

    def inputs_of_gather(self, number, slots):
        return [] if number // 2 == 4 else self.held_among(slots)

    def op_uncancel(self, slot):
        f = self.held(slot)
        if isinstance(f, asyncio.Task):
            f.uncancel()

    def op_cancelling(self, slot):
        f = self.held(slot)
        if f is None:
            return
        count = f.cancelling() if isinstance(f, asyncio.Task) else 0
        if count and f.done():
            self.touch("93-counts")
            count = 0
        self.event(f"cancelling-{count}")

    def op_free(self):
        if self.queue is not None and self.queue.asking:
            self.touch("108")
        super().op_free()

    def op_count(self):
        self.event(f"tasks-{len(asyncio.all_tasks(self.loop))}")

    def op_cancel_me(self):
        task = asyncio.current_task(self.loop)
        if task is not None:
            task.cancel()

    def op_uncancel_me(self):
        task = asyncio.current_task(self.loop)
        if task is not None:
            task.uncancel()

    def op_nothing(self, *_):
        """What awaits, outside of a body."""

    # ---- bodies

    async def run_body(self, block):
        self.event_in_block(block, "begin")
        caught = None
        for i in range(len(block.nodes) - 1):
            node = block.nodes[i]
            begin = self.awaits.get(node[0])
            if begin is None:
                self.depth += 1
                self.run(node)
                self.depth -= 1
                continue
            self.operations_run += 1
            if self.operations_run > MOST_OPERATIONS:
                continue
            awaiting = begin(self, *node[1:])
            if awaiting is None:
                continue
            mode, awaitable = awaiting
            try:
                result = await self.await_it(awaitable)
            except (Exception, asyncio.CancelledError) as problem:
                self.event_in_block(block, describe(problem))
                is_cancelled = isinstance(problem, asyncio.CancelledError)
                if not MODES[mode] & (CATCHES_CANCELLED if is_cancelled else CATCHES_OTHERS):
                    raise
                if MODES[mode] & RETURNS:
                    return 9
                caught = problem
            else:
                self.event_in_block(block, describe(result))
        word, *numbers = block.nodes[-1]
        if word == "return":
            return numbers[0]
        if word == "raise":
            raise Problem(f"f{numbers[0]}")
        if word == "raise_cancelled":
            raise asyncio.CancelledError
        if word == "again":
            if caught is not None:
                raise caught
            return None
        f = self.held(numbers[0])
        return None if f is None else await self.await_it(f)

    def event_in_block(self, block, what):
        self.events.append(f"{self.turn}/{block.number}:{what}")

    async def await_it(self, awaitable):
        return await awaitable

    # What is awaited, with its mode; None if it is not there.

    def begin_await(self, slot, mode):
        f = self.held(slot)
        return None if f is None else (mode, f)

    def begin_await_sleep(self, number, mode):
        return mode, asyncio.sleep((number + 1) // 2)

    def begin_yield(self, mode):
        return mode, asyncio.sleep(0)

    def begin_await_gather(self, *numbers):
        slots, number, mode = numbers[:3], *numbers[3:]
        return mode, self.gather(self.inputs_of_gather(number, slots), number % 2 == 1)

    def begin_await_wait(self, *numbers):
        slots, number, mode = numbers[:3], *numbers[3:]
        limit = number // 3 if number < 9 else None
        return mode, self.await_wait(self.held_among(slots), CONDITIONS[number % 3], limit)

    async def await_wait(self, *arguments):
        return await self.wait(*arguments)

    def begin_await_shield(self, slot, mode):
        f = self.held(slot)
        return None if f is None else (mode, self.shield(f))

    def begin_await_wait_for(self, slot, number, mode):
        f = self.held(slot)
        return None if f is None else (mode, self.await_wait_for(f, number // 2 if number < 8 else None))

    def await_wait_for(self, f, limit):
        return asyncio.wait_for(f, limit)

    def begin_await_next(self, mode):
        return None if self.queue is None else (mode, self.queue.next())

    def begin_await_spawn(self, mode, block):
        return mode, self.spawn(block)

    def begin_call(self, mode, block):
        return mode, self.run_body(block)


class Untouched(Bodies, asyncio_operations.Untouched):
    pass


class BodyTask(WatchedTask):
    """A task of asyncio, of which one knows what it awaits."""

    def cancel(self, msg=None):
        f = self.awaits
        if isinstance(f, Combinator) and f.passes_to is not None and f.done() and not self.done():
            self.get_loop().program.touch("115-lost")
        return asyncio.Task.cancel(self, msg)


class Modelled(Bodies, asyncio_differences.Modelled):
    task_class = BodyTask

    async def await_it(self, awaitable):
        task = asyncio.current_task(self.loop)
        if asyncio.isfuture(awaitable) and not awaitable.done():
            if self.closes_circle(task, awaitable):
                self.touch("95")
                raise Problem("deadlock")
            task.awaits = awaitable
        try:
            result = await awaitable
            if asyncio.isfuture(awaitable):
                self.tell(awaitable)
            return result
        except asyncio.CancelledError:
            if isinstance(awaitable, Asking) and awaitable.given is not None:
                awaitable.queue.give_back(awaitable)
            raise
        finally:
            task.awaits = None

    async def await_wait(self, *arguments):
        f = self.begin("wait", *arguments)
        await self.await_it(f)
        return sum(f.done() for f in arguments[0])

    def await_wait_for(self, f, limit):
        return self.begin("wait_for", f, limit)


for kind in Untouched, Modelled:
    kind.awaits = {name[6:]: getattr(kind, name) for name in dir(kind) if name.startswith("begin_")}
    kind.operations = {name: kind.op_nothing for name in kind.awaits} | {
        name[3:]: getattr(kind, name) for name in dir(kind) if name.startswith("op_")
    }


def run(program):
    """As in asyncio_model.py."""
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


# Where the mode stands in a node.
PLACES_OF_MODES = {"yield": 1, "await_next": 1, "await_spawn": 1, "call": 1, "await_sleep": 2, "await": 2, "await_shield": 2} | {
    "await_wait_for": 3,
    "await_gather": 5,
    "await_wait": 5,
}


def simpler(node):
    """Simpler words for one operation."""
    word = node[0]
    if word in ("raise", "raise_cancelled", "again", "give"):
        yield lambda node: ["return", 0]
    if word == "fail":
        yield lambda node: ["fire", *node[1:]]
    if word == "later":
        yield lambda node: ["soon", node[1], node[3]]
    if word == "await_spawn":
        yield lambda node: ["call", *node[1:]]
    if word == "start":
        for slot in range(8):
            yield lambda node, slot=slot: ["spawn", slot, *node[1:]]
    if word in ("await_wait", "await_wait_for", "await_shield", "await_gather"):
        yield lambda node: ["await", node[1], node[PLACES_OF_MODES[word]]]
    if word == "await_sleep":
        yield lambda node: ["yield", node[2]]
    if word in ("shield", "gather"):
        yield lambda node: ["make", node[1]]
    for i in range(1, len(node)):
        if type(node[i]) is int and node[i]:
            yield lambda node, i=i: [*node[:i], 0, *node[i + 1 :]]
            yield lambda node, i=i: [*node[:i], node[i] - 1, *node[i + 1 :]]
