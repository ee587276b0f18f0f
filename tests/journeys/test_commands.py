"""The same road without a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.journeys.harness import SOURCE

from khosq.evaluation.wer import word_errors

if TYPE_CHECKING:
    from tests.conftest import Heard


def khosq(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-m", "khosq", *words],
        env=given | {"PYTHONPATH": str(SOURCE)} | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("form", ["txt", "json", "srt", "vtt"])
def test_a_recording_is_transcribed_on_the_command_line(
    form: str, recording: Heard, mp3: Callable[[str], bytes], tmp_path: Path
) -> None:
    known, _ = recording("en-cards")
    path = tmp_path / "cards.mp3"
    path.write_bytes(mp3("en-cards"))
    done = khosq("transcribe", str(path), "--language", "en", "--format", form)
    assert done.returncode == 0, done.stderr
    assert "fallback" in done.stderr or "weak" in done.stderr
    if form == "txt":
        assert word_errors(known.reference, done.stdout, language="en").rate <= (known.wer_at_most or 0), done.stdout
    elif form == "json":
        transcript = json.loads(done.stdout)
        assert transcript["duration"] == pytest.approx(3.5, abs=0.1)
    elif form == "srt":
        assert done.stdout.startswith("1\n00:00:0")
        assert " --> 00:00:0" in done.stdout
    else:
        assert done.stdout.startswith("WEBVTT\n")


def test_what_is_no_recording_is_told_in_one_sentence(tmp_path: Path) -> None:
    letter = tmp_path / "letter.mp3"
    letter.write_text("Dear reader, this is no sound.")
    for path in (letter, tmp_path / "missing.mp3"):
        done = khosq("transcribe", str(path), "--language", "en")
        assert done.returncode == 1
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert path.name in done.stderr.replace("\n", "")


def test_the_doctor_says_what_is_here_and_what_to_do(tmp_path: Path) -> None:
    assert khosq("tenants", "create", "--tenant", "acme", "--data-dir", str(tmp_path)).returncode == 0
    done = khosq("doctor", "--data-dir", str(tmp_path), "--json", KHOSQ_DEFAULT_LANGUAGE="en-US")
    assert done.returncode == 0, done.stdout + done.stderr
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert checks["database"]["state"] == "ok"
    assert checks["en-US"]["state"] in {"ok", "warning"}
    assert all(check["remedy"] for check in checks.values() if check["state"] != "ok")
