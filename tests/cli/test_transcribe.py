from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from khosq.cli import app
from khosq.cli.transcribe import Format, Outlet
from khosq.errors import Invalid
from khosq.transcript.exports import FORMATS
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

BAREV = Transcript("hy-AM", 1.0, (Utterance("Բարև", (Word("Բարև", Timespan(0.1, 0.6), 0.98765),)),))
ONE, TWO = Path("calls/one.mp3"), Path("calls/two.mp3")


def test_a_text_ends_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    Outlet(Format.TXT, [ONE], None).put(ONE, BAREV)
    assert capsys.readouterr().out == "Բարև\n"


def test_several_texts_are_told_apart_by_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    outlet = Outlet(Format.TXT, [ONE, TWO], None)
    outlet.put(ONE, BAREV)
    outlet.put(TWO, BAREV)
    lines = ["== calls/one.mp3", "Բարև", "", "== calls/two.mp3", "Բարև", ""]
    assert capsys.readouterr().out.splitlines() == lines


def test_json_names_a_words_values_and_is_one_line_per_file(capsys: pytest.CaptureFixture[str]) -> None:
    word = {"text": "Բարև", "start": 0.1, "end": 0.6, "confidence": 0.988}
    Outlet(Format.JSON, [ONE], None).put(ONE, BAREV)
    alone = json.loads(capsys.readouterr().out)
    assert alone["utterances"][0]["words"] == [word]
    outlet = Outlet(Format.JSON, [ONE, TWO], None)
    outlet.put(ONE, BAREV)
    outlet.put(TWO, BAREV)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"file": "calls/one.mp3"} | alone, {"file": "calls/two.mp3"} | alone]


@pytest.mark.parametrize("written", sorted(set(Format) - {Format.TXT, Format.JSON}))
def test_several_files_of_other_formats_want_a_folder(written: Format) -> None:
    with pytest.raises(Invalid, match="--output-dir"):
        Outlet(written, [ONE, TWO], None)


@pytest.mark.parametrize("written", sorted(set(Format) - {Format.STL}))  # it has no Armenian
def test_a_folder_gets_a_file_per_recording(written: Format, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "texts"
    outlet = Outlet(written, [ONE, TWO], folder)
    outlet.put(ONE, BAREV)
    outlet.put(TWO, BAREV)
    assert {path.name for path in folder.iterdir()} == {f"one.{written.value}", f"two.{written.value}"}
    content = (folder / f"one.{written.value}").read_bytes()
    assert content[:2] in {b"PK", b"%P"} or "Բարև" in content.decode()


def test_the_command_writes_every_format_there_is() -> None:
    assert {written.value for written in Format} == set(FORMATS)


def test_a_word_that_cannot_be_expected_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    words = ["transcribe", str(tmp_path / "none.mp3"), "--hotword", "Khosq", "--hotword", "..."]
    with pytest.raises(Invalid, match="A hotword is a word or a name"):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_no_transcript_replaces_another(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="Two of the files"):
        Outlet(Format.TXT, [ONE, Path("other/one.wav")], tmp_path)


def test_a_missing_file_and_a_folder_are_named_plainly(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["transcribe", str(tmp_path / "no.mp3"), str(tmp_path)])
    assert ended.exit_code == 1
    assert ended.stderr.splitlines() == [f"{tmp_path / 'no.mp3'}: there is no such file", f"{tmp_path}: it is a folder"]
