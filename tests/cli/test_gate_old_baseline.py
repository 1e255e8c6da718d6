"""A gate against a baseline file that an earlier version wrote."""

from __future__ import annotations

from dataclasses import replace

from report.gate_rows import RUN, planted, store, verdicts

from judgebench.report.gate import baseline

#: A baseline as it was written before a run's conditions stood in it.
BEFORE_CONDITIONS = """\
{
  "schema": "judgebench.baseline/1",
  "task": "planted",
  "revision": "r1",
  "content": "c1",
  "judge": "server/old",
  "judge_digest": "cc4efea4737717fbc00076e3",
  "scale": "check",
  "policies": {"order": "mean", "tie": "class", "invalid": "wrong", "gold": "majority"},
  "gold_source": "human",
  "gold_digest": "e2cbd0eb75f490a277557e2da5b0f79d",
  "orders": "original",
  "repeats": 1,
  "reference": "none",
  "figures": {
    "coverage": 1.0,
    "cohen_kappa": [0.5, -0.331434, 0.89431],
    "percent_agreement": [0.75, 0.409275, 0.928521],
    "true_positive_rate": [0.5, 0.150039, 0.849961],
    "true_negative_rate": [1.0, 0.510109, 1.0],
    "gwet_ac1": [0.529412, -0.451214, 0.930871]
  },
  "items": 8,
  "item_digest": "d1740e47a1f3e7018cf7b1dce9b8e306",
  "verdicts": {
    "item 0000": {"0": "incorrect"},
    "item 0001": {"0": "correct"},
    "item 0002": {"0": "incorrect"},
    "item 0003": {"0": "incorrect"},
    "item 0004": {"0": "incorrect"},
    "item 0005": {"0": "correct"},
    "item 0006": {"0": "incorrect"},
    "item 0007": {"0": "incorrect"}
  },
  "checksum": "1db15075d847a40df2c9eda0f1326f72"
}
"""


def test_a_baseline_from_before_conditions_is_read_as_it_is(judgebench, tmp_path):
    gold, first, _ = planted(8)
    old = store(tmp_path, RUN, verdicts(gold, first))
    new = store(
        tmp_path, replace(RUN, settings={"model": "m", "prompts": {"pair": "strict/1@123456"}}), verdicts(gold, first)
    )
    file = tmp_path / "line.json"
    file.write_text(BEFORE_CONDITIONS, encoding="utf-8")
    assert baseline.read(file).conditions == {}
    for run in (old, new):
        by_file, by_run = (
            judgebench("gate", run, "--against", one, "--format", "json").document() for one in (file, old)
        )
        # It can't say what it doesn't hold: only the conditions of the baseline differ.
        assert by_file["lines"] == by_run["lines"]
        assert (by_file["state"], by_file["items"]) == (by_run["state"], 8)
    renewed = judgebench("gate", old, "--against", file, "--update")
    assert (renewed.code, " before, " in renewed.err) == (0, False), "a field more is no change"
    assert "8 items: verdicts of 0 changed, 0 new, 0 gone" in renewed.err
    assert baseline.read(file).conditions == RUN.conditions.named()
