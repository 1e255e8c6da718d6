"""`judgebench probe` on plain verdicts: the commands of docs/probes/observed.md, and the reference's figures."""

from __future__ import annotations

import pytest

QUICK = ("-q", "--format", "json")
V1 = "judging_the_judges/TriviaQA_Judges_w_HumanJudgement_V1.csv.gz"


@pytest.fixture
def probed(judgebench, data_dir):
    """Call it as documented, and give its rows by probe (and judge, where there are several)."""

    def call(*arguments):
        found = judgebench("probe", *arguments, *QUICK, env={"JUDGEBENCH_DATA": str(data_dir)})
        assert found.code == 0, found.err
        return found.document()["rows"]

    return call


def near(figure, value, tolerance=5e-7):
    return figure["value"] == pytest.approx(value, abs=tolerance)


@pytest.mark.data
@pytest.mark.parametrize(
    ("base", "n", "consistency", "primacy", "recency", "preference", "excess"),
    [
        ("GPT-4", 419, 0.911695, 19, 18, -0.002387, 0.182254),
        ("ChatGPT", 419, 0.610979, 159, 4, -0.369928, 0.374101),
        ("LLaMA2", 418, 0.772727, 77, 18, -0.141148, 0.460432),
    ],
)
def test_llmbar(probed, base, n, consistency, primacy, recency, preference, excess):
    """statistics.md 7; of its five judges the data hold three, whose "vanilla" files are named Vanilla_NoRules."""
    judge = ("--judge", f"replay:{base}|Vanilla_NoRules", "--task", "llmbar")
    [row] = probed(*judge, "--probe", "position")
    figures = row["figures"]
    assert row["cases"] == n
    assert near(figures["position_consistency"], consistency)
    assert near(figures["primacy"], primacy / n)
    assert near(figures["recency"], recency / n)
    assert near(figures["position_preference"], preference)
    # SE^2 = ((R + P) / N - PF^2) / N, but for N / (N - 1) and a few instructions that pairs share.
    plain = (((recency + primacy) / n - preference**2) / (n - 1)) ** 0.5
    assert figures["position_preference"]["se"] == pytest.approx(plain, rel=5e-3)
    if base == "GPT-4":
        assert row["p"] == 1
    # The reference's excess is that of the first order.
    [row] = probed(*judge, "--order", "original", "--probe", "length")
    assert near(row["figures"]["excess_longer"], excess)
    if base == "GPT-4":
        assert near(row["figures"]["gold_longer"], 0.270983)


@pytest.mark.data
def test_o1_mini_on_judgebench(probed):
    [row] = probed("--judge", "replay:o1-mini-2024-09-12", "--task", "judgebench", "--probe", "position")
    figures = row["figures"]
    assert near(figures["position_consistency"], 0.685714)
    assert (round(350 * figures["primacy"]["value"]), round(350 * figures["recency"]["value"])) == (74, 36)
    assert near(figures["position_preference"], -0.108571)
    assert row["p"] == pytest.approx(0.000371251, abs=5e-10)
    assert row["led"]


@pytest.mark.data
def test_leniency_on_triviaqa(probed, data_dir):
    known = {
        "JudgeLM": (0.680694, 0.192682),
        "Gemma-2B": (0.379968, 0.869353),
        "Llama3-8B": (0.632421, 0.739457),
        "Mistral-7B": (0.699984, 0.872313),
        "GPT-4": (0.776528, 0.764295),
    }
    judges = [word for name in known for word in ("--judge-col", name)]
    table = ("--csv", data_dir / V1, *judges, "--gold-col", "HumanJudgement", "--probe", "leniency")
    rows = probed(*table)
    for row in rows:
        knows, lenient = known[row["judge"]]
        assert near(row["figures"]["P_c"], knows)
        assert near(row["figures"]["P_+"], lenient)
    assert len(rows) == 5
    # That of independent rows, but for n / (n - 1) of either class.
    assert rows[0]["figures"]["P_+"]["se"] == pytest.approx(0.019150, rel=5e-4)
    clustered = probed("--judge", "replay:JudgeLM", "--task", "triviaqa:v1", "--probe", "leniency")[0]["figures"]
    assert near(clustered["P_+"], 0.192682)
    assert clustered["P_+"]["se"] > 0.019150 * 1.3


@pytest.mark.data
@pytest.mark.parametrize(
    ("judge", "slope", "se", "n"),
    [
        ("gpt-3.5-turbo", 0.0841755239828, 0.0916222239972, 936),
        ("pandalm-7b", -0.0217251726987, 0.0835477330332, 892),
    ],
)
def test_length_logit_on_pandalm(probed, judge, slope, se, n):
    """R's glm: its errors are those of independent rows."""
    [row] = probed("--judge", f"replay:{judge}", "--task", "pandalm", "--probe", "length")
    plain, clustered = row["figures"]["length_logit_model"], row["figures"]["length_logit"]
    assert near(plain, slope, 1e-9)
    assert plain["se"] == pytest.approx(se, abs=1e-7)
    assert plain["n"] == n
    assert clustered["value"] == plain["value"]
    assert clustered["se"] > plain["se"]  # 170 questions


@pytest.mark.data
def test_self_preference_on_triviaqa(probed):
    own = ("--own-system", "gpt-4t", "--probe", "self-preference")
    [row] = probed("--judge", "replay:GPT-4", "--task", "triviaqa:v1", *own)
    figures = row["figures"]
    # The reference has the difference of two rounded shares.
    assert near(figures["equal_opportunity"], 0.032793, 1e-6)
    assert near(figures["false_positive_difference"], 0.207292)
    assert figures["wrongly_accepted_own"]["n"] == 35
    assert row["led"]


