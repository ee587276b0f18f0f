"""Recordings that are odd or bad, on the real way: decoder, speech detector, recogniser, voices."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.speech.sounds import read_wav

from khosq.assembly.models import open_workshop
from khosq.media.recording import MediaType
from khosq.pipeline.workshop import Workshop
from khosq.settings import Settings
from khosq.transcript.transcript import Transcript

RATE = 16_000
Sound = NDArray[np.floating[Any]]
Transcribe = Callable[..., Transcript]
NOTHING = "No speech was found in this recording."


@pytest.fixture(scope="module")
def workshop(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    folder = tmp_path_factory.mktemp("data")
    settings = Settings(data_dir=folder, models_dir=parts, models_auto_pull=False, slots=1)
    with open_workshop(settings) as workshop:
        yield workshop


@pytest.fixture(scope="module")
def transcribe(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Transcribe:
    """Take a sound, of which each row is a channel, to its transcript."""

    def take(sound: Sound, *, rate: int = RATE, codec: str = "pcm_s16le", speakers: int | None = None) -> Transcript:
        folder = tmp_path_factory.mktemp("sound")
        (folder / "recording.wav").write_bytes(_wav(np.atleast_2d(sound), rate, codec))

        async def run() -> Transcript:
            decoded = await workshop.decode(
                folder / "recording.wav",
                media_type=MediaType.WAV,
                into=folder,
                max_seconds=60,
                most_channels=speakers or 1,
            )
            plan = await workshop.plan(folder, decoded, language="en")
            return await workshop.transcribe(folder, decoded, plan, speakers=speakers)

        return asyncio.run(run())

    return take


@pytest.fixture(scope="module")
def sentence(recording: Any) -> Sound:
    """Somebody who reads a sentence of five seconds or so."""
    return read_wav(recording("en-leisure")[1])


@pytest.fixture(scope="module")
def clean(transcribe: Transcribe, sentence: Sound) -> list[str]:
    """Its words, as they are heard where nothing is wrong."""
    return _words(transcribe(sentence))


def test_seven_voices_in_three_seconds_are_as_many_as_speak(transcribe: Transcribe, sentence: Sound) -> None:
    transcript = transcribe(sentence[: 3 * RATE], speakers=7)
    voices = {utterance.speaker for utterance in transcript.utterances}
    assert transcript.text
    assert voices <= set(range(7))
    assert voices == set(range(len(voices)))


@pytest.mark.parametrize("name", ["silence", "hiss", "dial tone", "music"])
def test_what_is_no_speech_has_no_words_and_says_so(transcribe: Transcribe, name: str) -> None:
    moments = np.arange(8 * RATE) / RATE
    sound = {
        "silence": np.zeros(8 * RATE),
        "hiss": np.random.default_rng(1).normal(0, 0.02, 8 * RATE),
        "dial tone": 0.2 * (np.sin(2 * np.pi * 350 * moments) + np.sin(2 * np.pi * 440 * moments)),
        "music": _music(moments),
    }[name]
    transcript = transcribe(sound, speakers=2)
    assert (transcript.text, transcript.utterances) == ("", ())
    assert NOTHING in transcript.warnings
    assert transcript.coverage is not None
    assert (transcript.coverage.speech, transcript.coverage.share) == (0, None)


def test_sound_far_beyond_full_scale_is_still_transcribed(transcribe: Transcribe, sentence: Sound) -> None:
    transcript = transcribe(sentence * 40)
    assert transcript.text
    assert all(utterance.time.end <= transcript.duration for utterance in transcript.utterances)


def test_a_telephones_mu_law_has_most_of_the_words(transcribe: Transcribe, sentence: Sound, clean: list[str]) -> None:
    words = _words(transcribe(sentence[::2], rate=8_000, codec="pcm_mulaw"))
    assert len(set(words) & set(clean)) > 0.3 * len(set(clean))


def test_a_dead_channel_changes_nothing(transcribe: Transcribe, sentence: Sound, clean: list[str]) -> None:
    moments = np.arange(len(sentence) * 44_100 // RATE) / 44_100
    left = np.interp(moments, np.arange(len(sentence)) / RATE, sentence)
    transcript = transcribe(np.stack([left, np.zeros_like(left)]), rate=44_100, speakers=2)
    assert len(set(_words(transcript)) & set(clean)) > 0.6 * len(set(clean))
    assert {utterance.channel for utterance in transcript.utterances} == {0}
    assert transcript.coverage is not None
    dead = transcript.coverage.channels[1]
    assert (dead.speech, dead.worded, NOTHING in transcript.warnings) == (0, 0, False)


def test_two_identical_channels_are_heard_once(transcribe: Transcribe, sentence: Sound, clean: list[str]) -> None:
    transcript = transcribe(np.stack([sentence, sentence]), speakers=2)
    assert _words(transcript) == clean
    assert transcript.coverage is not None
    assert len(transcript.coverage.channels) == 1


def _words(transcript: Transcript) -> list[str]:
    return [word.text.casefold().strip(".,") for said in transcript.utterances for word in said.words]


def _music(moments: Sound) -> Sound:
    """Return chords, two a second, each struck and dying away."""
    beat = (moments * 2) % 1
    chords = np.array([(262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294)])
    notes = chords[(moments * 2).astype(int) % len(chords)].T
    sound: Sound = np.sin(2 * np.pi * notes * moments).sum(axis=0) * 0.15 * np.exp(-3 * beat)
    return sound


def _wav(sound: Sound, rate: int, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as container:
        layout = "mono" if len(sound) == 1 else "stereo"
        stream: Any = container.add_stream(codec, rate=rate, layout=layout)
        samples = (np.clip(sound, -1, 1) * 32_767).astype("<i2").T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="s16", layout=layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
