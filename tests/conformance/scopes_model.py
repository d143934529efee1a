# SPDX-License-Identifier: BSD-3-Clause
"""Timeouts and task groups: the same programs on hence (scopes.c) and on asyncio, compared event by event.

A program is a row of words, with numbers and blocks:

    nap 3                   sleeps for 3 seconds
    fail 5                  raises the error 5
    timeout 3 { ... }       asyncio.timeout(3), without a limit for -1
    reschedule 3            its time: 3 seconds from now, never for -1
    group { ... }           a TaskGroup
    spawn 2 { ... }         task 2, a child of the group in whose braces that stands
    cancel 2                cancels task 2; 0 is the first one
    later 3 2               cancels it in 3 seconds
    try { ... }             catches what comes out
    finally { ... } { ... } the second block runs in any case
    count  uncancel         the task's cancelling() and uncancel()

An event is the time, the number of the task, a word, and what came of it.

They are run on asyncio as it is, and on asyncio with the differences of the table below put on top of it, which
notes those that mattered. hence must do as the latter, event by event; and asyncio as it is, unless one of the
differences was noted, must too.
"""

import argparse
import asyncio
import collections
import itertools
import os
import random
import selectors
import subprocess
import sys
import warnings
from asyncio import events, tasks

warnings.simplefilter("ignore")
PYTHON = sys.version_info[:2]

DIFFERENCES = {
    "cancel": "a cancellation that comes to a task at the exit of a group reaches the children at once; in asyncio the "
    "task has to wake up first",
    "wake": "the exit of a group goes on when the last child has told; in asyncio a turn later. What happens at one time "
    "may come in another order",
    "count": "a cancellation that was there before a timeout or a group was entered does not count for it; before Python "
    "3.12 it does for a timeout, and for a group in all",
    "late": "a group takes back its cancellation of the task when its children have ended; before Python 3.13 before "
    "that, and never one that came at the exit",
    "covered": "a cancellation of the task that the failures of a group have covered comes at the next wait; before "
    "Python 3.13 it is lost",
    "rescind": "a timeout or a group that takes back a cancellation which has not come to a wait takes that back, too; "
    "before Python 3.13 it comes nevertheless, and since then it does not after any uncancel() that leaves none",
}


# ---- asyncio, with a clock that jumps ----


class Loop(asyncio.SelectorEventLoop):
    """What asyncio leaves open is as in hence: timers with equal times run in the order in which they were made."""

    def __init__(self):
        super().__init__(selectors.SelectSelector())
        self.now = 0.0
        select = self._selector.select

        def jump(timeout=None):
            ready = select(0)
            if not ready and timeout:
                self.now = self._scheduled[0]._when if self._scheduled else self.now
            return ready

        self._selector.select = jump
        self._clock_resolution = 1e-9

    def time(self):
        return self.now


class Timer(events.TimerHandle):
    numbers = itertools.count()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.number = next(self.numbers)

    def __lt__(self, other):
        return (self._when, self.number) < (other._when, other.number)

    __hash__ = events.TimerHandle.__hash__


events.TimerHandle = Timer


class Children(dict):
    """In place of a TaskGroup's set of tasks, whose order is that of their addresses."""

    def add(self, task):
        self[task] = None

    def discard(self, task):
        self.pop(task, None)

    def __iter__(self):
        return iter(list(self.keys()))


# ---- the differences ----


class Completion:
    """What a task waits for at the exit of a group."""

    _asyncio_future_blocking = False

    def __init__(self, group):
        self._loop = group._loop
        self.group = group
        self.is_done = False

    def get_loop(self):
        return self._loop

    def done(self):
        return self.is_done

    def result(self):
        return None

    def add_done_callback(self, wake, *, context=None):
        self.wake = wake

    def cancel(self, msg=None):
        self.group.run.touched.add("cancel")
        self.group.parent_cancelled = True
        if not self.group._aborting:
            self.group._abort()
        return True

    def set_result(self, _):
        self.is_done = True
        self.group.run.touched.add("wake")
        if self.group.run.wakes_late:
            self._loop.call_soon(self.wake, self)
        else:
            self.wake(self)

    def __await__(self):
        if not self.is_done:
            self._asyncio_future_blocking = True
            yield self


class Task(tasks._PyTask):
    """Its insides can be seen."""

    def uncancel(self):
        must_cancel = self._must_cancel
        left = super().uncancel()
        if self._must_cancel != must_cancel:
            self.run.touched.add("rescind")
        self._must_cancel = must_cancel
        return left


