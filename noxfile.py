"""The project's checks: ``nox -s tests``, ``nox -l`` lists them all; with uv where ``nox[uv]`` brought it."""

from __future__ import annotations

import filecmp
import hashlib
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import nox
from filelock import FileLock  # comes with nox, through virtualenv

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|venv"
nox.options.sessions = ["lint", "layers", "types", "build", "doctest", "tests"]

ROOT = Path(__file__).resolve().parent
#: What sessions share: the wheel, and the environment in which most of them test it.
NOX = ROOT / ".nox"
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")

#: The command that writes every published leaderboard into a folder; ``results`` adds the two paths.
RESULTS = ("judgebench", "results", "--data", "{data}", "--output", "{output}")

#: Two workers: the machines that run this have two cores, and more would only blur the timed tests.
WORKERS = ("-n", "2", "--dist", "worksteal")


#: Tests in which every library that the package needs is used, of each some.
QUICK = (
    "stats",
    "files",
    "store",
    "judges",
    "api/test_python_run.py",
    "api/test_scores_object.py",
    "cli/test_commands.py",
)

#: The gate action on this project's own samples: judge, task, and the exit code that must come.
GATES = (
    ("exact-match", "triviaqa", 0),  # the judge of the baseline
    ("contains", "triviaqa", 0),  # a better one
    ("baseline/random", "triviaqa", 1),  # a worse one
    ("baseline/first", "pandalm", 6),  # 24 items can't tell
)
#: What decides on the wheel's content, besides its two folders.
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE")
#: Jenkins' JUnit schema lies in pytest's source distribution and in no wheel; both digests are pinned.
PYTEST_SDIST = "pytest==9.1.1 --hash=sha256:1088fbde8f2b49d95a549a195707afa7a76a3ce9bcadc26b6d71f0ffda5fe313"
JUNIT_XSD = "a1a816f58d1bf95ebabf371994df0b9246dee66ea9572fbec4f9296f1b2c0ff6"


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group of ``pyproject.toml``."""
    return list(nox.project.dependency_groups(PROJECT, name))


def data_folder() -> Path | None:
    """Return the folder of real benchmark data; a relative JUDGEBENCH_DATA counts from the repository."""
    folder = ROOT / os.environ.get("JUDGEBENCH_DATA", "../shared/data")
    return folder.resolve() if folder.is_dir() else None


def build_distributions(session: nox.Session) -> Path:
    """Return the wheel of this tree; sdist, and wheel from it, are built once for all sessions."""
    digest = hashlib.sha256()
    for path in [*files("judgebench"), *files("tasks"), *(ROOT / name for name in BUILT_FROM)]:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    target = NOX / "dist" / digest.hexdigest()[:16]
    if not target.is_dir():
        session.install("--require-hashes", "-r", str(ROOT / ".ci" / "tools.txt"))
        made = Path(session.create_tmp()).resolve() / "dist"
        shutil.rmtree(made, ignore_errors=True)
        session.run_install("python", "-m", "build", "--no-isolation", "--outdir", str(made), str(ROOT), silent=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    return next(target.glob("*.whl"))


def install_wheel(session: nox.Session, *requirements: str, extra: str = "") -> None:
    """Install the built wheel, and make sure that it is what Python finds."""
    wheel = build_distributions(session)
    wanted = "\n".join([str(wheel), extra, *requirements])
    installed = Path(session.virtualenv.location) / "installed.txt"
    if installed.is_file() and installed.read_text(encoding="utf-8") == wanted:
        return
    # A reused environment holds an older build under the same version.
    anew = ("--reinstall-package", "judgebench") if session.venv_backend == "uv" else ()
    if not anew:
        session.run_install("python", "-m", "pip", "uninstall", "-q", "-y", "judgebench", silent=True)
    session.install(*anew, f"judgebench{extra} @ {wheel.as_uri()}", *requirements)
    with session.chdir(session.create_tmp()):
        where = ("python", "-c", "import judgebench; print(judgebench.__file__)")
        found = session.run_install(*where, silent=True, log=False)
    if not Path(str(found).strip()).is_relative_to(Path(session.virtualenv.location).resolve()):
        session.error(f"judgebench is imported from {found}, not from the installed wheel")
    installed.write_text(wanted, encoding="utf-8")


def share(session: nox.Session, *groups: str, name: str = "shared", extra: str = "") -> None:
    """Give the session an environment shared by several that test the wheel with today's versions."""
    backend = "uv" if nox.virtualenv.HAS_UV else "venv"
    venv = nox.virtualenv.VirtualEnv(str(NOX / name), reuse_existing=True, venv_backend=backend)
    NOX.mkdir(exist_ok=True)
    wanted = [requirement for one in groups or ("test", "browser", "gate") for requirement in group(one)]
    with FileLock(NOX / f"{name}.lock"):
        venv.create()
        session._runner.venv = venv  # noqa: SLF001 - nox itself has one environment per session
        if torch := [requirement for requirement in wanted if requirement.startswith("torch")]:
            # The CPU build is enough, and pip may know where one lies, which uv does not ask; where pip finds none it
            # takes the one with CUDA, which is gigabytes.
            session.install("pip")
            session.run_install("python", "-m", "pip", "install", "-q", "--no-deps", *torch)
        install_wheel(session, "pip", *wanted, extra=extra)


