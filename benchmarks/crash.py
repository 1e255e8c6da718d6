"""A run of 200,000 judgments, killed ten times: requests, memory, and whether the final file is another.

Run it with ``python benchmarks/crash.py [--items 100000] [--kills 10] [--in-flight 64] [--seed 0] [--folder DIR]``.
Every item is shown in both orders to a judge that logs each request and answers after 2 ms. The moments of the kills
are drawn by the seed among all requests. Exit code 1 where a case was asked again without need, the process took 300
MB, or the final file is not that of an undisturbed run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "store"))

from crashing import but_for_times, run

from judgebench.store.lines import VERDICTS

MOST = 300.0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        how = {"in_flight": options.in_flight, "seed": options.seed}
        whole = run(Path(folder) / "whole", options.items, kills=0, **how)
        killed = run(Path(folder) / "killed", options.items, kills=options.kills, **how)
        cases = 2 * options.items
        again = killed.requests.total() - cases
        bound = killed.kills * options.in_flight
        one, other = whole.path / VERDICTS, killed.path / VERDICTS
        same = all(a == b for a, b in zip(but_for_times(one), but_for_times(other), strict=True))
        identical = one.read_bytes() == other.read_bytes()
        print(f"cases {cases:,}, in flight {options.in_flight}, kills {killed.kills}, seed {options.seed}")
        for name, run_ in (("undisturbed", whole), ("killed", killed)):
            print(f"{name:<12}{run_.seconds:.0f} s, {run_.peak:.0f} MB at most, {run_.requests.total():,} requests")
        print(f"asked again {again}, at the kills were in flight at most {bound}")
        print(f"requests of one case at most {max(killed.requests.values())}")
        print(f"final files the same but for times: {same}; to the byte: {identical}")
        fine = len(killed.requests) == cases and again <= bound and same and max(whole.peak, killed.peak) < MOST
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
