from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from khosq.assembly.core import open_core
from khosq.cli import app
from khosq.settings import Settings
from khosq.speech import devices


def test_a_missing_database_is_a_fault_and_stays_missing(tmp_path: Path) -> None:
    mistyped = tmp_path / "mistyped"
    ended = CliRunner().invoke(app, ["doctor", "--data-dir", str(mistyped), "--json"])
    checks = {check["name"]: check for check in json.loads(ended.stdout)}
    assert ended.exit_code == 1
    assert checks["database"]["state"] == "fault"
    assert "--data-dir" in checks["database"]["remedy"]
    assert not mistyped.exists()


def test_the_device_of_each_engine_is_told_and_a_missing_gpu_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_SIGNS", ())
    for wish, state in (("auto", "ok"), ("cuda", "warning")):
        monkeypatch.setenv("KHOSQ_DEVICE", wish)
        ended = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path), "--json"])
        checks = {check["name"]: check for check in json.loads(ended.stdout)}
        assert checks["onnx-asr"]["state"] == state
        assert checks["onnx-asr"]["found"] == "computes on cpu: there is no NVIDIA GPU here"


def test_the_report_reads_well_in_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("KHOSQ_MODELS_DIR", str(tmp_path))
    with open_core(Settings(data_dir=tmp_path)):
        report = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path)]).stdout
    assert "starter, knows synthetic speech only\n" in "".join(line.rstrip() + "\n" for line in report.splitlines())
    assert report.count("khosq models pull fastconformer-hy") == 1
    assert report.count("khosq models pull parakeet-v3") == 2, "one group with the fallback, one with nothing"
    assert max(map(len, report.splitlines())) <= 80
