from __future__ import annotations

from pathlib import Path

import pytest

from khosq.errors import Invalid
from khosq.evaluation.manifest import read_clips

COLUMNS = (
    "file,transcript,language,speakers,sample_rate,duration_s,source_repo,licence,channels,transcript_source,snr_db"
)
RTTM = "SPEAKER call 1 0.0 1.5 <NA> <NA> anna <NA> <NA>\nSPEAKER call 1 1.5 1.0 <NA> <NA> ben <NA> <NA>\n"


def listed(folder: Path, *rows: str, columns: str = COLUMNS) -> Path:
    """Write a list, and an empty sound for each of its rows."""
    manifest = folder / "manifest.csv"
    manifest.write_text("\n".join([columns, *rows]) + "\n", "utf-8")
    for row in rows:
        (folder / row.partition(",")[0]).touch()
    return manifest


def test_a_row_is_a_clip_beside_its_list(tmp_path: Path) -> None:
    manifest = listed(tmp_path, 'call.wav,"Բարև, Աննա",hy,"anna,ben",8000,2.5,here,CC0,1,me,17.5')
    (tmp_path / "call.rttm").write_text(RTTM)
    (clip,) = read_clips(manifest, "hy")
    assert clip.audio == tmp_path / "call.wav"
    assert (clip.reference, clip.speakers, clip.snr, clip.voices) == ("Բարև, Աննա", ("anna", "ben"), 17.5, 2)
    assert clip.turns is not None
    assert [(turn.time.start, turn.speaker) for turn in clip.turns] == [(0.0, 0), (1.5, 1)]


def test_what_is_not_known_is_none(tmp_path: Path) -> None:
    (clip,) = read_clips(listed(tmp_path, "a.wav,,hy", columns="file,transcript,language"), "hy")
    assert (clip.reference, clip.turns, clip.snr, clip.voices) == (None, None, None, None)


def test_the_rttm_may_name_its_one_recording_otherwise_but_not_leave_the_clip_out(tmp_path: Path) -> None:
    manifest = listed(tmp_path, "a.wav,x,hy", columns="file,transcript,language")
    (tmp_path / "a.rttm").write_text(RTTM)
    assert read_clips(manifest, "hy")[0].voices == 2
    (tmp_path / "a.rttm").write_text(RTTM + RTTM.replace("call", "other"))
    with pytest.raises(Invalid, match="has no turns of a"):
        read_clips(manifest, "hy")


def test_a_language_takes_its_regions_and_a_region_its_language(tmp_path: Path) -> None:
    rows = ["a.wav,x,hy", "b.wav,x,hy-AM", "c.wav,x,en-US", "d.wav,x,hy"]
    manifest = listed(tmp_path, *rows, columns="file,transcript,language")
    assert [clip.name for clip in read_clips(manifest, "hy")] == ["a.wav", "b.wav", "d.wav"]
    assert [clip.name for clip in read_clips(manifest, "hy-AM", limit=2)] == ["a.wav", "b.wav"]
    assert [clip.name for clip in read_clips(manifest, "hy-RU")] == ["a.wav", "d.wav"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("file,transcript\na.wav,x\n", "has no column language"),
        ("", "has no column file or transcript or language"),
        ("file,transcript,language\n", r"has no clip in Armenian \(hy\); it has no rows at all"),
        ("file,transcript,language\na.wav,x,en\n", r"has no clip in Armenian \(hy\); it has en"),
        ("file,transcript,language\n,x,hy\n", "line 2: the file is not named"),
        ("file,transcript,language\nno.wav,x,hy\nnor.wav,x,hy\n", r"names no\.wav and 1 more, which is not there"),
        ("file,transcript,language,snr\na.wav,x,hy,loud\n", "line 2: the signal-to-noise ratio 'loud'"),
        ('file,transcript,language\na.wav,"x,hy\n', "is not a CSV file"),
        ("file,transcript,language\nbarev.wav,x,hy\n".encode("utf-16"), "is not a CSV file in UTF-8"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_its_fault(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "a.wav").touch()
    with pytest.raises(Invalid, match=sentence):
        read_clips(manifest, "hy")


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read: No such file"):
        read_clips(tmp_path / "no.csv", "hy")


def test_the_list_of_real_speech_is_read_whole(shared_audio: Path) -> None:
    clips = read_clips(shared_audio / "manifest.csv", "en")
    assert all(clip.reference for clip in clips)
    assert [clip.name for clip in clips if clip.turns] == ["en/pyannote_sample.wav"]