def take_back(run, task, before, was_pending, in_all):
    """Is no cancellation left that has come since?"""
    must_cancel, touched = task._must_cancel, set(run.touched)
    left = task.uncancel()
    run.touched = touched
    if bool(left) != (left > before) and (in_all or PYTHON < (3, 12)):
        run.touched.add("count")
    is_taken_back = left <= before and not was_pending
    if must_cancel and is_taken_back != (left == 0 and PYTHON >= (3, 13)):
        run.touched.add("rescind")
    if is_taken_back:
        task._must_cancel = False
    return left <= before


class Timeout(asyncio.Timeout):
    async def __aenter__(self):
        await super().__aenter__()
        self.before, self.was_pending = self._task.cancelling(), self._task._must_cancel
        return self

    async def __aexit__(self, kind, error, _):
        if self._timeout_handler is not None:
            self._timeout_handler.cancel()
            self._timeout_handler = None
        if not self.expired():
            self._state = type(self._state).EXITED
            return
        self._state = type(self._state).EXPIRED
        if take_back(self.run, self._task, self.before, self.was_pending, False) and kind is asyncio.CancelledError:
            raise TimeoutError


class TaskGroup(asyncio.TaskGroup):
    async def __aenter__(self):
        await super().__aenter__()
        task = self._parent_task
        self.before, self.was_pending = task.cancelling(), task._must_cancel
        self.asked = self.parent_cancelled = False
        return self

    def _on_task_done(self, task):
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._errors.append(error)
        if error is not None and not self._aborting:
            self._abort()
            if self._exiting and PYTHON < (3, 13):
                self.run.touched.add("late")
            elif self._exiting:
                pass
            elif not self._parent_cancel_requested:
                self._parent_cancel_requested = True
                self._parent_task.cancel()
        if self._on_completed_fut is not None and not self._tasks:
            self._on_completed_fut.set_result(True)

    async def __aexit__(self, kind, error, _):
        self._exiting = True
        task = self._parent_task
        self.parent_cancelled = kind is asyncio.CancelledError
        if kind is not None and not self._aborting:
            self._abort()
        if self._tasks:
            if self._parent_cancel_requested and PYTHON < (3, 13):
                self.run.touched.add("late")
            self._on_completed_fut = Completion(self)
            await self._on_completed_fut
        if self._parent_cancel_requested and take_back(self.run, task, self.before, self.was_pending, True):
            self.parent_cancelled = False
        if kind is not None and kind is not asyncio.CancelledError:
            self._errors.append(error)
        if self._errors:
            is_covered = task.cancelling() > self.before
            if is_covered != bool(task.cancelling()):
                self.run.touched.add("count")
            if is_covered and PYTHON < (3, 13):
                self.run.touched.add("covered")
            if is_covered:
                task._must_cancel = True
            raise BaseExceptionGroup("", self._errors)
        if self.parent_cancelled:
            raise error if kind is asyncio.CancelledError else asyncio.CancelledError()


# ---- programs ----


class Err(Exception):
    pass


class Refused(Exception):
    pass


def describe(error):
    if error is None:
        return "none"
    if isinstance(error, BaseExceptionGroup):
        return f"group({','.join(describe(e) for e in error.exceptions)})"
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "refused" if isinstance(error, Refused) else f"e{error.args[0]}"


def parse(tokens, at=0):
    """The nodes (word, numbers, blocks) up to the end or a closing brace, and where that is."""
    nodes = []
    while at < len(tokens) and tokens[at] != "}":
        word, numbers, blocks = tokens[at], [], []
        at += 1
        while at < len(tokens) and tokens[at].lstrip("-").isdigit():
            numbers.append(int(tokens[at]))
            at += 1
        while at < len(tokens) and tokens[at] == "{":
            block, at = parse(tokens, at + 1)
            blocks.append(block)
        nodes.append((word, numbers, blocks))
    return nodes, at + 1


