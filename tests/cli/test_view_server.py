"""`judgebench view` by raw requests: whom it refuses, what it sends, how it ends."""

from __future__ import annotations

import html
import http.client
import json
import signal
import socket
import subprocess
import sys

import jsonschema
import pytest
from processes import until
from servers.viewing import ViewServer

from judgebench.catalog import make_task
from judgebench.domain import Item, Response, Scale, Turn
from judgebench.labels.annotation_files import read_file
from judgebench.view.labelling import shown as written

JUDGE = "baseline/longest"
TASKS = ("pandalm", "judgebench", "rewardbench-2", "triviaqa", "bff-bench")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("view")
    for judge in (JUDGE, "baseline/first"):
        subprocess.run(
            [sys.executable, "-m", "judgebench", "run", "--judge", judge, "--task", "pandalm", "--sample", "-q"],
            cwd=where,
            check=True,
            capture_output=True,
        )
    return where


@pytest.fixture(scope="module")
def server(folder):
    started = ViewServer(folder, "--labels", folder / "labels", "--sample", *(f"--task={task}" for task in TASKS))
    yield started
    started.kill()


WHO = {"task": "pandalm", "annotator": "raw"}


def opened(server, **who):
    answer = server.ask("POST", "/api/label/open", WHO | who)
    assert answer.status == 200, answer.body
    return answer.json()


def shown(server, n=0, **who):
    answer = server.ask("POST", "/api/label/item", WHO | who | {"n": n})
    assert answer.status == 200, answer.body
    return answer.json()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "", None, "127.0.0.1.:{port}"]
)
def test_another_host_is_refused(server, host) -> None:
    name = None if host is None else host.format(port=server.port)
    for method, path in (("GET", "/"), ("GET", f"/?token={server.token}"), ("POST", "/api/label/open")):
        answer = server.ask(method, path, WHO if method == "POST" else None, Host=name)
        assert answer.status in {400, 403}
        assert "Set-Cookie" not in answer.headers


def test_the_other_names_of_loopback_are_welcome(server) -> None:
    for name in ("localhost", "[::1]"):
        assert server.ask("GET", "/", Host=f"{name}:{server.port}").status == 200


@pytest.mark.parametrize("cookie", [None, "", "judgebench-{port}=", "judgebench-{port}=x", "other={token}"])
def test_nothing_without_the_token(server, cookie) -> None:
    sent = cookie and cookie.format(port=server.port, token=server.token)
    for method, path in (("GET", "/"), ("GET", "/api/runs"), ("GET", "/none"), ("POST", "/api/label/open")):
        answer = server.ask(method, path, WHO if method == "POST" else None, Cookie=sent)
        assert answer.status == 403
        assert JUDGE.encode() not in answer.body
    assert server.ask("GET", "/?token=wrong", Cookie=sent).status == 403


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1"]
)
def test_only_its_own_pages_may_send(server, origin) -> None:
    sent = origin and origin.format(port=server.port)
    assert server.ask("POST", "/api/label/open", WHO, Origin=sent).status == 403


def test_a_form_of_elsewhere_can_not_send(server) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", None):
        assert server.ask("POST", "/api/label/open", WHO, Content_Type=kind).status == 415


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Same-Origin", ""])
def test_a_page_of_another_port_may_not_even_look(server, site) -> None:
    for path in ("/", "/label?task=pandalm&annotator=lured", "/report", "/api/runs"):
        answer = server.ask("GET", path, Sec_Fetch_Site=site)
        assert (answer.status, JUDGE.encode() in answer.body) == (403, False)
    for own in ("none", "same-origin"):
        assert server.ask("GET", "/", Sec_Fetch_Site=own).status == 200
    # The printed address may be clicked anywhere.
    assert server.ask("GET", f"/?token={server.token}", Cookie=None, Sec_Fetch_Site="cross-site").status == 200


@pytest.mark.parametrize("charset", ["bogus", "base64", "utf-7"])
def test_a_charset_that_is_none_changes_nothing(server, charset) -> None:
    assert server.ask("POST", "/api/label/open", WHO, Content_Type=f"application/json; charset={charset}").status == 200


