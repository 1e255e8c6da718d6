"""How often nominal 95 % intervals hold the truth, and how often tests of nothing find something: today's and CR1's.

``python benchmarks/coverage [PART ...] [--sims 2000] [--seed 0]`` prints Markdown tables: each cell (a
population and a design, see designs.py) with every figure, then a line per design. True values are exact, but where
people rotate. The Monte Carlo error of a coverage of .95 is .005 with 2,000 data sets. All parts take about an hour.

Parts:
  tables       figures of a check: prevalence .5 to .02, kappa 0 to .98, the judge's margins gold's or not
  classes      three nominal labels
  ratings      1 to 5, skewed and flat
  uneven       a check whose base rates differ wildly between questions
  differences  type I error of a paired difference
  ranks        false order among eight equal judges
  people       ceilings, the ratio to them, alpha of many raters, two-way clusters
  numbers      continuous ratings, and scores: AUC, Brier score, calibration
The one-sided bounds of a gate are in benchmarks/gate.py.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

import intervals
import judges
import numbers_given
import people
from measured import tabulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARTS: dict[str, Callable[[int, int], Iterator[str]]] = {
    **{name: partial(intervals.run, name) for name in intervals.PARTS},
    **judges.PARTS,
    **people.PARTS,
    **numbers_given.PARTS,
}


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], default=list(PARTS))
    parser.add_argument("--sims", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    tabulate()
    for part in options.part:
        for line in PARTS[part](options.sims, options.seed):
            print(line, flush=True)


if __name__ == "__main__":
    main()
