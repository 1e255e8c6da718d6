"""What the doctor says of tables whose cells are dirty, hold replies, or look like names."""

from __future__ import annotations

import pytest

from judgebench.api.doctor import doctor


def test_dirty_cells_and_replies_have_a_command_that_works(tmp_path):
    file = tmp_path / "t.csv"
    cells = ["pass", "Overall it is fine. Verdict: pass", "**Fail**", "maybe", "fail", "error", "pass", "fail"] * 2
    file.write_text(
        "id,judge,human\n" + "".join(f"{i},{cell},{('pass', 'fail')[i % 2]}\n" for i, cell in enumerate(cells))
    )
    (command,) = doctor(file).commands
    assert "--missing maybe,error --read-replies" in command
    assert "'error', 'maybe' (judge 4 cells, first on line 5): left out" in " ".join(doctor(file).diagnosis.questions)
    whole = ["It is a good answer, so I say: Final verdict: B", "Both are fine, but: Final verdict: A"]
    file.write_text("id,output,human\n" + "".join(f'{i},"{whole[i % 2]}",{"AB"[i % 2]}\n' for i in range(12)))
    (command,) = doctor(file).commands
    assert command.endswith("--judge-col output --gold-col human --id-col id --read-replies")
    assert "output holds replies" in " ".join(doctor(file).diagnosis.notes)


@pytest.mark.parametrize("names", [("annotator_1", "annotator_2"), ("rater_a", "rater_b"), ("coder 1", "coder 2")])
def test_columns_of_annotators_are_no_names_of_theirs(tmp_path, names):
    file = tmp_path / "t.csv"
    rows = "".join(f"{i // 2},{1 + i % 5},{1 + (i * 7) % 5},{1 + (i * 3) % 5}\n" for i in range(60))
    file.write_text(f"question_id,{','.join(names)},gpt4\n{rows}")
    found = doctor(file).diagnosis
    assert found.form == "wide"
    assert found.named("gold") == [*names]
    assert found.named("judge") == ["gpt4"]
    words = ["low", "medium", "high"]
    rows = "".join(f"{i},{words[i % 3]},{words[i * 7 % 5 % 3]},{words[i * 2 % 3]}\n" for i in range(30))
    file.write_text(f"id,{','.join(names)},LLM\n{rows}")
    assert doctor(file).diagnosis.named("gold") == [*names]


def test_no_scale_is_made_of_cells_that_rules_read(table):
    """Its first command named a scale of **yes**, ERROR and 'No; wrong year'."""
    rows = [f"{i},{'yes' if i % 3 else 'no'},{'yes' if i % 2 else 'no'}" for i in range(40)]
    for line, (judge, human) in enumerate([("**yes**", "yes"), ("ERROR", "no"), ("No; wrong year", "no"),
                                           ("Yes.", "n/a"), ("n/a", "yes")]):  # fmt: skip
        rows[line] = f"{line},{judge},{human}"
    found = doctor(table("\n".join(["id,llm,human", *rows]) + "\n")).diagnosis
    assert "--read-replies" in found.commands[0]
    assert not any("nominal" in command for command in found.commands)
