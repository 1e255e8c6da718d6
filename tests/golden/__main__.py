"""Keep and compare everything that the commands print: `python tests/golden --help`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(place for place in sys.path if place != str(HERE))]

from golden.against import against  # noqa: E402 - importable once the folder is on the path
from golden.outputs import digests, play  # noqa: E402 - importable once the folder is on the path

KEPT = HERE / "samples.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tests/golden", description=__doc__)
    parser.add_argument("--against", metavar="REV", help="compare the working tree's outputs with a revision's")
    parser.add_argument(
        "--data", action="store_true", help="with --against: the list on JUDGEBENCH_DATA, not the samples"
    )
    parser.add_argument("--keep", action="store_true", help=f"write the digests of the samples' outputs to {KEPT.name}")
    parser.add_argument("--play", choices=("samples", "data"), help="write a list's outputs, with --into")
    parser.add_argument("--into", type=Path, metavar="DIR", help="where to")
    parser.add_argument("--only", default="", metavar="TEXT", help="only scenes whose name starts so")
    asked = parser.parse_args()
    if asked.against:
        if asked.data and not os.environ.get("JUDGEBENCH_DATA"):
            parser.error("--data needs JUDGEBENCH_DATA")
        return int(against(asked.against, "data" if asked.data else "samples", asked.only) > 0)
    if asked.keep:
        keep(asked.only)
    elif asked.play and asked.into:
        write(asked.play, asked.into, asked.only)
    else:
        parser.error("give --against REV, --keep, or --play LIST --into DIR")
    return 0


def keep(only: str) -> None:
    from golden.commands import SAMPLES

    known = json.loads(KEPT.read_text("utf-8")) if only else {}
    kept: dict[str, str] = {name: digest for name, digest in known.items() if not name.startswith(only)}
    for scene in SAMPLES:
        if not scene.foreign and scene.name.startswith(only):
            with tempfile.TemporaryDirectory(prefix="golden-") as folder:
                kept |= digests(play(scene, Path(folder)))
    KEPT.write_text(json.dumps(kept, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(kept)} digests in {KEPT.name}")


def write(which: str, into: Path, only: str) -> None:
    from golden.commands import SAMPLES
    from golden.recorded import recorded

    for scene in SAMPLES if which == "samples" else recorded(Path(os.environ["JUDGEBENCH_DATA"]).resolve()):
        if not scene.name.startswith(only):
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="golden-") as folder:
            found = play(scene, Path(folder))
        for name, content in found.items():
            file = into / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        print(f"{scene.name}: {len(found)} outputs, {time.monotonic() - began:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
