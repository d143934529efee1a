# SPDX-License-Identifier: BSD-3-Clause
"""Twisted's locks, semaphores and queues, as they are and with hence's differences on top.

What an asker gets is told to it by `asker.told(result)`, inside whatever call makes it so. hold() says that it got
what must be released.
"""

from twisted.internet import defer
from twisted.python import failure, log

log.startLoggingWithObserver(lambda event: None, setStdout=False)


class Holds:
    """What an asker gets that must be given back."""


class Function(Exception):
    """What a function fails with."""

    def __init__(self, value):
        self.value = value


def result_of(value):
    if not isinstance(value, failure.Failure):
        return value
    if value.check(defer.CancelledError):
        return "cancelled"
    return f"f{value.value.value}" if value.check(Function) else "python:" + repr(value.value).replace(" ", "-")


class Serving:
    """Who is served while somebody is being served waits until that one's steps have returned: difference 63."""

    serving = False

    def serve(self):
        if self.serving:
            if self.waiting:
                self.program.touch("63")
            return
        self.serving = True
        while self.serve_one():
            pass
        self.serving = False


class Lock(Serving, defer.DeferredLock):
    def release(self):
        self.locked = False
        self.serve()

    def serve_one(self):
        if self.locked or not self.waiting:
            return False
        self.locked = True
        self.waiting.pop(0).callback(self)
        return True

    def acquire(self):
        if self.locked or not self.waiting:
            return super().acquire()
        d = defer.Deferred(canceller=self._cancelAcquire)
        self.waiting.append(d)
        return d


class Semaphore(Serving, defer.DeferredSemaphore):
    def release(self):
        self.tokens += 1
        self.serve()

    def serve_one(self):
        if not self.tokens or not self.waiting:
            return False
        self.tokens -= 1
        self.waiting.pop(0).callback(self)
        return True

    def acquire(self):
        if not self.tokens or not self.waiting:
            return super().acquire()
        d = defer.Deferred(canceller=self._cancelAcquire)
        self.waiting.append(d)
        return d


class Queue(Serving, defer.DeferredQueue):
    def put(self, value):
        if self.size is not None and len(self.pending) >= self.size:
            if self.waiting:
                self.program.touch("63")
            raise defer.QueueOverflow()
        self.pending.append(value)
        self.serve()

    def serve_one(self):
        if not self.waiting or not self.pending:
            return False
        self.waiting.pop(0).callback(self.pending.pop(0))
        return True

    def get(self):
        if not self.pending or not self.waiting:
            return super().get()
        if self.backlog is not None and len(self.waiting) >= self.backlog:
            raise defer.QueueUnderflow()
        d = defer.Deferred(canceller=self._cancelGet)
        self.waiting.append(d)
        return d


class Gate:
    def __init__(self, of):
        self.of = of
        self.is_lock = isinstance(of, defer.DeferredLock)

    def ask(self, asker):
        d = self.of.acquire()
        asker.d = d
        d.addBoth(lambda value: asker.told(result_of(value) if isinstance(value, failure.Failure) else Holds))

    def run(self, asker, function):
        d = self.of.run(function)
        asker.d = d
        d.addBoth(lambda value: asker.run_ended(result_of(value)))

    def release(self):
        self.of.release()


class Items:
    def __init__(self, of):
        self.of = of

    def ask(self, asker):
        try:
            d = self.of.get()
        except defer.QueueUnderflow:
            asker.told("full")
            return
        asker.d = d
        d.addBoth(lambda value: asker.told(result_of(value)))

    def put(self, value):
        try:
            self.of.put(value)
        except defer.QueueOverflow:
            return "full"
        return None


def make(program, word, v, w):
    modelled = program.is_modelled
    if word == "lock":
        of = Lock() if modelled else defer.DeferredLock()
    elif word == "semaphore":
        of = (Semaphore if modelled else defer.DeferredSemaphore)(1 + v % 3)
    else:
        of = (Queue if modelled else defer.DeferredQueue)(v % 3 or None, w % 3 or None)
    of.program = program
    return Items(of) if word == "queue" else Gate(of)
