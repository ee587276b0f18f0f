from __future__ import annotations

import io
from datetime import date
from itertools import pairwise

import pytest
import ttconv.srt.writer
import ttconv.stl.reader
from tests.transcript.sayings import spoken, transcript

from khosq.errors import Invalid
from khosq.transcript.exports import ExportOptions, render
from khosq.transcript.transcript import Transcript


def read(file: bytes) -> str:
    return str(ttconv.srt.writer.from_model(ttconv.stl.reader.to_model(io.BytesIO(file))))


def blocks(file: bytes) -> list[bytes]:
    return [file[at : at + 128] for at in range(1024, len(file), 128)]


@pytest.mark.parametrize(
    ("language", "table", "text"),
    [
        ("cs", b"0006", "Žluťoučký kůň – říká"),
        ("pl", b"0020", "Łódź, ąęść i €5"),
        ("ru", b"0156", "Привет, как дела?"),
        ("el", b"0370", "Καλημέρα σας"),
        ("ar", b"027E", "مرحبا بك"),
        ("he", b"046C", "שלום עולם"),
        ("tlh", b"0000", "nuqneH"),
    ],
)
def test_each_script_has_its_code_table_and_reads_back(language: str, table: bytes, text: str) -> None:
    file = render(transcript(spoken(text), language=language), "stl")
    assert file[12:16] == table
    assert text.replace("–", "-").replace("€", "EUR") in read(file).replace("\n", " ")


@pytest.mark.parametrize(
    ("language", "text"), [("hy", "Բարև ձեզ"), ("hi", "नमस्ते"), ("en", "hello Բարև"), ("ru", "Привет café")]
)
def test_scripts_without_a_code_table_are_refused_naming_what_can_show_them(language: str, text: str) -> None:
    with pytest.raises(Invalid, match=r"SRT, VTT, SBV and TTML") as refused:
        render(transcript(spoken(text), language=language), "stl")
    assert refused.value.field == "format"


def test_the_header_counts_what_follows() -> None:
    said = transcript(spoken("One. Two."), spoken("x" * 150, start=10))
    file = render(said, "stl", options=ExportOptions(title="Der Titel", created=date(2026, 11, 20)))
    assert file[:11] == b"850STL25.01"
    assert file[16:48].rstrip() == b"Der Titel"
    assert file[224:248] == b"2611202611200000003" + b"00002"
    assert file[251:256] == b"42231"
    assert [(block[1], block[3]) for block in blocks(file)] == [(0, 255), (1, 0), (1, 255)]
    assert "x" * 150 in read(file)


def test_times_are_frames_that_never_overlap() -> None:
    said = transcript(*(spoken("Yes.", start=3600 + n * 0.21, pace=0.2) for n in range(20)), duration=4000)
    times = [
        [block[at] * 90000 + block[at + 1] * 1500 + block[at + 2] * 25 + block[at + 3] for at in (5, 9)]
        for block in blocks(render(said, "stl"))
    ]
    assert times[0][0] == 90000
    assert all(start < end for start, end in times)
    assert all(one[1] <= other[0] for one, other in pairwise(times))


def test_a_text_longer_than_a_block_goes_on_in_the_next_between_two_letters() -> None:
    file = render(transcript(spoken("á" * 150)), "stl")
    first, second = (block[16:].rstrip(b"\x8f") for block in blocks(file)[:2])
    assert (len(first), first[-2:], second[:2]) == (112, b"\xc2a", b"\xc2a")
    shifted = render(transcript(spoken("x" + "á" * 150)), "stl")
    assert len(blocks(shifted)[0][16:].rstrip(b"\x8f")) == 111
    assert "x" + "á" * 150 in read(shifted)


def test_a_word_that_no_blocks_can_hold_is_refused() -> None:
    with pytest.raises(Invalid, match="longer than EBU-STL can hold"):
        render(transcript(spoken("x" * 30_000)), "stl")


def test_more_than_a_day_does_not_fit() -> None:
    with pytest.raises(Invalid, match="24 hours"):
        render(Transcript("en", 90_000, ()), "stl")
