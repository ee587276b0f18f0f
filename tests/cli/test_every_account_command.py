from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from khosq.assembly.core import Core, open_core
from khosq.cli import COMMANDS, app, main
from khosq.identifiers import new_id
from khosq.jobs.job import JobState, Wishes
from khosq.jobs.submission import Submission
from khosq.media.recording import MediaType, StoredRecording
from khosq.settings import Settings


@dataclass
class Shell:
    """A command line on one data folder, beside a server that has it open."""

    folder: Path
    core: Core

    def run(self, *words: str | bytes, **environment: str) -> subprocess.CompletedProcess[str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("KHOSQ_")}
        return subprocess.run(
            [sys.executable, "-m", "khosq", *words],
            env=plain | {"KHOSQ_DATA_DIR": str(self.folder)} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def json(self, *words: str) -> Any:
        ended = self.run(*words, "--json")
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
        assert ended.stdout.count("\n") == 1
        return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    with open_core(Settings(data_dir=folder)) as core:
        core.accounts.ensure("acme")
        core.queue.close()
    return folder


@pytest.fixture
def shell(tmp_path: Path, fresh: Path) -> Iterator[Shell]:
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    with open_core(Settings(data_dir=tmp_path)) as core:
        yield Shell(tmp_path, core)
        core.queue.close()


def test_the_first_command_makes_everything_and_prints_json_alone(tmp_path: Path) -> None:
    words = ["keys", "create", "--data-dir", str(tmp_path / "new" / "data"), "--tenant", "acme", "--scope", "write"]
    ended = subprocess.run(
        [sys.executable, "-m", "khosq", *words, "--json"], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(ended.stdout)["key"].startswith("kq_")
    assert ended.stderr == ""
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


def test_a_key_is_made_listed_and_revoked_while_the_server_runs(shell: Shell) -> None:
    made = shell.json("keys", "create", "--tenant", "Հայ [b]", "--scope", "admin")
    assert (made["tenant"], made["scope"]) == ("Հայ [b]", "admin")
    assert shell.core.keys.authenticate(made["key"], scope="admin", door="somewhere").key_id == made["id"]
    (listed,) = shell.json("keys", "list", "--tenant", "Հայ [b]")
    assert listed["id"] == made["id"]
    assert listed["last_used_at"] is not None
    assert made["key"] not in json.dumps(listed)
    assert shell.json("keys", "revoke", made["id"]) == {"revoked": made["id"]}
    assert shell.core.keys.list("Հայ [b]")[0].revoked_at is not None


def test_a_tenant_is_made_listed_and_given_a_quota(shell: Shell) -> None:
    assert shell.json("tenants", "create", "--tenant", "acme")["seconds_left"] is None
    assert shell.json("tenants", "quota", "--tenant", "acme", "--seconds", "90.5")["seconds_left"] == 90.5
    assert shell.json("tenants", "quota", "--tenant", "acme")["seconds_left"] == 90.5
    assert [one["name"] for one in shell.json("tenants", "list")] == ["acme"]
    assert shell.json("tenants", "hotwords", "--tenant", "acme") == []
    assert shell.json("tenants", "hotwords", "--tenant", "acme", "Khosq", "New York") == ["Khosq", "New York"]
    assert shell.json("tenants", "hotwords", "--tenant", "acme") == ["Khosq", "New York"]
    assert shell.json("tenants", "hotwords", "--tenant", "acme", "--none") == []
    assert shell.json("tenants", "quota", "--tenant", "acme", "--unlimited")["seconds_left"] is None


def test_a_webhook_is_set_and_replaced(shell: Shell) -> None:
    words = ["webhooks", "set", "--tenant", "acme", "--secret", "s3", "--url"]
    first = shell.json(*words, "https://one.example/")
    second = shell.json(*words, "https://two.example/")
    assert (second["id"], second["url"], second["api"]) == (first["id"], "https://two.example/", first["api"])
    assert shell.json("webhooks", "list", "--tenant", "acme") == [second]
    listed = shell.run("webhooks", "list", "--tenant", "acme").stdout
    assert "https://two.example/" in listed
    assert "s3" not in listed


def test_jobs_are_listed_and_cancelled(shell: Shell) -> None:
    tenant = shell.core.accounts.named("acme")
    job = shell.core.submissions.open(
        Submission(tenant.id, new_id(), "native", Wishes("nl-NL", 2), {}, "https://asr.example")
    )
    shell.core.submissions.attach(job.id, StoredRecording("recordings/x", MediaType.MP3, 1, "ab"))
    (listed,) = shell.json("jobs", "list", "--tenant", "acme")
    assert (listed["id"], listed["state"], listed["language"]) == (job.id, "queued", "nl-NL")
    assert shell.json("jobs", "cancel", job.id, "--tenant", "acme")["state"] == "cancelled"
    assert shell.core.lookup.job(tenant.id, job.id).state is JobState.CANCELLED
    again = shell.run("jobs", "cancel", job.id, "--tenant", "acme")
    assert (again.returncode, again.stderr) == (1, "khosq: This job has ended already.\n")


@pytest.mark.parametrize("environment", [{}, {"COLUMNS": "80"}], ids=["piped", "80 columns"])
def test_ids_are_listed_whole(shell: Shell, environment: dict[str, str]) -> None:
    _, key = shell.core.keys.create("acme", "admin")
    tenant = shell.core.accounts.named("acme")
    job = shell.core.submissions.open(
        Submission(tenant.id, new_id(), "native", Wishes("nl-NL", 2), {}, "https://asr.example")
    )
    assert key.id in shell.run("keys", "list", "--tenant", "acme", **environment).stdout.split()
    assert job.id in shell.run("jobs", "list", "--tenant", "acme", **environment).stdout.split()


@pytest.mark.parametrize(
    "words",
    [
        ["tenants", "list"],
        ["tenants", "quota", "--tenant", "acme"],
        ["keys", "list", "--tenant", "acme"],
        ["keys", "revoke", "x"],
        ["jobs", "list", "--tenant", "acme"],
        ["jobs", "cancel", "x", "--tenant", "acme"],
        ["webhooks", "list", "--tenant", "acme"],
        ["webhooks", "set", "--tenant", "acme", "--url", "https://u.example", "--secret", "s"],
    ],
    ids=" ".join,
)
def test_a_mistyped_folder_gets_no_database(console: Console, tmp_path: Path, words: list[str]) -> None:
    mistyped = tmp_path / "mistyped"
    said = console.trouble(*words, "--data-dir", str(mistyped))
    assert said == f"khosq: There is no khosq database in {mistyped}; set KHOSQ_DATA_DIR or --data-dir.\n"
    assert not mistyped.exists()


def test_the_version_is_an_option_too() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == CliRunner().invoke(app, ["version"]).output


def test_reading_waits_for_no_writer_and_writing_for_its_turn(shell: Shell) -> None:
    with shell.core.database.write() as connection:
        connection.exec_driver_sql("UPDATE tenants SET seconds_left = 7")
        assert shell.json("tenants", "list")[0]["seconds_left"] is None
        assert shell.json("jobs", "list", "--tenant", "acme") == []
        plain = {**os.environ, "KHOSQ_DATA_DIR": str(shell.folder)}
        words = [sys.executable, "-m", "khosq", "tenants", "quota", "--tenant", "acme", "--seconds", "9", "--json"]
        writing = subprocess.Popen(words, env=plain, stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            writing.wait(2)
    output, _ = writing.communicate(timeout=60)
    assert json.loads(output)["seconds_left"] == 9


def test_people_read_names_as_they_are(shell: Shell) -> None:
    name = "[/red] [bold]x"
    shell.core.accounts.ensure(name)
    assert name in shell.run("tenants", "list").stdout
    assert shell.run("tenants", "quota", "--tenant", name).stdout == f"{name}: seconds left: unlimited\n"
    assert shell.run("keys", "create", "--tenant", name).stdout.startswith("kq_")
    missing = shell.run("keys", "list", "--tenant", "[/red]")
    assert missing.stderr == "khosq: There is no tenant named '[/red]'.\n"


REFUSED: dict[str, tuple[list[str | bytes], str]] = {
    "unknown tenant": (["tenants", "quota", "--tenant", "nobody", "--seconds", "1"], "There is no tenant named"),
    "negative quota": (["tenants", "quota", "--tenant", "acme", "--seconds", "-1"], "A quota is a number of seconds"),
    "no quota": (["tenants", "quota", "--tenant", "acme", "--seconds", "nan"], "A quota is a number of seconds"),
    "unreadable name": (["keys", "create", "--tenant", b"\xff\xfe"], "A tenant's name has"),
    "unknown key": (["keys", "revoke", b"\xff"], "There is no key"),
    "unknown job": (["jobs", "cancel", "../etc", "--tenant", "acme"], "There is nothing here"),
    "unknown api": (
        ["webhooks", "set", "--tenant", "acme", "--url", "https://u", "--secret", "s", "--api", "x"],
        "no API 'x'",
    ),
    "odd url": (["webhooks", "set", "--tenant", "acme", "--url", b"https://\xff", "--secret", "s"], "printable text"),
    "no url": (["webhooks", "set", "--tenant", "acme", "--url", "notaurl", "--secret", "s"], "http:// or https://"),
    "no host": (["webhooks", "set", "--tenant", "acme", "--url", "https://", "--secret", "s"], "names a host"),
    "half a host": (["webhooks", "set", "--tenant", "acme", "--url", "http://[::", "--secret", "s"], "names a host"),
}


class Console:
    """The command line in this process: quicker where no other connection matters."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setenv("KHOSQ_DATA_DIR", str(folder))

    def trouble(self, *words: str | bytes) -> str:
        """Run a command that cannot be; return the one sentence that it says."""
        self._monkeypatch.setattr(sys, "argv", ["khosq", *map(os.fsdecode, words)])
        with pytest.raises(SystemExit) as end:
            main()
        output, said = self._capsys.readouterr()
        assert (end.value.code, output) == (1, "")
        assert said.startswith("khosq: ")
        assert said.count("\n") == 1
        return said


@pytest.fixture
def console(
    tmp_path: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    return Console(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(("words", "sentence"), REFUSED.values(), ids=REFUSED)
def test_trouble_is_one_sentence_and_exit_status_1(console: Console, words: list[str | bytes], sentence: str) -> None:
    assert sentence in console.trouble(*words, "--json")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("KHOSQ_SLOTS", "0", "The setting KHOSQ_SLOTS is not valid"),
        ("KHOSQ_HOOK_RETRIES", "0,soon", "The setting KHOSQ_HOOK_RETRIES is not valid"),
        ("KHOSQ_DATABASE_URL", "mysql://db/x", "begins with sqlite:/// or postgresql://"),
        ("KHOSQ_DATABASE_URL", "postgresql://127.0.0.1:1/x", "The database cannot be opened"),
        ("KHOSQ_DATA_DIR", "/proc/nowhere", "The data folder cannot be used"),
    ],
)
def test_a_wrong_setting_is_one_sentence_too(
    console: Console, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    assert sentence in console.trouble("tenants", "create", "--tenant", "acme")


@pytest.mark.parametrize("words", ["keys create --tenant acme", "--help"])
def test_making_a_key_and_help_load_no_engine_no_web_framework_and_no_queue(shell: Shell, words: str) -> None:
    spy = "import sys; from khosq.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", spy, *words.split()],
        env=os.environ | {"KHOSQ_DATA_DIR": str(shell.folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    slow = {"dbos", "fastapi", "starlette", "uvicorn", "alembic", "numpy", "scipy", "av", "onnx", "onnxruntime"}
    assert slow & set(ended.stderr.split()) == set()


def test_help_names_every_command_as_it_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    listed = CliRunner().invoke(app, ["--help"]).output
    for name, (_, help_line) in COMMANDS.items():
        assert help_line in listed
        own = CliRunner().invoke(app, [name, "--help"])
        assert own.exit_code == 0
        assert help_line in own.output
