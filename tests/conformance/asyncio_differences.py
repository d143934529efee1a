# SPDX-License-Identifier: BSD-3-Clause
"""Where hence deliberately differs from asyncio, and the operations with that put on top of asyncio."""

import asyncio
import collections
import functools
from asyncio import futures

from asyncio_completions import CompletionQueue, completions_of
from asyncio_futures import (
    CancelledFirst, Chain, Combinator, Gathering, Watched, WatchedLoop, WatchedTask, copy, cut_out,
)
from asyncio_loop import OrderedTimer, Problem, WatchedHandle
from asyncio_operations import ENDED, GOOD, Untouched, without_duplicates

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
    "106-back": "as_completed: what was given to one that goes before the program was told of it goes back, and to the "
    "next one who asks; in asyncio it is lost, and there are as many to ask for as inputs",
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


class Modelled(Untouched):
    """The same with hence's differences."""

    loop_class = WatchedLoop
    handle_class = WatchedHandle
    timer_class = OrderedTimer
    gathering_class = Gathering

    def __init__(self, program):
        self.cancellation = 0
        self.cancelling = []  # the gathers that pass on the cancellation that is under way
        self.looked_at = []
        self.inputs_of_tasks = {}  # of those that have not begun, or wait for many
        self.inputs_to_drop = []  # of those that have ended, the last one first
        self.gathers = []
        self.is_running_for = None  # a Future that op_until() waits for
        self.many_behind = collections.defaultdict(list)  # what waits for one among others, by its identity
        Untouched.__init__(self, program)

    # ---- what goes back

    def run(self, node):
        Untouched.run(self, node)
        self.take_back()

    def take_back(self):
        """Something has happened: what nobody can be told of any more goes back to the queue of completions."""
        if self.queue is None:
            return
        for task in [task for task in self.inputs_of_tasks if task.done()]:  # cancelled before it began
            self.inputs_to_drop += self.inputs_of_tasks.pop(task)
        while self.inputs_to_drop:
            self.inputs_to_drop.pop()
            self.queue.take_back()
        self.queue.take_back()

    def tell(self, f):
        for completion in completions_of(f):
            completion.is_told = True

    def alive(self):
        """All Futures that somebody holds, among those that are done."""
        for v in self.variables:
            if v is not None and v.held:
                yield v.future
        if self.is_running_for is not None:
            yield self.is_running_for
        yield from self.loop.futures_to_tell()
        for inputs in self.inputs_of_tasks.values():
            yield from inputs
        yield from self.inputs_to_drop
        for gather in self.gathers:
            if not gather.done() and not gather.has_let_go:
                yield from gather._children

    def op_until(self, slot):
        outer, self.is_running_for = self.is_running_for, self.held(slot)
        Untouched.op_until(self, slot)
        self.is_running_for = outer

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
        if len(f._callbacks or ()) != 1 or any(f in inputs for inputs in self.inputs_of_tasks.values()):
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
        if self.is_direct:
            self.touch("task")
            if kind != "await_it":
                return self.begin(kind, *arguments)
            chained = self.new_future()
            self.resolve_with(chained, *arguments)
            return chained
        task = WatchedTask(self.run_task(kind, *arguments), loop=self.loop)
        task.kind = kind
        inputs = [f for argument in arguments for f in (argument if type(argument) is list else [argument])]
        self.inputs_of_tasks[task] = list(filter(asyncio.isfuture, inputs))
        return task

    async def run_task(self, kind, *arguments):
        f = self.begin(kind, *arguments)
        task = asyncio.current_task(self.loop)
        if kind != "wait":
            del self.inputs_of_tasks[task]
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
            if not isinstance(problem, GeneratorExit):
                self.deliver_past(task, futures.Future.set_exception, problem)
            raise
        finally:
            if kind == "wait":
                self.inputs_to_drop += self.inputs_of_tasks.pop(task)
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
            asyncio.tasks._leave_task(self.loop, task)  # the consumer may be one, which goes on at once
            consumer(f)
            asyncio.tasks._enter_task(self.loop, task)
            self.looked_at.append(task)

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
        self.gathers.append(outer)
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
        return CompletionQueue(self, inputs, limit)
