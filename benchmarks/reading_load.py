"""How much there is to read: lines by kind in each room, and what a reader meets who follows a command end to end.

Run it with ``python benchmarks/reading_load.py TREE [TREE ...]``; a TREE is a checkout, of any version, and several
stand side by side. It needs the package's own dependencies, and nothing beyond this machine.

Lines: each physical line of ``judgebench/`` is of one kind, the first that applies of docstring, signature (``def`` to
its colon, decorators included), import, code, comment, blank. Reading load: the command runs on samples in a process of
its own under a profiler; every function of the package that was entered counts with its whole definition, docstring and
decorators included, and a line counts once.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import tokenize
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A line that could be of several kinds is of the first.
KINDS = ("docstring", "signature", "import", "code", "comment", "blank")
LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: What is followed; ``{server}`` is an OpenAI-compatible server that always answers ``[[A]]``.
PREPARE = ("run", "--judge", "baseline/longest", "--judge", "baseline/random", "--task", "pandalm", "--sample")
COMMANDS = {
    "score": ("score", "runs", "--policy", "order=both-right"),
    "run": ("run", "--judge", "baseline/first", "--task", "pandalm", "--sample"),
    "run, a server": ("run", "--judge", "server/m", "--base-url", "{server}", "--task", "pandalm", "--sample"),
    "leaderboard": ("leaderboard", "runs"),
    "alt-test": ("alt-test", "runs", "--min-items", "5"),
}
#: Runs one command of the package and writes down which functions of it were entered; argv: FILE PACKAGE ARGUMENT...
CHILD = """
import json, sys, threading
from pathlib import Path
out, package, *arguments = sys.argv[1:]
seen = set()
def entered(frame, event, argument):
    if event == "call":
        seen.add(frame.f_code)
threading.setprofile(entered)
sys.setprofile(entered)
sys.argv = ["judgebench", *arguments]
code = 0
try:
    from judgebench.__main__ import main
    main()
except SystemExit as ended:
    code = ended.code or 0
sys.setprofile(None)
threading.setprofile(None)
found = {(c.co_filename, c.co_firstlineno) for c in list(seen) if c.co_filename.startswith(package)}
Path(out).write_text(json.dumps(sorted(found)))
sys.exit(code)
"""


class Load(NamedTuple):
    """What a reader meets who follows one command."""

    functions: int
    files: int
    lines: int


def kinds(path: Path) -> Counter[str]:
    """Count the lines of a file by kind."""
    text = path.read_text(encoding="utf-8")
    of: dict[int, str] = {}
    for kind, first, last in sorted([*parsed(ast.parse(text)), *tokens(text)], key=lambda mark: KINDS.index(mark[0])):
        for line in range(first, last + 1):
            of.setdefault(line, kind)
    return Counter(of.get(line, "blank") for line in range(1, len(text.splitlines()) + 1))


def parsed(tree: ast.Module) -> Iterator[tuple[str, int, int]]:
    """Yield the lines of docstrings, signatures and imports."""
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Module, ast.ClassDef, *DEFINITIONS))
            and ast.get_docstring(node, clean=False) is not None
        ):
            yield "docstring", node.body[0].lineno, node.body[0].end_lineno or 0
        if isinstance(node, DEFINITIONS):
            # A body on the line of its `def` belongs to the signature.
            yield "signature", start(node), max(node.lineno, node.body[0].lineno - 1)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield "import", node.lineno, node.end_lineno or 0


def tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the lines of comments and of any code."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield "comment", token.start[0], token.end[0]
        elif token.type not in LAYOUT:
            yield "code", token.start[0], token.end[0]


def start(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the first line of a definition, decorators included: where its code object says that it starts."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def rooms(tree: Path) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Count the lines of each room by kind, and its files."""
    lines: dict[str, Counter[str]] = defaultdict(Counter)
    files: Counter[str] = Counter()
    for path in sorted((tree / "judgebench").rglob("*.py")):
        first, *more = path.relative_to(tree / "judgebench").parts
        room = f"{first}/" if more else "top level"
        lines[room] += kinds(path)
        files[room] += 1
    return lines, files


def definitions(path: Path) -> dict[int, tuple[int, int]]:
    """Map the first line of each function of a file to its first and last one."""
    found = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, DEFINITIONS)]
    return {start(node): (start(node), node.end_lineno or node.lineno) for node in found}


def load(entered: list[tuple[str, int]]) -> Load:
    """Sum up the definitions that were entered; lambdas and comprehensions are part of what is around them."""
    functions, lines, known = set(), set(), {}
    for name, first in entered:
        if not Path(name).is_file():
            continue  # code that a library made, such as a dataclass's methods
        if name not in known:
            known[name] = definitions(Path(name))
        if first in known[name]:
            begin, end = known[name][first]
            functions.add((name, first))
            lines.update((name, line) for line in range(begin, end + 1))
    return Load(len(functions), len({name for name, _ in functions}), len(lines))


class Answers(BaseHTTPRequestHandler):
    """A server that knows one answer."""

    def do_POST(self) -> None:
        """Say that A is better."""
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "[[A]]"}}
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        body = json.dumps({"id": "1", "object": "chat.completion", "model": "m", "choices": [message], "usage": usage})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def follow(tree: Path, server: str) -> dict[str, Load]:
    """Run every command on a tree's samples and sum up what it entered."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder, output = Path(name), Path(name) / "entered.json"
        for title, command in {"": PREPARE, **COMMANDS}.items():
            words = [word.format(server=server) for word in command]
            done = subprocess.run(
                [sys.executable, "-c", CHILD, str(output), str(tree / "judgebench"), *words],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
            if done.returncode:
                sys.exit(f"{tree}: judgebench {' '.join(words)}: exit code {done.returncode}\n{done.stderr}")
            if title:
                found[title] = load([(file, line) for file, line in json.loads(output.read_text())])
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("trees", nargs="+", type=Path, metavar="TREE")
    trees = [tree.resolve() for tree in parser.parse_args().trees]
    if missing := [str(tree) for tree in trees if not (tree / "judgebench" / "__init__.py").is_file()]:
        sys.exit(f"no judgebench/ in {', '.join(missing)}")
    counted = [rooms(tree) for tree in trees]
    for tree, (lines, files) in zip(trees, counted, strict=True):
        print(f"\n{tree.name}\n{'room':<14}" + "".join(f"{kind:>11}" for kind in (*KINDS, "all", "files")))
        total = sum(lines.values(), Counter())
        for room, of in [*sorted(lines.items(), key=lambda row: -row[1].total()), ("all", total)]:
            cells = [*(of[kind] for kind in KINDS), of.total(), files[room] if room != "all" else files.total()]
            print(f"{room:<14}" + "".join(f"{cell:>11,}" for cell in cells))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    followed = [follow(tree, f"http://127.0.0.1:{server.server_port}/v1") for tree in trees]
    server.shutdown()
    print(f"\n{'command':<14}{'':<11}" + "".join(f"{tree.name:>14}" for tree in trees))
    for command in COMMANDS:
        for kind in Load._fields:
            cells = "".join(f"{getattr(of[command], kind):>14,}" for of in followed)
            print(f"{command if kind == 'functions' else '':<14}{kind:<11}{cells}")


if __name__ == "__main__":
    main()
