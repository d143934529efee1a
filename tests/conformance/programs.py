# SPDX-License-Identifier: BSD-3-Clause
"""Programs as trees: read, shown, made smaller. What the words mean is not known here.

An operation is a list: a word, then numbers and blocks. A block is numbered from 1 in the order of the
opening braces; the last operation in it is its outcome.
"""


class Block:
    __slots__ = ("number", "nodes")

    def __init__(self, number, nodes=None):
        self.number = number
        self.nodes = [] if nodes is None else nodes


NUMBERS = {str(i): i for i in range(100)}


def read(text):
    """The operations of a program."""
    nodes = program = []
    node = None
    around = []
    blocks = 0
    for token in text.split():
        number = NUMBERS.get(token)
        if number is not None:
            node.append(number)
        elif token == "{":
            blocks += 1
            block = Block(blocks)
            node.append(block)
            around.append(nodes)
            nodes = block.nodes
        elif token == "}":
            nodes = around.pop()
            node = nodes[-1]
        else:
            node = [token]
            nodes.append(node)
    return program


def write_node(node):
    words = []
    for part in node:
        if isinstance(part, Block):
            words += ["{", *(write_node(inner) for inner in part.nodes), "}"]
        else:
            words.append(str(part))
    return " ".join(words)


def write(program):
    """The program on one line."""
    return " ".join(write_node(node) for node in program)


def show(program, indent="    "):
    """The program with a line for each operation, and the numbers of its blocks."""
    lines = []
    blocks = 0

    def show_node(node, margin):
        nonlocal blocks
        line = margin
        for part in node:
            if not isinstance(part, Block):
                line += f"{part} "
                continue
            blocks += 1
            if len(part.nodes) == 1:
                line += f"{{{blocks}: {write_node(part.nodes[0])} }} "
                continue
            lines.append(f"{line}{{{blocks}:")
            for inner in part.nodes:
                show_node(inner, margin + "    ")
            line = margin + "} "
        lines.append(line.rstrip())

    for node in program:
        show_node(node, indent)
    return "\n".join(lines)


def count(program):
    """How many operations there are, outcomes not counted."""
    total = 0
    for node in program:
        total += 1
        for part in node:
            if isinstance(part, Block):
                total += count(part.nodes[:-1])
    return total


# ---- made smaller


def lists_of(nodes, outcome):
    """Every list of operations in a tree, as (list, how many at its end must stay)."""
    yield nodes, outcome
    for node in nodes:
        for part in node:
            if isinstance(part, Block):
                yield from lists_of(part.nodes, 1)


def without_some(program):
    """Programs with some operations in a row left out, long rows first."""
    text = write(program)
    longest = max(len(nodes) for nodes, _ in lists_of(program, 0))
    size = longest
    while size:
        for which, (nodes, outcome) in enumerate(lists_of(program, 0)):
            for begin in range(len(nodes) - outcome - size, -1, -1):
                copy = read(text)
                for i, (found, _) in enumerate(lists_of(copy, 0)):
                    if i == which:
                        del found[begin : begin + size]
                        break
                yield copy
        size //= 2


def with_blocks_opened(program):
    """Programs where what stands in a block stands before its operation instead."""
    text = write(program)
    for which, (nodes, _) in enumerate(lists_of(program, 0)):
        for i, node in enumerate(nodes):
            for j, part in enumerate(node):
                if isinstance(part, Block) and len(part.nodes) > 1:
                    copy = read(text)
                    for k, (found, _) in enumerate(lists_of(copy, 0)):
                        if k == which:
                            inner = found[i][j].nodes
                            found[i:i] = inner[:-1]
                            del inner[:-1]
                            break
                    yield copy


def with_simpler(program, simpler):
    """Programs with one word or number replaced by a simpler one."""
    text = write(program)
    for which, (nodes, _) in enumerate(lists_of(program, 0)):
        for i, node in enumerate(nodes):
            for replacement in simpler(node):
                copy = read(text)
                for k, (found, _) in enumerate(lists_of(copy, 0)):
                    if k == which:
                        found[i] = replacement(found[i])
                        break
                yield copy


def shrink(text, is_wrong, simpler):
    """The smallest program to be found for which is_wrong(text) holds, by leaving out and simplifying."""
    seen = {text}

    def find(candidates):
        for candidate in candidates:
            smaller = write(candidate)
            if smaller not in seen:
                seen.add(smaller)
                if is_wrong(smaller):
                    return smaller
        return None

    while True:
        before = text
        for candidates in without_some, with_blocks_opened, lambda program: with_simpler(program, simpler):
            while True:
                smaller = find(candidates(read(text)))
                if smaller is None:
                    break
                text = smaller
        if text == before:
            return text