def test_methods_and_sizes(server) -> None:
    assert server.ask("PUT", "/api/label/save", {}).status == 405
    assert server.ask("DELETE", "/").status == 405
    assert server.ask("POST", "/", {}).status == 405
    assert server.ask("POST", "/api/label/open", {"task": "x" * 100_000, "annotator": "a"}).status == 413


def test_the_token_becomes_a_strict_cookie(server) -> None:
    answer = server.ask("GET", f"/label?token={server.token}", Cookie=None)
    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/", server.token))
    assert b'url=/label"' in answer.body
    assert server.token.encode() not in answer.body


def test_headers_on_every_answer(server) -> None:
    answers = [server.ask("GET", path) for path in ("/", "/label", "/none", "/api/runs", "/report?run=none")]
    answers += [server.ask("GET", "/", Host="evil.example"), server.ask("POST", "/api/label/save", b"{")]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Server"] == "judgebench"
    policy = html.unescape(answers[0].body.decode())
    assert "require-trusted-types-for 'script'" in policy
    assert "connect-src 'self'" in policy


@pytest.mark.parametrize(
    "path",
    [
        "/report?run=../../etc",
        "/report?run=%2e%2e%2f%2e%2e",
        "/report?run=/etc/passwd",
        "/compare?run=" + "x" * 600,
        "/..%2f..%2fetc/passwd",
        "/static/../../etc/passwd",
        "/api/label/../../x",
    ],
)
def test_no_path_leads_out(server, path) -> None:
    answer = server.ask("GET", path)
    assert answer.status in {400, 404}
    assert b"root:" not in answer.body


def test_runs_are_measured_and_listed(server, folder) -> None:
    names = sorted(path.name for path in (folder / "runs").glob("pandalm*"))
    until(lambda: not any(row["measuring"] for row in server.ask("GET", "/api/runs").json()["runs"]))
    rows = server.ask("GET", "/api/runs").json()["runs"]
    assert sorted(row["name"] for row in rows) == names
    assert {row["status"] for row in rows} == {"complete"}
    assert all(row["rule"] for row in rows if row["judge"] == JUDGE)
    assert all(row["judged"] == row["cases"] == 48 for row in rows)
    longest = next(row for row in rows if row["judge"] == JUDGE)
    done = subprocess.run(
        [sys.executable, "-m", "judgebench", "score", folder / "runs", "--format", "json"],
        capture_output=True,
        check=True,
    )
    (row,) = [row for row in json.loads(done.stdout)["rows"] if row["judge"] == JUDGE and row["subset"] == "all"]
    # Three people labelled: the judge is held against one of them, as they are against each other.
    for told, name in (("value", "judge_vs_each_cohen_kappa"), ("human", "cohen_kappa")):
        figure = row["ceiling"][name]
        assert {key: longest[told][key] for key in ("value", "low", "high")} == {
            key: pytest.approx(figure[key]) for key in ("value", "low", "high")
        }
    assert (longest["answer"], longest["sample"], longest["people"]) == ("sample", True, 3)


