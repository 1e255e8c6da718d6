"""Relevance judgments: TREC's, BEIR's and tables; texts beside them; label sets of judges in every form."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from task_files import card

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import open_task, recorded_judges
from judgebench.tasks.card import load_card

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.report.reproduction import Reproduction

ORDER = (0,)
QRELS = "q1 0 d1 3\nq1 0 d2 0\nq2 0 d1 1\nq2 0 d3 2\n"
QUERIES = 'q1\twho "sings\nq2\thow far\nq9\tnobody asks\n'
PASSAGES = 'd0\tunjudged\nd1\tan "odd quote\nd2\tsecond\nd3\tthird\n'
CARD = card(
    "own",
    """
[policies]
order = "single"
invalid = "drop"
[splits.test]
files = ["qrels.txt", "qrels.tsv", "table.csv", "rows.jsonl"]
[splits.test.parts.queries]
files = ["queries.tsv", "queries.jsonl", "topics.txt"]
[splits.test.parts.passages]
files = ["passages.tsv", "corpus.jsonl"]
""",
    gold_source="expert",
    scale="rate:0-3",
    reader="judgebench.tasks.readers.qrels:Reader",
)


def home(tmp_path: Path, form: str = "", scale: str = "rate:0-3", **files: str) -> Path:
    """Write a card and files of it; the names' last underscore stands for a dot."""
    folder = tmp_path / "cards" / "own"
    folder.mkdir(parents=True, exist_ok=True)
    card = CARD.replace("rate:0-3", scale) + (f"\n[form]\n{form}\n" if form else "")
    (folder / "task.toml").write_text(card, encoding="utf-8")
    for name, text in files.items():
        (tmp_path / ".".join(name.rsplit("_", 1))).write_text(text, encoding="utf-8")
    return tmp_path


def opened(tmp_path: Path, form: str = "", scale: str = "rate:0-3", **files: str) -> Any:
    home(tmp_path, form, scale, **files)
    return open_task("own", data=tmp_path, root=tmp_path / "cards")


def test_judgments_queries_and_a_collection(tmp_path: Path) -> None:
    items = opened(
        tmp_path, "criterion = 'how relevant'", qrels_txt=QRELS, queries_tsv=QUERIES, passages_tsv=PASSAGES
    ).items()
    assert [(item.id, item.cluster, item.gold[0].code) for item in items] == [
        ("q1 d1", "q1", 3), ("q1 d2", "q1", 0), ("q2 d1", "q2", 1), ("q2 d3", "q2", 2),
    ]  # fmt: skip
    # Quotes mean nothing in a collection.
    assert items[0].question == 'who "sings'
    assert items[0].responses[0].text == 'an "odd quote'
    assert items[0].attribute("criterion") == "how relevant"
    assert not any(item.attribute("unanswered") for item in items)


