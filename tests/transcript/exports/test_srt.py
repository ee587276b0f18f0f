# ruff: noqa: RUF001 (Armenian and Greek letters are meant)
from __future__ import annotations

from tests.transcript.sayings import spoken, transcript

from khosq.transcript.exports import ExportOptions, render


def test_it_is_written_as_players_read_it() -> None:
    said = transcript(spoken("A --> B", start=3661.5), spoken("Fine.", start=3670), duration=4000)
    assert render(said, "srt").decode() == (
        "1\n01:01:01,500 --> 01:01:02,500\nA → B\n\n2\n01:01:10,000 --> 01:01:11,000\nFine.\n\n"
    )


def test_speakers_are_named_in_the_door_s_words_or_not_at_all() -> None:
    said = transcript(spoken("Բարև ձեզ։", speaker=1), spoken("Hm."))
    named = render(said, "srt", options=ExportOptions(speaker_label=lambda speaker: f"Խոսնակ {speaker + 1}")).decode()
    assert "\nԽոսնակ 2: Բարև ձեզ։\n" in named
    assert "\nHm.\n" in named
    assert "\nԲարև ձեզ։\n" in render(said, "srt", options=ExportOptions(with_speakers=False)).decode()