def test_report_and_compare(server, folder) -> None:
    names = sorted(path.name for path in (folder / "runs").glob("pandalm*"))
    query = "&".join(f"run={name}" for name in names)
    report = server.ask("GET", f"/report?{query}")
    assert (report.status, report.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert JUDGE.encode() in report.body
    assert "connect-src 'self'" in html.unescape(report.body.decode())
    compared = server.ask("GET", f"/compare?{query}")
    assert compared.status == 200
    assert b"baseline/first" in compared.body
    assert b"baseline/longest" in compared.body
    assert b"kappa" in compared.body
    alone = server.ask("GET", f"/compare?run={names[0]}")
    assert alone.status == 400
    assert b"choose two runs" in alone.body
    assert server.ask("GET", "/compare").status == 400
    listed = server.ask("GET", f"/api/compare/items?{query}").json()["items"]
    item = server.ask("GET", f"/api/compare/item?n=0&{query}").json()
    assert (item["id"], item["now"]) == (listed[0]["id"], listed[0]["now"])
    assert all(len(side) == 2 for side in item["sides"])
    for place in (str(len(listed)), "-1", "x", "9" * 30):
        assert server.ask("GET", f"/api/compare/item?n={place}&{query}").status == 400


def test_an_image_that_no_file_can_be_is_named() -> None:
    for image in ("a\0.png", "x" * 5000 + ".png", "\ud800.png", "http://evil.example/x.png", "DATA:image/png,x"):
        item = Item("i", (Turn.of("user", "?"),), (Response("one", images=(image,)),), (), "human")
        (response,) = written(item, Scale.check(), (0,), "none")["responses"]
        assert "note" in response["parts"][-1], image


@pytest.mark.parametrize("task", TASKS)
def test_no_byte_tells_systems_gold_or_verdicts(server, task) -> None:
    items = list(make_task(task, sample=True).items())
    overview = opened(server, task=task, annotator="blind")["overview"]
    parts = [server.ask("GET", "/label").body, server.ask("GET", "/api/tasks").body]
    parts += [json.dumps(overview).encode()]
    for n in range(overview["total"]):
        parts.append(server.ask("POST", "/api/label/item", {"task": task, "annotator": "blind", "n": n}).body)
    sent = b"\n".join(parts)
    names = {response.model for item in items for response in item.responses if response.model}
    people = {label.annotator for item in items for label in item.gold} - {"gold", "human"}
    assert len(parts) > 20
    for name in names | people | {JUDGE, "gold_source", '"gold"', '"verdict"', '"systems"', '"model"', '"cluster"'}:
        assert name.encode() not in sent, name


def test_a_label_is_on_the_disk_when_it_is_confirmed(server, folder) -> None:
    first = opened(server)
    showing = shown(server, first["next"])
    body = WHO | {"n": showing["n"], "mark": showing["mark"], "said": 0, "seconds": 2.5, "attempt": "one"}
    answer = server.ask("POST", "/api/label/save", body).json()
    assert answer["saved"] is True
    assert answer["progress"]["labelled"] == first["overview"]["labelled"] + 1
    (line,) = [line.said for line in read_file(folder / "labels" / "pandalm--raw.jsonl")]
    assert line.label == ("B" if line.shown == (1, 0) else "A")
    jsonschema.validate(line.to_json(), line.json_schema())
    # The same attempt once more, after an answer that got lost.
    server.ask("POST", "/api/label/save", body)
    assert len(list(read_file(folder / "labels" / "pandalm--raw.jsonl"))) == 1
    assert shown(server, showing["n"])["said"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"said": 3},
        {"said": -1},
        {"said": "A"},
        {"said": True},
        {"said": [0]},
        {"said": 1.5},
        {"n": 10_000},
        {"n": -1},
        {"n": 10**4_300 - 1},
        {"n": "0"},
        {"mark": "0" * 12},
        {"seconds": -1},
        {"seconds": 10**400},
        {"seconds": "x"},
        {"attempt": 3},
        {"task": "none"},
        {"task": 3},
        {"annotator": ""},
        {"annotator": " x"},
        {"annotator": "a\nb"},
        {"annotator": "x" * 61},
        {"annotator": "annotator1"},
    ],
)
def test_what_is_no_label_is_refused_and_nothing_written(server, folder, change) -> None:
    showing = shown(server, 3, annotator="strict")
    good = {"task": "pandalm", "annotator": "strict", "n": 3, "mark": showing["mark"], "said": 1, "attempt": "a"}
    answer = server.ask("POST", "/api/label/save", good | change)
    assert answer.status == 400, answer.body
    assert answer.json()["error"]
    assert (folder / "labels" / "pandalm--strict.jsonl").read_bytes() == b""


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null", b"[" * 50_000])
def test_what_is_no_json_object(server, body) -> None:
    assert server.ask("POST", "/api/label/save", body).status == 400


def test_judges_are_not_revealed_before_the_end(server) -> None:
    answer = server.ask("POST", "/api/label/reveal", WHO | {"annotator": "curious"})
    assert answer.status == 400
    assert JUDGE.encode() not in answer.body


def test_nobody_sees_what_another_said_before_answering(server) -> None:
    def label(name, said, count):
        for n in range(count):
            showing = shown(server, n, annotator=name)
            body = WHO | {"annotator": name, "n": n, "mark": showing["mark"], "said": said, "comment": f"of {name}"}
            assert server.ask("POST", "/api/label/save", body | {"attempt": f"{name}{n}"}).status == 200

    def together(name):
        answer = server.ask("POST", "/api/label/together", WHO | {"annotator": name})
        assert answer.status == 200, answer.body
        return answer.json()

    label("alone", 1, opened(server, annotator="alone")["overview"]["total"])
    label("beside", 0, 1)
    told = together("beside")
    assert (told["ready"], told["shared"]) == (False, 1)
    assert "of alone" not in json.dumps(told)
    for path, more in (("apart", {}), ("settle", {"mark": "0" * 12, "said": 0})):
        who = WHO | {"annotator": "beside", "n": 10} | more
        assert server.ask("POST", f"/api/label/{path}", who).status == 400
    label("beside", 0, 6)
    told = together("beside")
    assert (told["ready"], told["shared"]) == (True, 6)
    assert json.dumps(told).count("of alone") == len(told["apart"])
    # What was not labelled yet stays hidden, and on what they agree there is nothing to settle.
    assert server.ask("POST", "/api/label/apart", WHO | {"annotator": "beside", "n": 7}).status == 400


@pytest.mark.parametrize("name", ["adjudicated", "Adjudicated"])
def test_no_annotator_is_called_as_settled_labels_are(server, name) -> None:
    answer = server.ask("POST", "/api/label/open", WHO | {"annotator": name})
    assert (answer.status, "take another name" in answer.json()["error"]) == (400, True)


def test_a_rubric_that_can_not_be_read(judgebench, folder) -> None:
    (folder / "empty.md").write_text(" \n")
    (folder / "bytes.md").write_bytes(b"\xff\xfe\x00")
    for name, why in (("none.md", "can't read"), ("empty.md", "is empty"), ("bytes.md", "not UTF-8")):
        done = judgebench("view", folder / "runs", "--rubric", folder / name)
        assert (done.code, why in done.err) == (2, True), done.err


def test_names_of_files_are_not_names_of_people(server, folder) -> None:
    opened(server, annotator="../../Élodie")
    files = {path.name for path in (folder / "labels").iterdir()}
    assert any(name.startswith("pandalm--") and "lodie" in name for name in files)
    assert not (folder.parent / "Élodie.jsonl").exists()


def test_a_second_server_may_not_write_the_same_file(server, folder) -> None:
    opened(server, annotator="both")
    other = ViewServer(folder, "--labels", folder / "labels", "--task", "pandalm", "--sample")
    try:
        answer = other.ask("POST", "/api/label/open", WHO | {"annotator": "both"})
        assert answer.status == 400
        assert "another process is writing" in answer.json()["error"]
    finally:
        other.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_whoever_hangs_on(folder, number) -> None:
    started = ViewServer(folder, "--labels", folder / "labels-end")
    hanging = socket.create_connection(("127.0.0.1", started.port))
    hanging.sendall(b"GET /")
    started.ask("GET", "/api/runs")
    try:
        assert started.stop(number) == 0
    finally:
        hanging.close()


def test_it_is_only_on_loopback(server) -> None:
    with (
        pytest.raises((ConnectionError, TimeoutError)),
        socket.create_connection((_own_address(), server.port), timeout=2),
    ):
        pass


def _own_address() -> str:
    found = socket.gethostbyname(socket.gethostname())
    if found.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    return found


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "example.org", "::"])  # noqa: S104 - what must be refused
def test_other_hosts_are_refused(judgebench, folder, host) -> None:
    done = judgebench("view", folder / "runs", "--host", host)
    assert done.code == 2
    assert "this machine only" in done.err


