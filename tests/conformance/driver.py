# SPDX-License-Identifier: BSD-3-Clause
"""Runs random programs on hence and on a model, compares the traces, and makes a difference small.

    driver.py MODEL [--programs N] [--seed S] [--first I] [--jobs J] [--no-directed]
    driver.py MODEL --program TEXT

MODEL is a Python module beside this file. It says which program INTERPRETER runs the same on hence, and has
run(), which gives the traces that are right for a program, DIFFERENCES, the names of where hence deliberately
differs, and simpler(), for making programs smaller. DIRECTED may name a file beside it, of programs, one in a line,
which run before the random ones: what these do too rarely. README.md tells more.
"""

import argparse
import collections
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys

import programs

CHUNK = 2000  # programs that one process runs


class Hence:
    """The interpreter, which is asked for one program after the other; it is started again when it dies."""

    def __init__(self, path):
        self.path = path
        self.process = None

    def run(self, text):
        if self.process is None:
            self.process = subprocess.Popen(
                [self.path, "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        try:
            self.process.stdin.write(text + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        trace = self.process.stdout.readline()
        if trace.endswith("\n"):
            return trace.strip()
        death = describe_death(self.process.wait())
        self.process = None
        return f"{trace}{death}"

    def end(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


def describe_death(status):
    return f"died-of-{signal.Signals(-status).name}" if status < 0 else f"died-with-status-{status}"


class Outcome:
    """What came of some programs."""

    def __init__(self):
        self.programs = self.operations = self.untouched = 0
        self.touched = collections.Counter()
        self.different = []  # (index, text)

    def add(self, other):
        self.programs += other.programs
        self.operations += other.operations
        self.untouched += other.untouched
        self.touched.update(other.touched)
        self.different += other.different


def run_model(model, text):
    """The traces that are right, and the differences; a model that breaks has a trace of its own."""
    try:
        return model.run(programs.read(text))
    except Exception as error:
        return [f"the-model-raised-{type(error).__name__}: {error}"], set()


def compare(model, outcome, index, text, trace):
    traces, touched = run_model(model, text)
    outcome.programs += 1
    outcome.operations += programs.count(programs.read(text))
    outcome.touched.update(touched)
    outcome.untouched += len(traces) > 1
    if any(expected != trace for expected in traces):
        outcome.different.append((index, text))


def run_chunk(arguments):
    """Generates and compares some programs, all with one process of the interpreter."""
    model_name, path, seed, first, count = arguments
    model = importlib.import_module(model_name)
    outcome = Outcome()
    last = first + count
    while first < last:
        command = [path, "generate", str(seed), str(first), str(last - first)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            lines = iter(process.stdout.readline, "")
            for text in lines:
                trace = next(lines, "")
                if not trace.endswith("\n"):
                    break
                compare(model, outcome, first, text.strip(), trace.strip())
                first += 1
            for _ in lines:
                pass
        if first < last:
            first = run_past_death(model, outcome, path, seed, first)
    return outcome


def run_past_death(model, outcome, path, seed, first):
    """The interpreter died, and what it had not written yet is lost: finds the program that it died of."""
    while True:
        command = [path, "generate", str(seed), str(first), "1"]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        text = subprocess.run([path, "print", *command[2:4]], stdout=subprocess.PIPE, text=True).stdout.strip()
        if result.returncode:
            compare(model, outcome, first, text, describe_death(result.returncode))
            return first + 1
        compare(model, outcome, first, text, result.stdout.splitlines()[1].strip())
        first += 1


def chunks(model_name, arguments):
    last = arguments.first + arguments.programs
    for first in range(arguments.first, last, CHUNK):
        yield model_name, arguments.interpreter, arguments.seed, first, min(CHUNK, last - first)


def run_all(model_name, arguments):
    outcome = Outcome()
    if arguments.jobs == 1:
        results = map(run_chunk, chunks(model_name, arguments))
        for result in results:
            outcome.add(result)
    else:
        with multiprocessing.Pool(arguments.jobs) as pool:
            for result in pool.imap_unordered(run_chunk, chunks(model_name, arguments)):
                outcome.add(result)
    outcome.different.sort()
    return outcome


def run_directed(model, hence, outcome):
    """Compares the programs of a file; gives those that differ, each with what it is."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), model.DIRECTED), encoding="utf-8") as lines:
        texts = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for index, text in enumerate(texts, 1):
        compare(model, outcome, index, text, hence.run(text))
    different = [(f"program {index} of {model.DIRECTED}", text) for index, text in outcome.different]
    print(f"{len(texts)} directed programs, {len(different)} differences", flush=True)
    return different


# ---- shown


def shrink(model, hence, text):
    def is_wrong(smaller):
        trace = hence.run(smaller)
        return any(expected != trace for expected in run_model(model, smaller)[0])

    return programs.shrink(text, is_wrong, model.simpler)


def show_program(model, hence, text):
    print(programs.show(programs.read(text)))
    trace = hence.run(text)
    traces, touched = run_model(model, text)
    print(f"  hence     {trace}")
    for expected, name in zip(traces, model.NAMES_OF_TRACES):
        print(f"  {name:9} {expected}")
    for name in sorted(touched):
        print(f"  {name:9} {model.DIFFERENCES[name]}")


def show_difference(model, hence, what, text):
    text = shrink(model, hence, text)
    print(f"{what}, as small as it gets, {programs.count(programs.read(text))} operations:")
    show_program(model, hence, text)
    print(f"  again     --program '{text}'\n", flush=True)


def show_outcome(model, outcome):
    print(f"{outcome.untouched:8} ran on the model as it is, too")
    for name in sorted(outcome.touched):
        print(f"{outcome.touched[name]:8} touched {name}: {model.DIFFERENCES[name]}")
    print(
        f"{outcome.programs} programs, {outcome.operations} operations, {len(outcome.different)} differences",
        flush=True,
    )


def run_one(model, hence, text):
    show_program(model, hence, text)
    traces, _ = run_model(model, text)
    if all(expected == hence.run(text) for expected in traces):
        return 0
    print()
    show_difference(model, hence, "this program", text)
    return 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--programs", type=int, default=20000, help="how many (20000)")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers (1)")
    parser.add_argument("--first", type=int, default=0, help="the first program's number (0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    parser.add_argument("--show", type=int, default=3, help="how many differences are made small and shown (3)")
    parser.add_argument("--no-directed", action="store_true", help="only the random ones")
    parser.add_argument("--program", help="run this one only, and show the traces")
    parser.add_argument("--interpreter", help="another interpreter than the one in the build directory")
    arguments = parser.parse_args()
    model = importlib.import_module(arguments.model)
    if arguments.interpreter is None:
        arguments.interpreter = os.path.join("tests", "conformance", model.INTERPRETER)
    arguments.interpreter = os.path.abspath(arguments.interpreter)
    if not os.access(arguments.interpreter, os.X_OK):
        sys.exit(f"{arguments.interpreter} is not there: run this in the build directory, after make check")

    hence = Hence(arguments.interpreter)
    if arguments.program is not None:
        sys.exit(run_one(model, hence, arguments.program))
    has_directed = hasattr(model, "DIRECTED") and not arguments.first and not arguments.no_directed
    different = run_directed(model, hence, Outcome()) if has_directed else []
    outcome = run_all(arguments.model, arguments)
    different += [(f"program {index} of seed {arguments.seed}", text) for index, text in outcome.different]
    for what, text in different[: arguments.show]:
        show_difference(model, hence, what, text)
    hence.end()
    show_outcome(model, outcome)
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
