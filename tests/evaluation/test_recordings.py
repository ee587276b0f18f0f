import hashlib
import zipfile
from pathlib import Path

import av
import pytest

from khosq.errors import Failed
from khosq.evaluation.recordings import Recordings

ROOT = Path(__file__).resolve().parents[2]


def test_every_recording_says_what_it_is_and_where_it_comes_from(recordings: Recordings) -> None:
    for recording in recordings.all():
        assert recording.reference
        assert recording.licence
        assert recording.source
        assert (len(recording.speakers) == 1) == (recording.kind == "single_voice")


def test_every_committed_clip_is_small_and_has_its_channels_and_speaker_times(recordings: Recordings) -> None:
    clips = [recording for recording in recordings.all() if recording.voices]
    assert {clip.language for clip in clips} == {"hy-AM", "hi-IN", "nl-NL"}
    for clip in clips:
        path, times = recordings.audio(clip), recordings.rttm(clip)
        assert path.stat().st_size <= 120_000
        assert times is not None
        with av.open(path) as file:
            assert file.streams.audio[0].channels == clip.channels
            assert file.duration is not None
            assert _last_end(times) <= file.duration / av.time_base


def test_speech_of_people_is_not_committed() -> None:
    manifest = Recordings(ROOT / "recordings" / "manifest.toml", cache=ROOT)
    committed = {path.name for path in (ROOT / "recordings").iterdir() if path.suffix not in {".toml", ".rttm"}}
    assert committed == {manifest.audio(clip).name for clip in manifest.all() if clip.voices}


def test_a_file_that_is_not_the_one_meant_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "speech-1.0.zip", "w") as file:
        file.writestr("clip.wav", "not what was meant")
    archive = hashlib.sha256((tmp_path / "speech-1.0.zip").read_bytes()).hexdigest()
    (tmp_path / "manifest.toml").write_text(
        '[[recording]]\nname = "a"\nlanguage = "en"\nkind = "single_voice"\nlicence = "x"\nsource = "y"\n'
        f'archive = {{ project = "speech", filename = "speech-1.0.zip", sha256 = "{archive}" }}\n'
        f'audio = {{ member = "clip.wav", sha256 = "{"0" * 64}" }}\nturns = [["a", "b"]]\n'
    )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    recordings = Recordings(tmp_path / "manifest.toml", tmp_path / "cache")
    with pytest.raises(Failed, match="not the file that the manifest means"):
        recordings.audio(recordings.named("a"))


def _last_end(rttm: Path) -> float:
    return max(float(line.split()[3]) + float(line.split()[4]) for line in rttm.read_text().splitlines())