def test_usage(judgebench, folder, server) -> None:
    assert judgebench("view", "nowhere").code == 2
    done = judgebench("view", folder / "runs", "--port", server.port)
    assert done.code == 2
    assert "can't listen" in done.err


UNLABELLED = "id,question,answer\nt1,Is it on?,Yes.\nt2,Is it off?,No.\n"


def test_a_task_that_can_not_be_opened_is_refused_at_the_start_as_run_refuses_it(judgebench, tmp_path) -> None:
    table = tmp_path / "tickets.csv"
    table.write_text(UNLABELLED)
    for task in (table, tmp_path / "tikets.csv", "pandlm"):
        viewed = judgebench("view", tmp_path / "runs", "--task", task)
        asked = judgebench("run", "--judge", "baseline/first", "--task", task, "--runs", tmp_path / "runs")
        assert (viewed.code, viewed.err) == (asked.code, asked.err)
        assert viewed.code in {2, 3}


@pytest.mark.parametrize(
    ("said", "option"),
    [
        (["--scale", "check"], "--scale"),
        (["--task", "{table}", "--judge-col", "judge"], "--judge-col"),
        (["--task", "pandalm", "--scale=pair"], "--scale"),
    ],
)
def test_what_describes_no_table_is_refused(judgebench, folder, tmp_path, said, option) -> None:
    table = tmp_path / "tickets.csv"
    table.write_text(UNLABELLED)
    done = judgebench("view", folder / "runs", "--sample", *(one.format(table=table) for one in said))
    assert done.code == 2
    assert done.err.startswith(f"judgebench: {option}"), done.err


