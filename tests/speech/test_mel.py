import numpy as np
import pytest

from khosq.media.waveform import SAMPLE_RATE
from khosq.speech.mel import mel_frames


@pytest.mark.parametrize(("hertz", "band"), [(200, 1), (1_000, 12), (3_000, 27), (7_500, 38)])
def test_a_tone_is_loudest_in_its_band(hertz: int, band: int) -> None:
    sound = np.sin(2 * np.pi * hertz * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    frames = mel_frames(sound)
    assert frames.shape == (98, 40)
    assert abs(int(frames.mean(0).argmax()) - band) <= 1


def test_sound_in_pieces_gives_the_frames_of_the_whole() -> None:
    sound = np.random.default_rng(0).normal(size=5_000 * 160 + 240).astype(np.float32)
    np.testing.assert_allclose(
        mel_frames(sound)[4_000:4_010], mel_frames(sound[4_000 * 160 : 4_010 * 160 + 240]), rtol=1e-5
    )