class Run:
    def __init__(self, program, is_modelled, wakes_late=False):
        self.is_modelled = is_modelled
        self.wakes_late = wakes_late  # without that difference
        self.touched = set()
        self.loop = Loop()
        self.loop.set_exception_handler(lambda loop, context: None)
        if is_modelled:
            Task.run = self
            self.loop.set_task_factory(lambda loop, c, **kw: Task(c, loop=loop, **kw))
        self.tasks = {}
        self.trace = []
        nodes, _ = parse(program.split())
        try:
            first = self.loop.create_task(self.child(0, nodes, None))
            self.tasks[0] = first
            try:
                self.loop.run_until_complete(first)
            except BaseException as error:
                if not isinstance(error, (Exception, asyncio.CancelledError)):
                    raise
        finally:
            self.loop.close()

    def say(self, task, word, what):
        self.trace.append(f"{self.loop.time():g} {task} {word} {what}".rstrip())

    async def watch(self, task, word, coroutine):
        """Says what comes out."""
        try:
            await coroutine
        except BaseException as error:
            self.say(task, word, describe(error))
            raise
        self.say(task, word, "none")

    async def child(self, task, nodes, group):
        self.say(task, "begins", "")
        await self.watch(task, "ends", self.block(task, nodes, group, None))

    async def block(self, task, nodes, group, timeout):
        for word, numbers, blocks in nodes:
            await getattr(self, "do_" + word)(task, group, timeout, *numbers, *blocks)

    async def do_nap(self, task, group, timeout, delay):
        await self.watch(task, "nap", asyncio.sleep(delay))

    async def do_fail(self, task, group, timeout, number):
        raise Err(number)

    async def do_timeout(self, task, group, timeout, delay, nodes):
        async def limited():
            limit = Timeout if self.is_modelled else asyncio.Timeout
            limit = limit(None if delay < 0 else self.loop.time() + delay)
            limit.run = self
            async with limit:
                try:
                    await self.watch(task, "inside", self.block(task, nodes, group, limit))
                finally:
                    self.say(task, "expired", int(limit.expired()))

        await self.watch(task, "timeout", limited())

    async def do_reschedule(self, task, group, timeout, delay):
        try:
            timeout.reschedule(None if delay < 0 else self.loop.time() + delay)
        except (RuntimeError, AttributeError):
            raise Refused from None

    async def do_group(self, task, group, timeout, nodes):
        async def grouped():
            inner = TaskGroup() if self.is_modelled else asyncio.TaskGroup()
            inner.run = self
            inner._tasks = Children()
            async with inner:
                await self.watch(task, "body", self.block(task, nodes, inner, timeout))

        await self.watch(task, "group", grouped())

    async def do_spawn(self, task, group, timeout, number, nodes):
        coroutine = self.child(number, nodes, group)
        try:
            self.tasks[number] = group.create_task(coroutine)
        except (RuntimeError, AttributeError):
            coroutine.close()
            raise Refused from None

    async def do_cancel(self, task, group, timeout, number):
        self.cancel(number)

    def cancel(self, number):
        if number in self.tasks:
            self.tasks[number].cancel()

    async def do_later(self, task, group, timeout, delay, number):
        self.loop.call_later(delay, self.cancel, number)

    async def do_try(self, task, group, timeout, nodes):
        try:
            await self.watch(task, "caught", self.block(task, nodes, group, timeout))
        except BaseException:
            pass

    async def do_finally(self, task, group, timeout, nodes, then):
        try:
            await self.block(task, nodes, group, timeout)
        finally:
            await self.block(task, then, group, timeout)

    async def do_count(self, task, group, timeout):
        self.say(task, "count", asyncio.current_task().cancelling())

    async def do_uncancel(self, task, group, timeout):
        self.say(task, "uncancel", asyncio.current_task().uncancel())


# ---- hence ----


class Hence:
    def __init__(self, interpreter):
        self.process = subprocess.Popen(
            [interpreter], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, program):
        self.process.stdin.write(program + "\n")
        self.process.stdin.flush()
        trace = []
        for line in self.process.stdout:
            if line == "\n":
                return trace
            trace.append(line.rstrip())
        raise SystemExit(f"scopes: ended with {self.process.wait()} in\n    {program}")


# ---- random programs ----


class Random:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def program(self):
        self.left = self.random.randint(3, 40)
        self.next_task = 1
        program = f"{self.random.choice(['group', 'group', 'try', 'timeout 3'])} {{ {self.block(0, 1, 0)} }}"
        program += " " + self.block(0, 0, 0)
        if self.random.random() < 0.6:
            for _ in range(self.random.randint(1, 2)):
                program = f"later {self.delay()} {self.random.randint(0, 3)} " + program
        return program

    def delay(self):
        return self.random.choice([0, 1, 1, 2, 2, 3, 4, 5])

    def block(self, depth, groups, timeouts):
        nodes = []
        for _ in range(self.random.randint(1, 4)):
            if self.left <= 0:
                break
            self.left -= 1
            nodes.append(self.node(depth, groups, timeouts))
        return " ".join(nodes)

    def node(self, depth, groups, timeouts):
        choices = ["nap"] * 5 + ["count", "uncancel", "fail", "cancel"]
        if depth < 5:
            choices += ["timeout"] * 3 + ["group"] * 4 + ["try"] * 2 + ["finally"]
        if groups and self.next_task < 10:
            choices += ["spawn"] * 9
        if timeouts:
            choices += ["reschedule"]
        word = self.random.choice(choices)
        if word == "nap":
            return f"nap {self.delay()}"
        if word == "fail":
            return f"fail {self.random.randint(1, 9)}"
        if word == "cancel":
            return f"cancel {self.random.randint(0, self.next_task)}"
        if word == "timeout":
            limit = self.random.choice([-1, 0, 1, 1, 2, 2, 3, 4])
            return f"timeout {limit} {{ {self.block(depth + 1, groups, timeouts + 1)} }}"
        if word == "group":
            return f"group {{ {self.block(depth + 1, groups + 1, timeouts)} }}"
        if word == "spawn":
            number = self.next_task
            self.next_task += 1
            return f"spawn {number} {{ {self.block(depth + 1, groups, 0)} }}"
        if word == "try":
            return f"try {{ {self.block(depth + 1, groups, timeouts)} }}"
        if word == "finally":
            first = self.block(depth + 1, groups, timeouts)
            return f"finally {{ {first} }} {{ {self.block(depth + 1, groups, timeouts)} }}"
        if word == "reschedule":
            return f"reschedule {self.random.choice([-1, 0, 1, 2, 3])}"
        return word