def test_a_table_without_labels_is_labelled_on_the_scale_that_was_said(tmp_path) -> None:
    (tmp_path / "tickets.csv").write_text(UNLABELLED)
    server = ViewServer(tmp_path, "runs", "--task", "tickets.csv", "--scale", "check")
    try:
        assert len(shown(server, task="tickets")["choices"]) == 2
    finally:
        server.kill()


def test_runs_of_two_tasks_are_not_compared(judgebench, folder, tmp_path) -> None:
    for task in ("pandalm", "triviaqa"):
        made = judgebench("run", "--judge", "baseline/random", "--task", task, "--sample", "--runs", tmp_path / "runs")
        assert made.code == 0, made.err
    server = ViewServer(tmp_path, "runs", "--sample")
    try:
        query = "&".join(f"run={one.name}" for one in sorted((tmp_path / "runs").glob("[!.]*")))
        answer = server.ask("GET", f"/compare?{query}")
        assert answer.status == 400
        assert b"--task" not in answer.body
        assert b"2 tasks" in answer.body
    finally:
        server.kill()


def test_annotators_of_unknown_source_are_not_called_people(tmp_path) -> None:
    rows = ["pass,pass,pass", "pass,fail,fail", "fail,fail,fail", "fail,fail,pass"] * 5
    (tmp_path / "two.csv").write_text("ann,bob,judge\n" + "\n".join(rows) + "\n")
    columns = ["--csv", "two.csv", "--judge-col", "judge", "--gold-col", "ann", "--gold-col", "bob", "--scale", "check"]
    for said, people in (([], False), (["--gold", "human"], True)):
        server = ViewServer(tmp_path, *columns, *said)
        try:
            until(lambda asked=server: asked.ask("GET", "/api/runs").json()["runs"][0].get("items"))
            (run,) = server.ask("GET", "/api/runs").json()["runs"]
        finally:
            server.kill()
        assert (run["human"] is not None, run["answer"] != "unknown") == (people, people)
        assert run["among"]["value"] is not None


def test_an_ipv6_address(folder) -> None:
    try:
        started = ViewServer(folder, "--host", "::1", "--labels", folder / "labels-6")
    except RuntimeError as error:
        pytest.skip(f"no IPv6 here: {error}")
    try:
        connection = http.client.HTTPConnection("::1", started.port, timeout=30)
        connection.request("GET", "/", headers={"Cookie": started.cookie})
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        started.kill()
