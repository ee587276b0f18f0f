from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.speech.voices import LOW, save, voice

from khosq.media.waveform import PcmFile
from khosq.speech.mel import mel_frames
from khosq.speech.speech_frames import SpeechFrames
from khosq.transcript.timespan import Timespan


@pytest.fixture
def sound(tmp_path: Path) -> PcmFile:
    return save(tmp_path / "sound", voice(LOW, 70))


def frames_of(speech: SpeechFrames) -> NDArray[np.float32]:
    return np.concatenate(list(speech.blocks()))


def test_frames_of_regions_are_the_frames_of_the_whole_without_silence(sound: PcmFile) -> None:
    whole = mel_frames(np.pad(sound.read(Timespan(0, 70)), 200))
    speech = SpeechFrames.of(sound, [Timespan(0, 0.5), Timespan(1.234, 45), Timespan(69, 70)])
    parts = np.concatenate([whole[:50], whole[123:4_500], whole[6_900:7_000]])
    assert len(speech) == len(parts)
    np.testing.assert_allclose(frames_of(speech), parts, rtol=1e-4)


@pytest.mark.parametrize(("length", "step"), [(160, 40), (160, 900), (100, 20), (100, 7)])
def test_windows_are_cut_from_speech_alone_wherever_pieces_end(sound: PcmFile, length: int, step: int) -> None:
    speech = SpeechFrames.of(sound, [Timespan(0, 2), Timespan(3, 37), Timespan(40, 70)])
    frames = frames_of(speech)
    windows = np.concatenate(list(speech.windows(length, step, 16)))
    starts = range(0, len(frames) - length + 1, step)
    np.testing.assert_array_equal(windows, np.stack([frames[start : start + length] for start in starts]))


def test_quiet_speech_is_raised_and_loud_speech_left(tmp_path: Path) -> None:
    regions = [Timespan(0, 2)]
    quiet = SpeechFrames.of(save(tmp_path / "quiet", voice(LOW, 2, level=0.001)), regions)
    loud = SpeechFrames.of(save(tmp_path / "loud", voice(LOW, 2, level=0.1)), regions)
    assert quiet.level() == pytest.approx(-60, abs=0.2)
    assert frames_of(quiet).sum() == pytest.approx(frames_of(loud).sum() / 10, rel=0.05)


def test_a_region_that_reaches_beyond_the_file_keeps_its_frames(sound: PcmFile) -> None:
    speech = SpeechFrames.of(sound, [Timespan(69.5, 70.4), Timespan(80, 80), Timespan(81, 82)])
    assert len(frames_of(speech)) == len(speech) == 90 + 1 + 100
