"""Tasks about pictures: MLLM-as-a-Judge, which its card alone describes, and tables that hold images themselves."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from judges.test_image_parts import told
from pictures import png
from servers.fake_llm import FakeLLM

from judgebench import run
from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.files.pictures import kind_of
from judgebench.tasks.base import open_task, recorded_judges
from judgebench.tasks.card import card_dir
from judgebench.tasks.fetching import _stored
from judgebench.tasks.own import Reading
from judgebench.tasks.tables import open_own

if TYPE_CHECKING:
    from pathlib import Path

NAME = "mllm-as-a-judge"
SPLITS = ("score", "pair", "batch", "pair-marker")
ROW: dict[str, Any] = {
    "id": 7, "instruction": "What is it?", "image_path": "7.png", "original_dataset": "photos",
    "answers": [{"name": name, "answer": f"{name} says."} for name in ("a", "b", "c", "d")], "human": "CDAB",
}  # fmt: skip
PAIR = {
    **{name: ROW[name] for name in ("id", "instruction", "image_path", "original_dataset")}, "pair_id": 3,
    "answer1": ROW["answers"][0], "answer2": ROW["answers"][1], "human": "C",
}  # fmt: skip


class Judge(FakeLLM):
    """Puts four answers in order, too, where the prompt wants that."""

    def writer(self, api: str) -> Any:
        write = super().writer(api)

        def said(body: dict[str, Any], prompt: str, reply: str, fault: str | None) -> dict[str, Any]:
            wanted = "each of the numbers 1, 2, 3, 4 once" in prompt
            written: dict[str, Any] = write(body, prompt, "[[2 > 1 > 4 > 3]]" if wanted else reply, fault)
            return written

        return said


def dataset(folder: Path, file: str, *rows: object, image: bytes | None = None) -> Path:
    """Lay files out as the repository has them."""
    (folder / "Benchmark").mkdir(exist_ok=True)
    (folder / "image").mkdir(exist_ok=True)
    (folder / "image" / "7.png").write_bytes(image or png())
    (folder / "Benchmark" / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.mark.parametrize("backend", ["openai", "anthropic", "server"])
@pytest.mark.parametrize("split", SPLITS)
def test_the_sample_is_judged_with_its_pictures(
    backend: str, split: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "sk-test")
    with Judge() as llm:
        url = llm.anthropic_url if backend == "anthropic" else llm.openai_url
        scores = run(f"{backend}/m", f"{NAME}:{split}", sample=True, order="original", base_url=url, runs=tmp_path)
    assert scores.rows[0].coverage == 1
    task = open_task(f"{NAME}:{split}", sample=True)
    items = list(task.items())
    assert len(llm.requests) == len(items)
    files = {path.read_bytes() for path in (card_dir() / NAME / "image").iterdir()}
    for request in llm.requests:
        [user] = [one for one in request.body["messages"] if one["role"] == "user"]
        shown = [told(part) for part in user["content"]]
        [(media, content)] = [one for one in shown if isinstance(one, tuple)]
        assert media == "image/png"
        assert content in files
        # The picture comes with the question, before the answers.
        assert any(item.question in str(shown[0]) for item in items)
        assert "response" not in str(shown[0]).rpartition("=== begin")[2]
        assert "=== begin response" in str(shown[-1])


def test_gold_of_each_split(tmp_path: Path) -> None:
    [item] = open_task(f"{NAME}:batch", data=dataset(tmp_path, "batch.jsonl", ROW)).items()
    assert (item.id, item.subset, item.gold[0].code) == ("7", "photos", (2, 3, 0, 1))
    assert [(one.model, one.text) for one in item.responses][:2] == [("a", "a says."), ("b", "b says.")]
    assert tuple(item.image_files) == (str(tmp_path / "image" / "7.png"),)
    [item] = open_task(f"{NAME}:pair", data=dataset(tmp_path, "pair.jsonl", PAIR)).items()
    assert (item.id, item.gold[0].code) == ("3", 1)
    score = {"score_id": 0, "name": "a", "answer": "A.", **{k: PAIR[k] for k in ("id", "instruction", "image_path")}}
    rows = [
        score | {"human": 3, "original_dataset": "x"},
        score | {"score_id": 1, "human": "4", "original_dataset": "x"},
    ]
    one, two = open_task(NAME, data=dataset(tmp_path, "score.jsonl", *rows)).items()
    assert (one.gold[0].code, two.gold[0].code, one.cluster) == (2, 3, two.cluster)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"human": "CDA"}, r"batch.jsonl: .*'CDA' \(human line 1\); an order names all 4"),
        ({"human": "CDAA"}, r"batch.jsonl: .*'CDAA' \(human line 1\)"),
        ({"answers": ROW["answers"][:3]}, r"batch.jsonl:1, field 'answers\.3\.answer': there is no answer"),
        ({"image_path": "../7.png"}, r"batch.jsonl:1, field 'image_path': .* is not inside"),
        ({"image_path": "/etc/passwd"}, r"batch.jsonl:1, field 'image_path': .* is not inside"),
        (
            {"image_path": "8.png"},
            r"batch.jsonl:1, field 'image_path': there is no image '8.png' in .*, nor in its image",
        ),
        ({"image_path": "link.png"}, r"batch.jsonl:1, field 'image_path': .* is not inside"),
        ({"image_path": 8}, r"batch.jsonl:1, field 'image_path': there is no image '8'"),
        ({"image_path": [["7.png"]]}, r"batch.jsonl:1, field 'image_path': expected an image, got \['7.png'\]"),
        ({"image_path": {"path": ""}}, r"batch.jsonl:1, field 'image_path': an image without bytes or path"),
    ],
)
def test_rows_that_are_none_are_refused_with_their_place(tmp_path: Path, change: dict[str, object], says: str) -> None:
    (tmp_path / "d").mkdir()
    folder = dataset(tmp_path / "d", "batch.jsonl", ROW | change)
    (tmp_path / "secret.png").write_bytes(png())
    (folder / "image" / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match=says):
        list(open_task(f"{NAME}:batch", data=folder).items())


def test_recorded_verdicts_of_any_judge(tmp_path: Path) -> None:
    task = open_task(f"{NAME}:batch", data=dataset(tmp_path, "batch.jsonl", ROW, ROW | {"id": 8}))
    said = {"judge": "DACB", "analysis": "D sees most."}
    path = tmp_path / "Some Judge.jsonl"
    rows = [ROW | {"image_path": "image/7.png", "result": said}, ROW | {"id": 8, "result": {"judge": "D, then A"}}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    recording = task.recorded(path)
    own = (0, 1, 2, 3)
    assert (recording.name, recording.orders) == ("Some Judge", (own,))
    assert (recording.replies["7", own].code, recording.replies["7", own].text) == ((3, 0, 2, 1), "D sees most.")
    assert recording.replies["8", own].status is Status.UNPARSED
    for row, says in (
        (rows[0], r"Judge.jsonl:2, field 'id': item '7' appears twice"),
        (rows[0] | {"id": 9}, r"Judge.jsonl:2, field 'id': item '9' is not in mllm-as-a-judge:batch"),
        (rows[0] | {"id": 8, "result": {}}, r"Judge.jsonl:2, field 'result.judge': there is no verdict"),
    ):
        path.write_text("".join(json.dumps(one) + "\n" for one in (rows[0], row)))
        with pytest.raises(DataError, match=says):
            task.recorded(path)


@pytest.mark.data
def test_rows_of_the_repository(data_dir: Path) -> None:
    folder = data_dir / "mllm_judge"
    golds = {
        split: [item.gold[0].code for item in open_task(f"{NAME}:{split}", data=folder).items()] for split in SPLITS[2:]
    }
    assert golds == {"batch": [(2, 3, 0, 1), (0, 2, 1, 3)], "pair-marker": [0, 2, 1]}
    task = open_task(NAME, data=folder)
    assert [item.gold[0].code for item in task.items()] == [2, 3, 3, 2]
    # Without the pictures verdicts can be replayed.
    [(key, reply)] = task.recorded(folder / "score_judge_sample.jsonl").replies.items()
    assert (key, reply.code) == (("0", (0,)), 3)


def test_a_table_may_hold_images_itself(tmp_path: Path) -> None:
    rows = [
        {"question": "?", "answer": "x", "image": {"bytes": png(), "path": None}, "label": "pass"},
        {"question": "??", "answer": "y", "image": {"bytes": None, "path": "1.png"}, "label": "fail"},
    ]
    (tmp_path / "1.png").write_bytes(png(3))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    one, two = open_own(tmp_path / "t.parquet", Reading()).items()
    [image] = one.images
    assert image == f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    assert tuple(two.image_files) == (str(tmp_path / "1.png"),)
    rows[0]["image"] = {"bytes": b"ssh-rsa", "path": None}
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"row 1.*bytes are not an image"):
        list(open_own(tmp_path / "t.parquet", Reading()).items())


def test_images_of_the_hub_stay_the_bytes_that_they_are() -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"q": datasets.Value("string"), "image": datasets.Image()})
    made = datasets.Dataset.from_dict({"q": ["?"], "image": [{"bytes": png(), "path": None}]}, features=features)
    assert _stored(made)[0]["image"]["bytes"] == png()


def test_images_of_an_answer_keep_their_place(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(png())
    said = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "1.png"}}, "Nice?"]
    asked = {"role": "user", "content": "Draw a dot."}
    answer = {"role": "assistant", "content": said}
    rows = [{"chat": [asked, answer], "label": label} for label in ("pass", "fail")]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    item = next(iter(open_own(tmp_path / "t.jsonl", Reading({"turns": ("chat",)})).items()))
    [turn] = item.responses[0].turns
    assert [part.text or kind_of((tmp_path / "1.png").read_bytes()) for part in turn.parts] == ["Look:", "png", "Nice?"]
    rows = [{"question": "Draw.", "answer": [answer], "label": label} for label in ("pass", "fail")]
    (tmp_path / "u.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    item = next(iter(open_own(tmp_path / "u.jsonl", Reading()).items()))
    assert [part.image is not None for part in item.responses[0].turns[0].parts] == [False, True, False]


def test_parts_that_name_gold_otherwise_and_rows_of_several_judges(tmp_path: Path) -> None:
    """As the repository's Benchmark_Lite and HQ parts do."""
    base = {name: ROW[name] for name in ("id", "instruction", "image_path", "original_dataset")}
    rows = [
        base | {"score_id": n, "name": "a", "answer": "x", "Human_answer": n, "result": {"name": who, "judge": said}}
        for n, who, said in ((3, "k", "4"), (4, "m", "5"))
    ]
    data = dataset(tmp_path, "Score.jsonl", *rows)
    path = data / "Benchmark" / "Score.jsonl"
    task = open_task(f"{NAME}:score", data=path)
    assert [item.gold[0].code for item in task.items()] == [2, 3]
    assert recorded_judges(path, task.reader) == {"k": "k", "m": "m"}
    (reply,) = task.recorded(path, "m").replies.values()
    assert reply.code == 4
    with pytest.raises(UsageError, match="name the judge; there are: k, m"):
        task.recorded(path)
    lite = PAIR | {"human_answer": "B"}
    del lite["human"]
    dataset(tmp_path, "pair_lite.jsonl", lite)
    (item,) = open_task(f"{NAME}:pair", data=data / "Benchmark" / "pair_lite.jsonl").items()
    assert item.gold[0].code == 2
