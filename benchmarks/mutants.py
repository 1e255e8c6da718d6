"""Do the tests notice? A seeded sample of small faults, one at a time, and which of them survive.

Run it with ``nox -s mutants -- [--seed N] [--count N] [PATH ...]``, or as a script where the tests run. A fault turns
one comparison, sign, number, ``and``, ``not`` or condition of the code into its neighbour. The tests that concern it
run on a copy of the tree: first those that import the file's module, then the whole room's, then those that ``--also``
names. A fault that all of them pass is a survivor: the tests lack something, or the code does (a line that changes
nothing).
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PATHS = ("judgebench/stats", "judgebench/agreement")
COPIED = (
    "judgebench",
    "tasks",
    "tests",
    "docs",
    "results",
    "benchmarks",
    ".github",
    ".ci",
    "pyproject.toml",
    "noxfile.py",
)
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
#: Nothing in these is computed when the code runs, or Python 3.11 does not know where it stands.
OPAQUE = (ast.JoinedStr, ast.Import, ast.ImportFrom)


class Fault(NamedTuple):
    """One change of one expression."""

    path: Path
    line: int
    before: str
    after: str
    text: str


def neighbours(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what an expression could be by mistake."""
    match node:
        case ast.Compare(ops=[only]) if type(only) in OPERATORS:
            yield ast.Compare(node.left, [OPERATORS[type(only)]()], node.comparators)
        case ast.BinOp() if type(node.op) in OPERATORS and not isinstance(node.left, ast.Constant | ast.JoinedStr):
            yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        case ast.BoolOp():
            yield ast.BoolOp(OPERATORS[type(node.op)](), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield ast.Constant(node.value + 1)
        case ast.Constant(value=float()):
            yield ast.Constant(node.value * 1.25 if node.value else 1.0)
        case ast.IfExp():
            yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def computed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk over what is computed: no annotations, no strings, no module-level types."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_params"} or isinstance(node, OPAQUE):
            continue
        if isinstance(node, ast.If) and name == "body" and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from computed(child)


def faults(path: Path) -> Iterator[Fault]:
    """Yield every fault of a file."""
    text = path.read_text(encoding="utf-8")
    raw = text.encode()
    starts = [0]
    for line in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in computed(ast.parse(text)):
        for other in neighbours(node):
            first, last = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
            after = f"({ast.unparse(ast.fix_missing_locations(copy.deepcopy(other)))})"
            changed = (raw[:first] + after.encode() + raw[last:]).decode()
            yield Fault(path, node.lineno, " ".join(raw[first:last].decode().split()), after, changed)


def concerned(tree: Path, path: Path) -> list[list[str]]:
    """Return the tests of a file of the package: those that import its module, then those of its room."""
    module = ".".join(path.relative_to(tree).with_suffix("").parts)
    package, _, name = module.removesuffix(".__init__").rpartition(".")
    imports = re.compile(rf"\b{re.escape(module)}\b|from {re.escape(package)} import [^#\n]*\b{name}\b")
    files = sorted((tree / "tests").rglob("test_*.py"))
    direct = [str(file) for file in files if imports.search(file.read_text(encoding="utf-8"))]
    room = tree / "tests" / path.relative_to(tree / "judgebench").parts[0]
    return [tests for tests in (direct, [str(room)] if room.is_dir() else []) if tests]


def passes(tree: Path, tests: list[str], limit: float | None) -> bool:
    """Run tests on a tree; one that never ends has noticed, too."""
    settings = ["-x", "-q", "-n", "2", "--dist", "worksteal", "-p", "no:cacheprovider", "--rootdir", str(tree)]
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-c", str(tree / "pyproject.toml"), *settings, *tests],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(limit) in {0, 5}
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            return False


def main() -> None:
    """Sample faults, try each, and list the survivors."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", default=[Path(path) for path in PATHS])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--also", action="append", default=[], help="more tests, for faults that nobody else noticed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name).resolve() / "tree"
        tree.mkdir()
        for part in COPIED:
            (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, tree / part)
        inside = [tree / (path.resolve().relative_to(ROOT) if path.is_absolute() else path) for path in options.paths]
        files = sorted({file for path in inside for file in ([path] if path.is_file() else path.rglob("*.py"))})
        every = [fault for file in files for fault in faults(file)]
        drawn = random.Random(options.seed).sample(every, min(options.count, len(every)))
        print(f"{len(drawn)} of {len(every)} faults in {len(files)} files, seed {options.seed}")
        took: dict[tuple[str, ...], float] = {}
        survivors = []
        for number, fault in enumerate(drawn, 1):
            place = f"{fault.path.relative_to(tree)}:{fault.line}: {fault.before} -> {fault.after}"
            rounds = [*concerned(tree, fault.path), *([options.also] if options.also else [])]
            for tests in rounds:
                if (key := tuple(tests)) not in took:
                    began = time.monotonic()
                    if not passes(tree, tests, None):
                        sys.exit(f"without any fault these fail: {' '.join(tests)}")
                    took[key] = time.monotonic() - began
            original = fault.path.read_text(encoding="utf-8")
            fault.path.write_text(fault.text, encoding="utf-8")
            noticed = not all(passes(tree, tests, 3 * took[tuple(tests)] + 30) for tests in rounds)
            fault.path.write_text(original, encoding="utf-8")
            survivors += [] if noticed else [place]
            print(f"{number:>3} {'noticed ' if noticed else 'SURVIVED'} {place}", flush=True)
    print(f"\n{len(survivors)} of {len(drawn)} survived")
    print("\n".join(survivors))


if __name__ == "__main__":
    main()