def pytest(session: nox.Session, *arguments: str, needs: str = "") -> None:
    """Run pytest from a folder from which the checkout can't be imported; what it ``needs`` is not skipped."""
    env = {"JUDGEBENCH_DATA": str(folder)} if (folder := data_folder()) else {}
    env["JUDGEBENCH_NEEDS"] = needs
    settings = ("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT))
    with session.chdir(session.create_tmp()):
        # The `pytest` script, unlike `python -m pytest`, does not put the current folder on the path.
        session.run("pytest", *settings, *arguments, env=env)


def everything() -> list[str]:
    """Return pytest's arguments for all tests but the browser's, which have a session of their own."""
    return [*WORKERS, str(ROOT / "tests"), f"--ignore={ROOT / 'tests' / 'browser'}"]


@nox.session
def lint(session: nox.Session) -> None:
    """Every ruff rule, and the formatter."""
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def layers(session: nox.Session) -> None:
    """Arrows go down only."""
    session.install(*group("lint"))
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": str(ROOT)})


@nox.session
def types(session: nox.Session) -> None:
    """Mypy strict and pyright strict over the package."""
    session.install(*PROJECT["project"]["dependencies"], *group("types"))
    session.run("mypy")
    session.run("pyright")
    # What users of the package get to see; from a checkout, for nothing is installed here.
    seen = ("tests/api/test_lazy_names.py", "-k", "type_checkers", "-p", "no:cacheprovider")
    session.run("python", "-m", "pytest", "-q", *seen, env={"PYTHONPATH": str(ROOT)})


@nox.session
def build(session: nox.Session) -> None:
    """Build sdist and wheel; the wheel carries everything that is not Python, too."""
    wheel = build_distributions(session)
    inside = set(zipfile.ZipFile(wheel).namelist())
    cards = {f"judgebench/_tasks/{path.relative_to(ROOT / 'tasks').as_posix()}" for path in files("tasks")}
    wanted = cards | {path.relative_to(ROOT).as_posix() for path in files("judgebench")}
    if missing := sorted(wanted - inside):
        session.error(f"{wheel.name} lacks {', '.join(missing)}")
    # What must exist at all: a pattern that matches nothing is a packaging rule that broke.
    for kind, (start, end) in {
        "a task card": ("judgebench/_tasks/", "/task.toml"),
        "sample rows": ("judgebench/_tasks/", "/sample.jsonl"),
        "a prompt": ("judgebench/judges/prompts/", ""),
        "the typing marker": ("judgebench/py.typed", ""),
        "the licence": ("judgebench-", "/LICENSE"),
    }.items():
        if not any(name.startswith(start) and name.endswith(end) for name in inside):
            session.error(f"{wheel.name} lacks {kind} ({start}*{end})")
    session.log(f"{wheel.name}: {len(inside)} files, {wheel.stat().st_size / 1024:.0f} KiB")


def files(folder: str) -> list[Path]:
    """List the files of a folder of the checkout, without what tools leave behind."""
    found = sorted((ROOT / folder).rglob("*"))
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


@nox.session(venv_backend="none")
def tests(session: nox.Session) -> None:
    """Run all tests, slow ones included, on the built wheel; ``-- ARGS`` narrows them."""
    share(session)
    pytest(session, *(session.posargs or everything()))


@nox.session(venv_backend="none")
def doctest(session: nox.Session) -> None:
    """Run the examples of the installed package's docstrings."""
    share(session)
    pytest(session, "--doctest-modules", "--pyargs", "judgebench", *session.posargs)


@nox.session
def openai2(session: nox.Session) -> None:
    """Run the judges' tests with the older major version of the openai library."""
    install_wheel(session, "openai>=2,<3", *group("test"))
    pytest(session, *(session.posargs or [*WORKERS, str(ROOT / "tests" / "judges")]))


@nox.session
def litellm(session: nox.Session) -> None:
    """Run the judges' tests with the litellm extra and its proxy as the server."""
    install_wheel(session, *group("test"), *group("litellm-proxy"), extra="[litellm]")
    pytest(session, *(session.posargs or [*WORKERS, str(ROOT / "tests" / "judges")]))


@nox.session(venv_backend="none")
def ray(session: nox.Session) -> None:
    """Run the tests of ``--engine ray`` on a cluster of this machine, and those of runs at a URL."""
    share(session, "test", "cluster", name="torch", extra="[local,ray]")
    files = ("tests/cluster", "tests/store/test_remote.py", "tests/run/test_rounds.py")
    pytest(session, *(session.posargs or [str(ROOT / file) for file in files]))


@nox.session(venv_backend="none")
def local(session: nox.Session) -> None:
    """Run the tests of models that run here, on the CPU, in the environment of ``ray``."""
    share(session, "test", "cluster", name="torch", extra="[local,ray]")
    pytest(session, *(session.posargs or [str(ROOT / "tests" / "local")]))


@nox.session(venv_backend="none")
def browser(session: nox.Session) -> None:
    """Open what the package writes for browsers in Debian's chromium; tests/browser/conftest.py finds it."""
    share(session)
    pytest(session, *(session.posargs or [*WORKERS, str(ROOT / "tests" / "browser")]), needs="browser")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into ``.nox/docs/site``; a dead link, a page without a place and an old output are errors."""
    install_wheel(session, *group("docs"))
    script = str(ROOT / "docs" / "site" / "{}.py")
    session.run("python", script.format("renew"), "--check")
    session.run("python", script.format("build"), str(NOX / "docs" / "site"))


@nox.session(venv_backend="none")
def gate(session: nox.Session) -> None:
    """Run the gate action's script on this project itself, and hold its JUnit files against Jenkins' schema."""
    share(session)
    folder = Path(session.create_tmp()).resolve()
    schema = junit_schema(session, folder)
    # Failures that are meant must not show as annotations of the job that runs this.
    quiet = {"GITHUB_ACTIONS": "false", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    with session.chdir(folder):
        for place, (judge, task, code) in enumerate(GATES):
            inputs = {
                "GATE_JUDGE": judge,
                "GATE_TASK": task,
                "GATE_SAMPLE": "true",
                "GATE_BASELINE": str(ROOT / ".github" / "baselines" / f"{task}-sample.json"),
                "GATE_JUNIT": f"gate{place}.xml",
                "GITHUB_OUTPUT": str(folder / "output.txt"),
            }
            script = str(ROOT / ".github" / "actions" / "gate" / "gate.py")
            session.run("python", script, env=quiet | inputs, success_codes=[code])
            session.run("xmlschema-validate", "--schema", str(schema), f"gate{place}.xml")
    session.env["JUNIT_XSD"] = str(schema)
    pytest(session, str(ROOT / "tests" / "report" / "test_junit_schema.py"))


def junit_schema(session: nox.Session, folder: Path) -> Path:
    """Take Jenkins' JUnit schema out of pytest's source distribution."""
    (folder / "pytest.txt").write_text(f"{PYTEST_SDIST}\n", encoding="utf-8")
    pip = ("python", "-m", "pip", "download", "-q", "--no-deps", "--no-binary=pytest", "--require-hashes")
    session.run_install(*pip, "--dest", str(folder), "-r", str(folder / "pytest.txt"), silent=True)
    with tarfile.open(next(folder.glob("pytest-*.tar.gz"))) as archive:
        member = next(name for name in archive.getnames() if name.endswith("/junit-10.xsd"))
        content = archive.extractfile(member)
        text = b"" if content is None else content.read()
    if hashlib.sha256(text).hexdigest() != JUNIT_XSD:
        session.error(f"{member} is another schema than the one that is pinned")
    (folder / "junit-10.xsd").write_bytes(text)
    return folder / "junit-10.xsd"


@nox.session(venv_backend="none")
def results(session: nox.Session) -> None:
    """Rebuild ``results/`` from JUDGEBENCH_DATA; ``-- --check`` compares byte for byte instead."""
    data = data_folder() or session.error("set JUDGEBENCH_DATA to the folder that holds pandalm/, judgebench/ ...")
    check = "--check" in session.posargs
    published = ROOT / "results"
    output = Path(session.create_tmp()).resolve() / "results" if check else published
    if check:
        shutil.rmtree(output, ignore_errors=True)
    output.mkdir(exist_ok=True)
    share(session)
    with session.chdir(session.create_tmp()):
        session.run(*(part.format(data=data, output=output) for part in RESULTS))
    if check:
        names = sorted({path.name for folder in (output, published) for path in folder.iterdir()})
        _, changed, absent = filecmp.cmpfiles(output, published, names, shallow=False)
        if changed or absent:
            session.error(f"results/ is not what this code computes: {', '.join([*changed, *absent])}; nox -s results")


@nox.session(venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """Run tests of each room on the oldest versions that ``pyproject.toml`` allows, ``-- ARGS`` others; needs uv."""
    build_distributions(session)  # with today's tools
    session.env["UV_RESOLUTION"] = "lowest-direct"
    install_wheel(session, *group("test"))
    # What old versions say of newer ones of what they need is not ours to mend.
    arguments = session.posargs or [*WORKERS, "-m", "not slow", *(str(ROOT / "tests" / place) for place in QUICK)]
    pytest(session, "-W", "ignore::DeprecationWarning", *arguments)


@nox.session(venv_backend="uv")
def sbom(session: nox.Session) -> None:
    """Write what the package and its extras bring along into ``.nox/sbom``, as CycloneDX; needs uv."""
    install_wheel(session, extra="[all]")
    version = PROJECT["project"]["version"]
    target = NOX / "sbom" / f"judgebench-{version}.cdx.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    # In an environment of its own, or it would list itself.
    tool = ("uv", "tool", "run", "--from", *group("sbom"), "cyclonedx-py", "environment", "--output-format", "JSON")
    project = ("--pyproject", str(ROOT / "pyproject.toml"), "--output-file", str(target))
    session.run(*tool, *project, str(Path(session.virtualenv.bin) / "python"))


@nox.session(venv_backend="none")
def coverage(session: nox.Session) -> None:
    """Say which lines of the package the tests run; by hand, a figure and no threshold."""
    share(session)
    session.install("pytest-cov>=6")
    report = ("--cov=judgebench", "--cov-branch", "--cov-report=term-missing:skip-covered")
    pytest(session, *report, *(session.posargs or everything()))


@nox.session
def audit(session: nox.Session) -> None:
    """Ask the advisory databases about everything that the package and its extras install; needs the network."""
    install_wheel(session, extra="[all]")
    session.install(*group("audit"))
    session.run("pip-audit", "--local", "--skip-editable", "--desc", "off", *session.posargs)


@nox.session(venv_backend="none")
def mutants(session: nox.Session) -> None:
    """Which small faults do the tests miss: a seeded sample; by hand, ``-- --seed 7 --count 40 PATH``."""
    share(session)
    session.run("python", str(ROOT / "benchmarks" / "mutants.py"), *session.posargs)
