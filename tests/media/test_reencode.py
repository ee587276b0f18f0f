"""The small copy for listening, read back by a decoder that knows nothing of ours."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.media.films import beeps, heard_at

from khosq.media.recording import MediaType
from khosq.media.reencode import encode_small
from khosq.media.sniff import sniff_file
from khosq.media.waveform import SAMPLE_RATE, PcmFile


def channel(folder: Path, *moments: float, seconds: float = 25.0) -> PcmFile:
    """Write a channel with a beep at each of the moments."""
    path = folder / f"channel-{len(list(folder.iterdir()))}.pcm"
    sound = beeps(*moments, seconds=seconds, rate=SAMPLE_RATE)[:, 0]
    path.write_bytes((sound * 32_767).astype("<i2").tobytes())
    return PcmFile(path)


def played(file: Path, *, start: float = 0.0) -> NDArray[np.float32]:
    """Return what a player hears from ``start`` on: float32[channels, samples at 48 kHz]."""
    with av.open(str(file)) as container:
        if start:
            container.seek(round(start * av.time_base))
        frames = list(container.decode(audio=0))
    first = frames[0].time or 0.0
    assert start - 2 <= first <= start + 0.1
    sound = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    return sound[:, round((start - first) * 48_000) :] if start else sound


def test_one_channel_is_kept_as_mono_and_small(tmp_path: Path) -> None:
    encode_small([channel(tmp_path, 1.0, 12.0, 24.5)], tmp_path / "small.ogg")
    sound = played(tmp_path / "small.ogg")

    assert sniff_file(tmp_path / "small.ogg") is MediaType.OGG
    assert sound.shape[0] == 1
    assert sound.shape[1] / 48_000 == pytest.approx(25.0, abs=0.01)
    assert heard_at(sound[0], rate=48_000) == pytest.approx([1.0, 12.0, 24.5], abs=0.03)
    assert (tmp_path / "small.ogg").stat().st_size < 25 * 4_000


def test_two_parties_are_kept_apart(tmp_path: Path) -> None:
    encode_small([channel(tmp_path, 1.0), channel(tmp_path, 20.0)], tmp_path / "small.ogg")
    left, right = played(tmp_path / "small.ogg")

    assert heard_at(left, rate=48_000) == pytest.approx([1.0], abs=0.03)
    assert heard_at(right, rate=48_000) == pytest.approx([20.0], abs=0.03)


def test_more_channels_are_mixed(tmp_path: Path) -> None:
    encode_small([channel(tmp_path, moment, seconds=3) for moment in (0.5, 1.5, 2.5)], tmp_path / "small.ogg")
    (sound,) = played(tmp_path / "small.ogg")

    assert heard_at(sound, rate=48_000) == pytest.approx([0.5, 1.5, 2.5], abs=0.03)


def test_a_player_can_start_anywhere(tmp_path: Path) -> None:
    encode_small([channel(tmp_path, 1.0, 12.0, 24.0)], tmp_path / "small.ogg")
    (sound,) = played(tmp_path / "small.ogg", start=11.0)

    assert heard_at(sound, rate=48_000) == pytest.approx([1.0, 13.0], abs=0.05)


def test_a_failure_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        encode_small([channel(tmp_path, 1.0), PcmFile(tmp_path / "gone.pcm")], tmp_path / "small.ogg")

    assert not (tmp_path / "small.ogg").exists()