def test_the_beir_form(tmp_path: Path) -> None:
    items = opened(
        tmp_path,
        qrels_tsv="query-id\tcorpus-id\tscore\n7\tM1\t2\n7\tM2\t1\n8\tM1\t0\n",
        queries_jsonl='{"_id": "7", "text": "what"}\n{"_id": "8", "text": "when", "metadata": {}}\n',
        corpus_jsonl='{"_id": "M1", "title": "T", "text": "body"}\n{"_id": "M2", "title": "", "text": "alone"}\n',
    ).items()
    assert [(item.id, item.responses[0].text, item.gold[0].code) for item in items] == [
        ("7 M1", "T\nbody", 2), ("7 M2", "alone", 1), ("8 M1", "T\nbody", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "topics",
    [
        """<top>
<num> Number: q1
<title> tea &amp; milk
<desc> Description:
Who drinks it?
</top>
<top>
<num> Number: q2
<title> far
</top>
""",
        """<topics task="x">
<topic number="q1"><title>tea &amp; milk</title><description>Who drinks it?</description></topic>
<topic number="q2"><title>far</title></topic></topics>
""",
    ],
)
def test_topics_in_tags(tmp_path: Path, topics: str) -> None:
    items = opened(tmp_path, qrels_txt=QRELS, topics_txt=topics, passages_tsv=PASSAGES).items()
    assert (items[0].question, items[2].question) == ("tea & milk\nWho drinks it?", "far")


def test_without_texts_labels_are_measured_and_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import judgebench

    task = opened(tmp_path, qrels_txt=QRELS)
    assert {item.attribute("unanswered") for item in task.items()} == {"yes"}
    (tmp_path / "judge.txt").write_text(QRELS.replace("d2 0", "d2 1").replace(" 0 ", " Q0 "), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (scores,) = judgebench.run(f"replay:{tmp_path / 'judge.txt'}", task).rows
    assert (scores.items, scores.metrics["percent_agreement"].value) == (4, 0.75)
    with pytest.raises(DataError, match="4 of 4 items of own have no text to judge: baseline/longest"):
        judgebench.run("baseline/longest", task)


def test_a_passage_that_is_not_in_the_collection_is_not_judged(tmp_path: Path) -> None:
    items = opened(
        tmp_path, qrels_txt=QRELS, queries_tsv=QUERIES, passages_tsv=PASSAGES.replace("d3\tthird\n", "")
    ).items()
    assert [item.attribute("unanswered") for item in items] == [None, None, None, "yes"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"qrels_txt": QRELS + "q3 0 d1\n"}, r"qrels.txt:5: expected 4 fields \(query_id, 0, doc_id, grade\), got 'q3"),
        ({"qrels_txt": QRELS + "q3 0 d1 x\n"}, r"qrels.txt:5: expected 4 fields"),
        ({"qrels_txt": QRELS + "q3 0 d1 4\n"}, r"qrels.txt:5, field 'grade': grade 4 is not on the scale rate:0-3"),
        ({"qrels_txt": QRELS + "q3 0 d1 -1\n"}, r"qrels.txt:5, field 'grade': a grade below 0 .*negative = 'lowest'"),
        ({"qrels_txt": QRELS + "q1 0 d1 3\n"}, r"qrels.txt:5: id 'q1 d1' appears twice \(first on line 1\)"),
        ({"table_csv": "qid,docid,grade\nq1,d1,1.5\n"}, r"table.csv:2, field 'grade': expected a whole .*'1.5'"),
        ({"table_csv": "qid,docid,grade\n,d1,1\n"}, r"table.csv:2, field 'qid': expected a name or a number"),
        ({"table_csv": "question,docid,grade\nq1,d1,1\n"}, r"table.csv:2, field 'query_id': the query's id is"),
        ({"table_csv": "qid,docid,points\nq1,d1,1\n"}, r"table.csv:2, field 'grade': the grade is missing.*'points'"),
        ({"rows_jsonl": '{"qid": 1, "docid": "d", "grade": true}\n'}, r"rows.jsonl:1, field 'grade': expected"),
        ({"qrels_txt": QRELS, "queries_tsv": QUERIES + "no tab\n"}, r"queries.tsv:4: expected an id, a tab"),
        ({"qrels_txt": QRELS, "passages_tsv": PASSAGES + "d1\tother\n"}, r"passages.tsv:5: 'd1' has another text"),
        ({"qrels_txt": QRELS, "topics_txt": "<top>\n<title> x\n</top>\n"}, r"topics.txt:1, field 'num': .* no number"),
        ({"qrels_txt": QRELS, "topics_txt": "<top>\n<num> 1\n<title> x\n"}, r"topics.txt:1: no topic is closed"),
        ({"qrels_txt": QRELS, "queries_jsonl": '{"_id": "q1", "words": "x"}\n'}, r"queries.jsonl:1, field 'text': the"),
        ({"qrels_txt": QRELS, "corpus_jsonl": '{"name": "d1", "text": "x"}\n'}, r"corpus.jsonl:1, field 'doc_id': the"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=f"(?s){said}"):
        list(opened(tmp_path, **files).items())


@pytest.mark.parametrize(
    ("form", "scale", "said"),
    [
        ("cut = 2", "rate:0-3", "'form.cut': grades are cut to two labels"),
        ("gold = '7'", "rate:0-3", "'form.gold': '7' is not on the scale"),
        ("negative = 'never'", "rate:0-3", "'form.negative'"),
        ("quary = 'x'", "rate:0-3", "'form.quary'"),
    ],
)
def test_a_wrong_form_is_named(tmp_path: Path, form: str, scale: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        opened(tmp_path, form, scale, qrels_txt=QRELS)


def test_negative_grades_are_what_the_card_says(tmp_path: Path) -> None:
    qrels = QRELS + "q2 0 d4 -2\n"
    lowest = opened(tmp_path, "negative = 'lowest'", qrels_txt=qrels).items()
    assert [item.gold[0].code for item in lowest] == [3, 0, 1, 2, 0]
    assert len(opened(tmp_path, "negative = 'drop'", qrels_txt=qrels).items()) == 4


def test_two_assessors_and_other_names(tmp_path: Path) -> None:
    table = "frage,treffer,eins,zwei,gpt\na,x,3,2.0,1\na,y,,0,2\na,z,,,1\n"
    form = "query = 'frage'\ndocument = 'treffer'\ngrade = ['eins', 'zwei']"
    task = opened(tmp_path, form, table_csv=table)
    assert [[(one.annotator, one.code) for one in item.gold] for item in task.items()] == [
        [("eins", 3), ("zwei", 2)], [("eins", None), ("zwei", 0)],
    ]  # fmt: skip
    assert {k: r.code for (k, _), r in task.recorded(tmp_path / "table.csv").replies.items()} == {"a x": 1, "a y": 2}


def test_a_judge_s_own_file_in_every_form(tmp_path: Path) -> None:
    task = opened(tmp_path, qrels_txt=QRELS, queries_tsv=QUERIES, passages_tsv=PASSAGES)
    umbrela = {"model": "gpt-4o", "prompt": "…", "prediction": "##final score: 2"}
    texts = [('who  "sings', 'an "odd quote', 2, 1), ("how far", "third", 0, 0), ("how far", "elsewhere", 3, 1)]
    forms = {
        "umbrela.txt": "q1 Q0 d1 2\nq1 Q0 d2 0\nq8 Q0 d1 3\n",
        "ids.jsonl": '{"qid": "q1", "docid": "d1", "judgment": 2}\n{"qid": "q1", "docid": "d2", "judgment": 0}\n',
        "wide.csv": "query_id,doc_id,human,llama prompt order: 0123,rank,exam,2022\nq1,d1,3,2,1,5,\nq1,d2,0,0,2,4,\n",
        "texts.jsonl": "".join(
            json.dumps(umbrela | {"query": q, "passage": p, "judgment": g, "result_status": s}) + "\n"
            for q, p, g, s in texts
        ),
        "long.csv": "qid,docid,judge,label\nq1,d1,a,2\nq1,d2,a,0\nq1,d1,b,1\n",
    }
    found = {}
    for name, text in forms.items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        recording = task.recorded(path, "a" if name == "long.csv" else None)
        found[name] = recording.name, {item: reply.code for (item, _), reply in recording.replies.items()}
    plain = {"q1 d1": 2, "q1 d2": 0}
    assert found == {
        "umbrela.txt": ("umbrela", plain),
        "ids.jsonl": ("ids", plain),
        "wide.csv": ("llama prompt order: 0123", plain),
        # A status of 0 is a reply that could not be read.
        "texts.jsonl": ("gpt-4o", {"q1 d1": 2, "q2 d3": None}),
        "long.csv": ("a", plain),
    }
    assert recorded_judges(tmp_path / "long.csv", task.reader) == {"a": "a", "b": "b"}


def test_a_judge_s_own_file_with_gold_under_other_names(tmp_path: Path) -> None:
    """As published beside a paper: the query's id is called id, and one file holds texts, gold and verdicts."""
    also = "also = {query_id = 'id', human = 'office_grade', prediction = 'overall'}"
    text = (
        "id,query,passage_id,passage,office_grade,response,facet,overall,model\n"
        "q1,how far,d1,ten miles,2,1,,1,gpt-9-2031\nq1,how far,d2,no idea,0,3,,3,gpt-9-2031\n"
    )
    home(tmp_path, also, run_csv=text)
    task = open_task("own", data=tmp_path / "run.csv", root=tmp_path / "cards")
    items = list(task.items())
    assert [(i.id, i.question, i.responses[0].text, i.gold[0].code) for i in items] == [
        ("q1 d1", "how far", "ten miles", 2), ("q1 d2", "how far", "no idea", 0),
    ]  # fmt: skip
    recording = task.recorded(tmp_path / "run.csv")
    assert recording.name == "gpt-9-2031"
    assert [reply.code for reply in recording.replies.values()] == [1, 3]


def test_the_one_column_that_says_people_is_gold(tmp_path: Path) -> None:
    task = opened(tmp_path, qrels_tsv="query_id\tdoc_id\thuman_rel\nq1\td1\t3\nq1\td2\t0\n")
    assert [(label.annotator, label.code) for item in task.items() for label in item.gold] == [
        ("human_rel", 3), ("human_rel", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "error", "said"),
    [
        ("j.txt", "q1 Q0 d1 4\nq1 Q0 d2 0\n", DataError, "j.txt:1, field 'grade': grade 4 is not on the scale"),
        ("j.txt", "q7 Q0 d1 3\nq7 Q0 d2 0\n", DataError, "none of its 2 rows is about a pair of own:test"),
        ("j.txt", "q1 Q0 d1 3\nq1 Q0 d1 0\n", DataError, "j.txt:2, field 'grade': 'q1 d1' appears twice"),
        ("j.csv", "qid,docid,a,b\nq1,d1,1,2\n", UsageError, "name the judge; there are: a, b"),
        ("j.csv", "qid,docid,human\nq1,d1,1\n", UsageError, "there are: none"),
        ("j.csv", "qid,docid,judge,label\nq1,d1,a,1\nq1,d1,b,1\n", UsageError, "name the judge; there are: a, b"),
        ("j.jsonl", '{"query": "x", "passage": "y", "judgment": 1}\n', DataError, "names no ids, and the task's texts"),
    ],
)  # fmt: skip
def test_a_wrong_label_set_is_named(tmp_path: Path, name: str, text: str, error: type[Exception], said: str) -> None:
    task = opened(tmp_path, qrels_txt=QRELS)
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(error, match=said):
        task.recorded(tmp_path / name)


def test_silence_is_no_grade(tmp_path: Path) -> None:
    task = opened(tmp_path, qrels_txt=QRELS)
    (tmp_path / "j.csv").write_text("qid,docid,gpt\nq1,d1,\nq1,d2,-1\nq2,d1,2.0\n", encoding="utf-8")
    replies = task.recorded(tmp_path / "j.csv", "gpt").replies
    assert [(reply.status, reply.code) for reply in replies.values()] == [
        (Status.UNPARSED, None), (Status.UNPARSED, None), (Status.OK, 2),
    ]  # fmt: skip


def test_made_passages_have_the_gold_they_were_made_for(tmp_path: Path) -> None:
    form = "gold = '0'\nitem = ['how']\nsubset = 'how'\njudge = ['who', 'prompt']"
    rows = (
        "query_id,passage_id,how,who,prompt,label\nq1,,words,a,x,0\nq1,,words,a,y,2\nq1,,query,a,x,\nq1,,words,b,x,1\n"
    )
    task = opened(tmp_path, form, table_csv=rows)
    assert [(item.id, item.subset, item.gold[0].code) for item in task.items()] == [
        ("q1 words", "words", 0), ("q1 query", "query", 0),
    ]  # fmt: skip
    path = tmp_path / "table.csv"
    assert list(recorded_judges(path, task.reader)) == ["a | x", "a | y", "b | x"]
    assert {item: reply.code for (item, _), reply in task.recorded(path, "a | x").replies.items()} == {
        "q1 words": 0, "q1 query": None,
    }  # fmt: skip


def test_a_large_collection_keeps_what_is_judged(tmp_path: Path) -> None:
    lines = "".join(f"p{n}\tpassage number {n}\n" for n in range(50_000))
    home(tmp_path, qrels_txt="q1 0 p7 3\nq1 0 p49999 0\n", queries_tsv="q1\tx\nq2\ty\n")
    (tmp_path / "passages.tsv.gz").write_bytes(gzip.compress(lines.encode()))
    task = open_task("own", data=tmp_path, root=tmp_path / "cards")
    assert [item.responses[0].text for item in task.items()] == ["passage number 7", "passage number 49999"]
    assert len(task.reader._texts.passages) == 2  # type: ignore[attr-defined]  # what the reader keeps


CARDS = ("trec-dl", "llmjudge", "rag-relevance", "relevance-gullibility", "beir")


@pytest.mark.parametrize("spec", [f"{name}:{split}" for name in CARDS for split in load_card(name).splits])
def test_every_split_has_a_sample(spec: str) -> None:
    items = open_task(spec, sample=True).items()
    assert items
    assert {item.attribute("unanswered") for item in items} == ({"yes"} if spec.endswith(":attacks") else {None})


@pytest.mark.data
@pytest.mark.parametrize("name", CARDS[:-1])
def test_the_real_files_are_as_their_cards_say(data_dir: Path, name: str) -> None:
    card = load_card(name)
    for split in card.splits:
        task = open_task(f"{name}:{split}", data=data_dir)
        items = {item.id for item in task.items()}
        assert len(items) == card.split(split).main.count
        for recorded in task.recordings():
            path = task.recorded_path(recorded)
            assert path is not None
            assert items.issuperset(item for item, _ in task.recorded(path, recorded.column).replies)


@pytest.mark.data
def test_published_figures_come_out(everything: Reproduction) -> None:
    kinds = Counter(
        (task, cell.match, cell.known)
        for cell in everything.cells
        if (task := cell.task.partition(":")[0]) in CARDS[:-1]
    )
    assert kinds == {
        ("trec-dl", True, ""): 39,
        ("llmjudge", True, ""): 26,
        ("rag-relevance", True, ""): 190,
        ("rag-relevance", False, "explained"): 14,
        ("relevance-gullibility", True, ""): 216,
    }


@pytest.mark.data
def test_a_qrels_file_of_a_judge_is_its_column(data_dir: Path, tmp_path: Path) -> None:
    task = open_task("trec-dl:dl21", data=data_dir)
    with gzip.open(data_dir / "trec_dl_llm_labels" / "dl21_labels.csv.gz", "rt", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    path = tmp_path / "umbrela_gpt-4.txt"
    path.write_text("".join(f"{r['query_id']} Q0 {r['doc_id']} {r['umbrela gpt-4']}\n" for r in rows), encoding="utf-8")
    (recorded,) = task.recordings()
    column = task.recorded_path(recorded)
    assert column is not None
    assert {key: reply.code for key, reply in task.recorded(path).replies.items()} == {
        key: reply.code for key, reply in task.recorded(column, recorded.column).replies.items()
    }
