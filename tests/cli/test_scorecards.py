"""``khosq scorecards`` on a data folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.analysis.scorecards.cards import CALL, YAML
from typer.testing import CliRunner

from khosq.analysis.scorecards.reading import read_scorecard
from khosq.assembly.core import open_core
from khosq.cli import app
from khosq.errors import Invalid, KhosqError, NotFound
from khosq.identifiers import is_id
from khosq.settings import Settings
from khosq.transcript.exports import ExportOptions, render


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "card.yaml").write_text(YAML, "utf-8")
    return tmp_path


def run(*words: object) -> str:
    ended = CliRunner().invoke(app, ["scorecards", *map(str, words)], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def told(*words: object) -> Any:
    return json.loads(run(*words, "--json"))


def trouble(kind: type[KhosqError], *words: object) -> str:
    with pytest.raises(kind) as caught:
        run(*words)
    return caught.value.message


def test_an_imported_scorecard_can_be_used_at_once(folder: Path) -> None:
    of_acme = ("--tenant", "acme", "--data-dir", folder / "data")
    made = told("import", folder / "card.yaml", *of_acme)
    assert list(made) == ["id"]
    assert is_id(made["id"])
    with open_core(Settings(data_dir=folder / "data")) as core:
        found = core.scorecards.usable(core.accounts.named("acme").id, made["id"])
        core.queue.close()
    assert found.definition == read_scorecard(YAML.encode())
    (listed,) = told("list", *of_acme)
    assert (listed["id"], listed["name"], listed["published"]) == (made["id"], "Greeting check", 1)
    assert "revision 1" in run("list", *of_acme)


def test_a_scorecard_has_revisions_is_exported_and_archived(folder: Path) -> None:
    of_acme = ("--tenant", "acme", "--data-dir", folder / "data")
    name = run("import", folder / "card.yaml", *of_acme).strip()
    (folder / "card.yaml").write_text(YAML.replace("Greeting check", "Բարև"), "utf-8")
    assert told("import", folder / "card.yaml", "--scorecard", name, "--draft", *of_acme) == {"id": name}
    states = [(one["number"], one["state"]) for one in told("show", name, *of_acme)["revisions"]]
    assert states == [(1, "published"), (2, "draft")]
    assert "draft" in run("show", name, *of_acme)
    assert "name: Բարև" in run("export", name, *of_acme)
    assert read_scorecard(run("export", name, "--revision", 1, *of_acme).encode()) == read_scorecard(YAML.encode())
    assert "is archived" in run("archive", name, *of_acme)
    assert told("list", *of_acme)[0]["archived_at"]
    trouble(NotFound, "export", name, "--tenant", "another", "--data-dir", folder / "data")


def test_a_bad_file_is_refused_in_words_and_makes_nothing(folder: Path) -> None:
    of_acme = ("--tenant", "acme", "--data-dir", folder / "data")
    (folder / "card.yaml").write_text(YAML.replace("weight: 3", "weight: 11"), "utf-8")
    message = trouble(Invalid, "import", folder / "card.yaml", *of_acme)
    assert message == "sections[0].questions[0].weight: must be 10 or less"
    (folder / "card.yaml").write_bytes(b"name: x\n" * 250_000)
    assert "at most 128 KiB" in trouble(Invalid, "import", folder / "card.yaml", *of_acme)
    assert "cannot be read" in trouble(Invalid, "import", folder / "absent.yaml", *of_acme)
    assert "cannot be read" in trouble(Invalid, "import", folder, *of_acme)
    assert not (folder / "data").exists()


def test_a_scorecard_is_tried_on_a_transcript(folder: Path) -> None:
    written = folder / "call.json"
    written.write_bytes(render(CALL.transcript, "json", options=ExportOptions()))
    found = told("score", folder / "card.yaml", written)
    assert (found["score"], found["sections"][0]["answers"][0]["evidence"]["text"]) == (100, "Good morning,")
    shown = run("score", folder / "card.yaml", written)
    assert "The agent says “good morning”" in shown
    assert "score: 100" in shown
    for bad in (b"", b"[]", b'{"utterances": [1], "language": "en", "duration": 1}', b"[" * 100_000):
        written.write_bytes(bad)
        assert "is not one that" in trouble(Invalid, "score", folder / "card.yaml", written)
