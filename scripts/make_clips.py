"""Make the synthetic recordings of the manifest with espeak-ng: mp3 and, beside it, when each speaker is heard."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from khosq.evaluation.recordings import Recording, Recordings

FOLDER = Path(__file__).resolve().parents[1] / "recordings"
RATE = 22_050
LEAD, PAUSE, OVERLAP = 0.4, 0.45, 0.3
"""Seconds before the first word; between turns on one channel; that turns on two channels overlap."""
LOUDEST = 0.6
QUIET = 10 ** (-60 / 20)
BITS_PER_SECOND = 24_000
"""Of one channel."""

Sound = NDArray[np.float32]


def main() -> None:
    """Make every clip that has voices."""
    for recording in Recordings(FOLDER / "manifest.toml", cache=FOLDER).all():
        if recording.voices:
            make(recording)


def make(recording: Recording) -> None:
    """Speak the turns one after another and write both files."""
    voices = dict(zip(recording.speakers, recording.voices, strict=True))
    channel_of = {speaker: number % recording.channels for number, speaker in enumerate(voices)}
    gap = -OVERLAP if recording.channels > 1 else PAUSE
    placed: list[tuple[float, str, Sound]] = []
    end = LEAD - gap
    for turn in recording.turns:
        sound = speak(turn.text, voices[turn.speaker])
        placed.append((end + gap, turn.speaker, sound))
        end = placed[-1][0] + sound.size / RATE
    mixed = np.random.default_rng(1).normal(0, QUIET, (recording.channels, round((end + LEAD) * RATE)))
    for start, speaker, sound in placed:
        first = round(start * RATE)
        mixed[channel_of[speaker], first : first + sound.size] += sound
    write_mp3(FOLDER / f"{recording.name}.mp3", mixed.astype(np.float32))
    lines = [
        f"SPEAKER {recording.name} {channel_of[who] + 1} {at:.3f} {sound.size / RATE:.3f} <NA> <NA> {who} <NA> <NA>\n"
        for at, who, sound in placed
    ]
    (FOLDER / f"{recording.name}.rttm").write_text("".join(lines), "utf-8")
    print(f"{recording.name}: {end + LEAD:.1f} s")


def speak(text: str, voice: str) -> Sound:
    """Say one turn, without the silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "turn.wav")
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", path, "--", text], check=True)
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    sound = samples.astype(np.float32) / 32768
    heard = np.flatnonzero(np.abs(sound) > 0.01)
    spoken = sound[heard[0] : heard[-1] + 1]
    gain = LOUDEST / float(np.abs(spoken).max())
    return (gain * spoken).astype(np.float32)


def write_mp3(path: Path, channels: Sound) -> None:
    """Write float samples, one row per channel."""
    layout = {1: "mono", 2: "stereo"}[len(channels)]
    with av.open(path, "w", format="mp3") as file:
        stream = file.add_stream("libmp3lame", rate=RATE, layout=layout)
        stream.bit_rate = BITS_PER_SECOND * len(channels)
        # Joint stereo would leak one party's voice into the other's channel.
        stream.options = {"joint_stereo": "0"}
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), format="fltp", layout=layout)
        frame.rate = RATE
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


if __name__ == "__main__":
    main()
