"""Containers of every kind with sound, pictures and holes in them, made on the spot."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream
from numpy.typing import NDArray

Sound = NDArray[np.float32]
"""float32[samples, channels]."""
FRAMES_A_SECOND = 25
_LOUD = 0.1


@dataclass(frozen=True)
class Track:
    """One sound to put into a container."""

    sound: Sound
    codec: str
    rate: int = 48_000
    layout: str = "mono"
    hole: tuple[float, float] = (0.0, 0.0)
    """From when for how many seconds there is nothing at all; what comes after it is later by as much."""
    is_default: bool | None = None


def make_film(
    kind: str,
    *tracks: Track,
    picture: str | None = None,
    picture_seconds: float = 2.0,
    cover: bool = False,
    options: dict[str, str] | None = None,
) -> bytes:
    """Mux the tracks, and moving pictures in the codec ``picture``, into a container."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind, options=options or {}) as container:
        videos = [_add_video(container, picture)] if picture else []
        audios = [_add_audio(container, track) for track in tracks]
        covers = [_add_cover(container)] if cover else []
        packets: list[Packet[Any]] = [packet for video in videos for packet in _pictures(video, picture_seconds)]
        for stream, track in zip(audios, tracks, strict=True):
            packets += _sounds(stream, track)
        packets += [packet for picture in covers for packet in _pictures(picture, 1 / FRAMES_A_SECOND)]
        for packet in sorted(packets, key=_moment):
            container.mux(packet)
    return file.getvalue()


def _moment(packet: Packet[Any]) -> Fraction:
    return (packet.dts or 0) * (packet.time_base or Fraction(1))


def _add_video(container: OutputContainer, codec: str) -> VideoStream:
    stream = container.add_stream(codec, rate=FRAMES_A_SECOND, options={"g": "10"} if codec.startswith("lib") else {})
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return stream


def _add_cover(container: OutputContainer) -> VideoStream:
    stream = container.add_stream("mjpeg", rate=FRAMES_A_SECOND)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
    stream.disposition = Disposition.attached_pic
    return stream


def _add_audio(container: OutputContainer, track: Track) -> AudioStream:
    stream = container.add_stream(
        track.codec,
        rate=track.rate,
        layout=track.layout,
        options={"strict": "-2"} if track.codec in {"vorbis", "libopus"} else {},
    )
    assert isinstance(stream, AudioStream)
    stream.bit_rate = 64_000 * track.sound.shape[1]
    if track.is_default is not None:
        stream.disposition = Disposition.default if track.is_default else Disposition(0)
    return stream


def _pictures(stream: VideoStream, seconds: float) -> Iterator[Packet[Any]]:
    for number in range(round(seconds * FRAMES_A_SECOND)):
        shade = np.full((48, 64, 3), number * 10 % 256, np.uint8)
        frame = av.VideoFrame.from_ndarray(shade, format="rgb24").reformat(format=stream.pix_fmt)
        frame.pts, frame.time_base = number, Fraction(1, FRAMES_A_SECOND)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sounds(stream: AudioStream, track: Track) -> Iterator[Packet[Any]]:
    codec = stream.codec_context
    codec.open()
    to_codec = av.AudioResampler(codec.format, codec.layout, track.rate, frame_size=codec.frame_size or 1024)
    packed = np.ascontiguousarray(track.sound.reshape(1, -1))
    frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=track.layout)
    frame.sample_rate, frame.time_base, frame.pts = track.rate, Fraction(1, track.rate), 0
    packets = [
        packet for part in (*to_codec.resample(frame), *to_codec.resample(None), None) for packet in stream.encode(part)
    ]
    start, length = track.hole
    for packet in packets:
        base = packet.time_base or Fraction(1, track.rate)
        if length and packet.pts is not None and packet.pts * base >= start:
            packet.pts += round(length / base)
            packet.dts = packet.pts
        yield packet


def beeps(*moments: float, seconds: float, rate: int = 48_000, pitch: float = 1000.0) -> Sound:
    """Return silence with a beep of 0.1 s at each of the moments."""
    sound = np.zeros((round(seconds * rate), 1), np.float32)
    beep = 0.5 * np.sin(2 * np.pi * pitch * np.arange(rate // 10) / rate)
    for moment in moments:
        start = round(moment * rate)
        sound[start : start + len(beep), 0] = beep
    return sound


def heard_at(samples: NDArray[np.float32], *, rate: int = 16_000) -> list[float]:
    """Return when each beep begins, to a hundredth of a second."""
    block = rate // 100
    loud = np.abs(samples[: len(samples) // block * block]).reshape(-1, block).max(axis=1) > _LOUD
    return [float(start) / 100 for start in np.flatnonzero(np.diff(loud, prepend=False) & loud)]