# ---- compared ----


def shrink(program, differs):
    """The program without whatever it differs without, too."""

    def without(nodes):
        for i, (word, numbers, blocks) in enumerate(nodes):
            yield nodes[:i] + nodes[i + 1 :]
            for block in blocks:
                yield nodes[:i] + block + nodes[i + 1 :]
            for j, block in enumerate(blocks):
                for smaller in without(block):
                    yield nodes[:i] + [(word, numbers, blocks[:j] + [smaller] + blocks[j + 1 :])] + nodes[i + 1 :]

    def write(nodes):
        words = []
        for word, numbers, blocks in nodes:
            words += [word, *map(str, numbers)]
            for block in blocks:
                words += ["{", *write(block), "}"]
        return words

    nodes, _ = parse(program.split())
    again = True
    while again:
        again = False
        for smaller in without(nodes):
            try:
                if differs(" ".join(write(smaller))):
                    nodes, again = smaller, True
                    break
            except Exception:
                continue
    return " ".join(write(nodes))


class Comparison:
    def __init__(self, hence):
        self.hence = hence
        self.programs = self.differences = self.same = 0
        self.touched = collections.Counter()

    def traces(self, program):
        modelled = Run(program, True)
        return self.hence.run(program), modelled.trace, Run(program, False).trace, modelled.touched

    def differs(self, program):
        hence, modelled, asyncio, touched = self.traces(program)
        if hence != modelled:
            return True
        if touched == {"wake"}:
            modelled, touched = Run(program, True, wakes_late=True).trace, None
        return modelled != asyncio and not touched

    def show(self, program):
        hence, modelled, asyncio, touched = self.traces(program)
        print(f"    {program}")
        print(f"    {'hence':32}{'modelled':32}asyncio")
        for row in itertools.zip_longest(hence, modelled, asyncio, fillvalue="-"):
            mark = "  " if len(set(row)) == 1 else "! "
            print("  " + mark + "".join(f"{event:32}" for event in row).rstrip())
        for name in sorted(touched):
            print(f"    {name}: {DIFFERENCES[name]}")

    def compare(self, program, name):
        self.programs += 1
        hence, modelled, asyncio, touched = self.traces(program)
        self.same += hence == asyncio
        self.touched.update(touched)
        if not self.differs(program):
            return
        self.differences += 1
        print(f"{name}, as small as it gets:")
        self.show(shrink(program, self.differs))


def directed(path):
    """Each program stands in a line; those that begin with '#' say what it shows."""
    with open(path, encoding="utf-8") as lines:
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", type=int, default=2000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--program")
    options = arguments.parse_args()
    comparison = Comparison(Hence(os.path.join("tests", "conformance", "scopes_interpreter")))
    if options.program:
        comparison.show(options.program)
        return 0
    here = os.path.dirname(os.path.abspath(__file__))
    programs = directed(os.path.join(here, "scopes.programs"))
    for program in programs:
        comparison.compare(program, "a directed program")
    print(f"{len(programs)} directed programs, {comparison.same} as on asyncio as it is")
    for i in range(options.programs):
        comparison.compare(Random(f"{options.seed}.{i}").program(), f"program {i} of seed {options.seed}")
        if comparison.differences == 5:
            break
    print("differences that mattered:", *(f"{name} {n}" for name, n in comparison.touched.most_common()))
    print(f"{comparison.programs} programs, {comparison.same} as on asyncio as it is, {comparison.differences} differences")
    return 1 if comparison.differences else 0


if __name__ == "__main__":
    sys.exit(main())