@pytest.mark.data
def test_baselines_on_evalbiasbench(probed):
    """Constructed pairs without recorded verdicts: what a length bias does there, and that a place does nothing."""
    judges = ("--judge", "baseline/longest", "--judge", "baseline/first")
    rows = probed(*judges, "--task", "evalbiasbench", "--probe", "length", "--probe", "position")
    found = {(row["judge"], row["probe"]): row for row in rows}
    assert found["baseline/longest", "length"]["figures"]["longer"]["value"] == 1
    assert found["baseline/longest", "length"]["led"]
    assert not found["baseline/longest", "position"]["led"]
    assert near(found["baseline/first", "position"]["effect"], 0.5)
    assert not found["baseline/first", "length"]["led"]


PAIRS = """id,bias,before,after,placebo,label
1,tone,A,B,A,A
2,tone,A,B,A,A
3,tone,B,B,B,B
4,length,A,A,A,A
5,length,B,B,B,A
6,length,B,A,A,B
"""


def test_pairs_before_and_after(judgebench, tmp_path):
    (tmp_path / "pairs.csv").write_text(PAIRS)
    columns = ("--before-col", "before", "--judge-col", "after", "--gold-col", "label", "--id-col", "id")
    table = ("probe", "--csv", "pairs.csv", *columns)
    rows = judgebench(*table, "--subset-col", "bias", "--placebo-col", "placebo", *QUICK).document()["rows"]
    value = {row["probe"]: row["figures"]["bias_sensitive_rate"]["value"] for row in rows}
    assert value == {"tone": pytest.approx(2 / 3), "length": pytest.approx(1 / 2)}
    assert {row["against"] for row in rows} == {"placebo"}
    [row] = judgebench(*table, *QUICK).document()["rows"]
    assert (row["probe"], row["against"]) == ("change", "before")
    assert row["effect"]["value"] == pytest.approx(5 / 6 - 2 / 6)


def test_a_benchmark_of_pairs(judgebench):
    judge = ("--judge", "baseline/longest", "--task", "judgebiasbench", "--sample")
    assert judgebench("run", *judge, "-q").code == 0
    rows = judgebench("probe", "runs", *QUICK).document()["rows"]
    found = {row["probe"]: row["figures"] for row in rows if row["probe"].startswith("biased/")}
    assert len(found) == 9
    assert "bias_sensitive_rate" in found["biased/length"]


TABLE = """id,q,first,second,a,b,by_a,by_b,gold
1,1,A,A,short,a longer one,m,n,A
2,1,A,B,short,a longer one,n,m,B
3,2,A,A,the longest one,short,m,n,A
4,3,B,B,short,a longer one,n,m,A
"""


def test_a_table_with_orders_lengths_and_systems(judgebench, tmp_path):
    (tmp_path / "verdicts.csv").write_text(TABLE)
    roles = {"judge": "first", "second-order": "second", "gold": "gold", "id": "id", "cluster": "q"}
    columns = [word for role, name in roles.items() for word in (f"--{role}-col", name)]
    columns += ["--picks", "answer", "--answer-col", "a", "--answer-col", "b"]
    columns += ["--system-col", "by_a", "--system-col", "by_b", "--own-system", "m"]
    rows = judgebench("probe", "--csv", "verdicts.csv", *columns, *QUICK).document()["rows"]
    found = {row["probe"]: row for row in rows}
    assert set(found) == {"position", "length", "self-preference"}
    assert found["position"]["figures"]["position_consistency"]["value"] == 0.75
    assert found["position"]["questions"] == 3
    assert found["length"]["figures"]["longer"]["value"] == pytest.approx(5 / 8)
    assert found["self-preference"]["figures"]["equal_opportunity"]["value"] == pytest.approx(5 / 6)
    other = judgebench("probe", "--csv", "verdicts.csv", *columns[:12], "--probe", "leniency")
    assert other.code == 3
    assert "leniency" in other.err


def test_lengths_without_ids(judgebench, tmp_path):
    (tmp_path / "t.csv").write_text("j,g,a,b\nA,A,xx,y\nB,,xx,y\nA,B,xx,y\nB,B,x,yy\n")
    table = ("probe", "--csv", "t.csv", "--judge-col", "j", "--gold-col", "g", "--answer-col", "a", "--answer-col", "b")
    [row] = judgebench(*table, "--probe", "length", *QUICK).document()["rows"]
    assert (row["cases"], row["figures"]["longer"]["value"]) == (3, 1)
    kept = judgebench(*table, "--probe", "length", "--where", "g is not empty")
    assert (kept.code, "--id-col" in kept.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--csv", "t.csv", "--gold-col", "gold"), "--judge-col"),
        (("--csv", "t.csv", "--before-col", "first", "--gold-col", "gold"), "--before-col"),
        (("--before-col", "first"), "--csv"),
        (("--judge", "baseline/first", "--task", "pandalm", "--judge-col", "j"), "--judge-col"),
        (("--csv", "t.csv", "--judge-col", "first", "--gold-col", "gold", "--family", "m"), "NAME=FAMILY"),
        (("--csv", "t.csv", "--judge-col", "first", "--gold-col", "gold", "--turns-col", "q"), "--turns-col"),
        (
            ("--csv", "t.csv", "--judge-col", "first", "--gold-col", "gold", "--answer-col", "a", "--length-col", "b"),
            "--length-col",
        ),
        (("--csv", "t.csv", "--judge-col", "first", "--gold-col", "gold", "--length-col", "a"), "is not a length"),
    ],
)
def test_what_is_refused(judgebench, tmp_path, arguments, said):
    (tmp_path / "t.csv").write_text(TABLE)
    found = judgebench("probe", *arguments)
    assert found.code in {2, 3}
    assert said in found.err
