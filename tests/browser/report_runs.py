"""Runs that the tests of reports open: asked by the command line, as a user's are."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import processes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: What a page may never obey: each would show in the title, a dialog, a request or an element.
HOSTILE = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>alert('owned')</script>",
    "<!-- <script>",
    "<svg onload=alert('owned')><foreignObject>",
    "javascript:alert('owned')",
    "[link](javascript:alert('owned'))",
    "<a href=\"javascript:alert('owned')\" id=owned>click</a>",
    "{{ 7 * 7 }} {% for x in y %} ${alert('owned')} #{1}",
    "<style>body{display:none}</style><base href='http://127.0.0.1:9/'>",
    "http://127.0.0.1:9/x.png",
    "\u202eright to left\u202c \u2066isolated\u2069 \u200b\ufeff",
    "\x00 \x1b[31mred\x1b]0;owned\x07 \x08 \r carriage",
    "unpaired \ud800 and \udfff",
    '=HYPERLINK("http://127.0.0.1:9")',
    "</textarea></title></noscript><plaintext>",
    "Ω ≈ 🙈 👩‍👩‍👧 \u0645\u0631\u062d\u0628\u0627 \u2028 \u2029",
)

_JUDGES = '''"""Judges of the tests: what they say is made of what they are shown."""

import json
from pathlib import Path

WORDS = json.loads(Path(__file__).with_name("hostile.json").read_text("utf-8"))


def longer(case, scale):
    a, b = case.responses
    if len(a.text) == len(b.text):
        return "tie", "Both are as long as each other."
    return ("A" if len(a.text) > len(b.text) else "B"), "The longer one says more, and " + case.item.question[:40]


def hostile(case, scale):
    number = sum(map(ord, case.item.id))
    words = WORDS[number % len(WORDS)]
    if number % 5 == 0:
        raise ValueError(words)
    return ("ABC"[number % 3], words + " " + "x" * (30000 if number % 7 == 0 else 3))
'''


def command(*arguments: object, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `judgebench …`; it has to end with this exit code."""
    home = os.pathsep.join(filter(None, [str(cwd), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-m", "judgebench", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": home},
        capture_output=True,
        text=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == code, done.stderr[-2000:]
    return done


def write_judges(folder: Path) -> None:
    """Put the judges ``judging:longer`` and ``judging:hostile`` into a folder."""
    (folder / "judging.py").write_text(_JUDGES, "utf-8")
    (folder / "hostile.json").write_text(json.dumps(HOSTILE), "utf-8")


def write_pairs(file: Path, rows: Sequence[dict[str, object]]) -> None:
    """Write rows in PandaLM's published format."""
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")


def hostile_pairs() -> list[dict[str, object]]:
    """Make a few pairs whose every text is hostile."""
    return [
        {
            "idx": i,
            "motivation_app": words,
            "cmp_key": f"{name_of(words)}_{name_of(words[::-1])}",
            "instruction": words,
            "input": HOSTILE[(i + 1) % len(HOSTILE)],
            "response1": words,
            "response2": f"{words} {'<b>' * 9000 if i == 3 else ''}",
            "annotator1": i % 3,
            "annotator2": i % 2,
            "annotator3": 1,
        }
        for i, words in enumerate(HOSTILE)
    ]


def name_of(words: str) -> str:
    """Make a system's name that the format can hold: two names are parted by an underscore."""
    return words.replace("_", "-") or "-"


def many_pairs(count: int) -> list[dict[str, object]]:
    """Make pairs of plain sentences, always the same ones."""
    rng = random.Random(5)
    nouns = [
        "river",
        "lamp",
        "garden",
        "window",
        "letter",
        "bridge",
        "engine",
        "harbour",
        "teacher",
        "violin",
        "market",
        "forest",
    ]
    verbs = [
        "opens",
        "follows",
        "repairs",
        "describes",
        "carries",
        "paints",
        "answers",
        "measures",
        "hides",
        "remembers",
    ]

    def sentence() -> str:
        return f"The {rng.choice(nouns)} {rng.choice(verbs)} the {rng.choice(nouns)} near the {rng.choice(nouns)}."

    rows: list[dict[str, object]] = []
    for i in range(count):
        question = " ".join(sentence() for _ in range(3))
        answers = [" ".join(sentence() for _ in range(rng.randint(2, 8))) for _ in range(2)]
        gold = rng.choice((0, 1, 1, 2, 2))
        rows.append(
            {
                "idx": i,
                "motivation_app": rng.choice(("Mail", "Notes", "Maps")),
                "cmp_key": "alder-7b_birch-7b" if i % 2 else "cedar-7b_birch-7b",
                "instruction": f"Task {i // 2}: {question}",
                "input": "",
                "response1": answers[0],
                "response2": answers[1],
                "annotator1": gold,
                "annotator2": gold if i % 4 else 0,
                "annotator3": gold,
            }
        )
    return rows


def until(tab: Any, expression: str) -> None:
    """Wait until an expression holds; playwright's own waiting evaluates strings, which the page's policy forbids."""
    processes.until(
        lambda: tab.evaluate(expression),
        told=lambda: f"{expression}; {tab.text_content('#count')}",
        pause=lambda _: tab.wait_for_timeout(30),
    )
