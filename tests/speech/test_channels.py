from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from khosq.media.waveform import SAMPLE_RATE, PcmFile
from khosq.speech.channels import without_cross_talk
from khosq.transcript.timespan import Timespan

Sound = NDArray[np.float64]


def burst(seconds: float, seed: int, level: float = 0.1) -> Sound:
    """Noise with the fall of a voice's spectrum."""
    noise = np.random.default_rng(seed).normal(0, 1, round(seconds * SAMPLE_RATE))
    voice = np.convolve(noise, 0.9 ** np.arange(40), "same")
    return np.asarray(voice / voice.std() * level)


def silence(seconds: float) -> Sound:
    return np.random.default_rng(9).normal(0, 2e-4, round(seconds * SAMPLE_RATE))


def save(path: Path, sound: Sound) -> PcmFile:
    (np.clip(sound, -1, 1) * 32_767).astype("<i2").tofile(path)
    return PcmFile(path)


def leak(sound: Sound, decibels: float, delay: float) -> Sound:
    return np.roll(sound, round(delay * SAMPLE_RATE)) * 10 ** (decibels / 20)


SPEECH = Timespan(1, 4)


@pytest.mark.parametrize("decibels", [-20, -10])
def test_a_weak_late_copy_of_the_other_party_is_dropped(tmp_path: Path, decibels: float) -> None:
    agent = np.concatenate([silence(1), burst(3, seed=1), silence(1)])
    customer = save(tmp_path / "customer", silence(5) + leak(agent, decibels, delay=0.12))
    agent_file = save(tmp_path / "agent", agent)
    assert without_cross_talk(customer, [SPEECH], other=agent_file, other_regions=[SPEECH]) == []
    assert without_cross_talk(agent_file, [SPEECH], other=customer, other_regions=[SPEECH]) == [SPEECH]


def test_a_quiet_party_who_talks_over_a_loud_one_is_kept(tmp_path: Path) -> None:
    loud = save(tmp_path / "loud", np.concatenate([silence(1), burst(3, seed=1), silence(1)]))
    quiet = save(tmp_path / "quiet", np.concatenate([silence(1), burst(3, seed=2, level=0.01), silence(1)]))
    assert without_cross_talk(quiet, [SPEECH], other=loud, other_regions=[SPEECH]) == [SPEECH]


def test_own_speech_joined_to_a_leak_is_kept(tmp_path: Path) -> None:
    agent = np.concatenate([burst(2, seed=1), silence(3)])
    customer = np.concatenate([silence(2), burst(2, seed=2), silence(1)]) + leak(agent, -20, delay=0.02)
    files = save(tmp_path / "customer", customer), save(tmp_path / "agent", agent)
    (kept,) = without_cross_talk(files[0], [Timespan(0, 4)], other=files[1], other_regions=[Timespan(0, 2)])
    assert kept.start == pytest.approx(2, abs=0.3)
    assert kept.end == 4


def test_speech_that_nobody_else_covers_is_kept_as_it_is(tmp_path: Path) -> None:
    sound = save(tmp_path / "a", burst(5, seed=1))
    assert without_cross_talk(sound, [SPEECH], other=sound, other_regions=[Timespan(4.5, 5)]) == [SPEECH]


def test_people_who_read_at_once_are_no_leak_of_one_another(shared_audio: Path, tmp_path: Path) -> None:
    clips = sorted((shared_audio / "en/librispeech").glob("*-0000.flac"))[:4]
    voices = [read(clip) for clip in clips]
    voices = [np.resize(voice, 8 * SAMPLE_RATE) for voice in voices]
    whole = [Timespan(0, 8)]
    for index, voice in enumerate(voices):
        quiet = save(tmp_path / "quiet", voice * 0.1)
        loud = save(tmp_path / "loud", voices[index - 1])
        assert without_cross_talk(quiet, whole, other=loud, other_regions=whole) == whole
        copy = save(tmp_path / "copy", leak(voices[index - 1], -15, delay=0.05) + silence(8))
        left = without_cross_talk(copy, whole, other=loud, other_regions=whole)
        assert sum(region.duration for region in left) < 2.5  # their pauses


def read(clip: Path) -> Sound:
    with av.open(str(clip)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.asarray(np.concatenate(frames, axis=1)[0] / 32_768.0)
