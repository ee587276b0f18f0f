from __future__ import annotations

from pathlib import Path

import pytest

from khosq import registry
from khosq.errors import ModelMissing

BUILT_IN = {"clock": "khosq.clock:system_clock"}


def test_a_built_in_plug_in_is_loaded_by_its_name() -> None:
    from khosq.clock import system_clock  # noqa: PLC0415 - what is to be found

    assert registry.load("clock", BUILT_IN, "khosq.clocks") is system_clock


def test_another_package_may_bring_a_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sundial.py").write_text("def shadow(): return 'noon'\n")
    facts = tmp_path / "sundial-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: sundial\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[khosq.clocks]\nsundial = sundial:shadow\nclock = sundial:shadow\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert registry.load("sundial", BUILT_IN, "khosq.clocks")() == "noon"
    assert registry.load("clock", BUILT_IN, "khosq.clocks").__name__ == "system_clock"


def test_an_unknown_plug_in_is_named() -> None:
    with pytest.raises(ModelMissing, match="no clocks named 'hourglass' here"):
        registry.load("hourglass", BUILT_IN, "khosq.clocks")
