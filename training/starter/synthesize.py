"""Speak the sentences with many espeak-ng voices and store the clips."""

from __future__ import annotations

import argparse
import io
import random
import subprocess
import wave
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soxr

from .clips import SAMPLE_RATE, Pcm, Waveform, write_clips
from .languages import LANGUAGES, Language

if TYPE_CHECKING:
    from collections.abc import Iterator

# fmt: off
PLAIN = ""
TRAIN_VARIANTS = (
    PLAIN, "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5",
    "adam", "Alex", "Alicia", "Andrea", "Andy", "Annie", "announcer", "antonio", "AnxiousAndy", "aunty", "belinda",
    "benjamin", "boris", "caleb", "croak", "david", "Demonic", "Diogo", "ed", "edward", "edward2", "Gene", "Gene2",
    "grandma", "grandpa", "gustave", "Henrique", "Hugo", "iven", "iven2", "iven3", "iven4", "Jacky", "john",
    "kaukovalta", "klatt", "klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "Lee", "linda", "marcelo", "Marco", "max",
    "Michael", "michel", "miguel", "Mike", "Mr serious", "Nguyen", "norbert", "pablo", "paul", "pedro", "quincy",
    "RicishayMax", "RicishayMax2", "RicishayMax3", "rob", "robert", "robosoft7", "robosoft8", "sandro", "shelby",
    "steph", "steph2", "steph3", "Storm", "travis", "Tweaky", "UniRobot", "victor", "zac",
)
# fmt: on
DEV_VARIANTS = ("anika", "Denis", "robosoft6", "Mario")
DEV_SHARE = 0.04
DEV_FEWEST = 40
LONGEST_S = 16


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is to be said, and how."""

    text: str
    voice: str
    speed: int
    pitch: int
    gap: int


def read_sentences(path: Path, language: Language) -> list[str]:
    """Sentences of a file that the model can spell, each once."""
    lines = dict.fromkeys(path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if language.spell(line) and language.can_spell(line)]


def split_sentences(sentences: list[str], rng: random.Random) -> tuple[list[str], list[str]]:
    """Set some sentences aside for the dev set: train, dev."""
    shuffled = rng.sample(sentences, len(sentences))
    dev = max(1, round(max(len(shuffled) * DEV_SHARE, min(len(shuffled) * 0.1, DEV_FEWEST))))
    return shuffled[dev:], shuffled[:dev]


def phrases(sentence: str, rng: random.Random) -> Iterator[str]:
    """Cut a sentence into phrases of 2 to 14 words."""
    words = sentence.split()
    while words:
        count = rng.randint(2, 14)
        yield " ".join(words[:count])
        words = words[count:]


def plan(sentences: list[str], voice: str, variants: tuple[str, ...], rng: random.Random) -> list[Utterance]:
    """One pass over the sentences, cut and voiced at random."""
    return [
        Utterance(
            text=phrase,
            voice=f"{voice}+{rng.choice(variants)}".removesuffix("+"),
            speed=rng.randint(130, 215),
            pitch=rng.randint(20, 80),
            gap=rng.randint(0, 6),
        )
        for sentence in sentences
        for phrase in phrases(sentence, rng)
    ]


def speak(utterance: Utterance) -> Pcm:
    """Audio of one utterance, 16-bit at the model's rate."""
    command = ["espeak-ng", "--stdin", "--stdout", "-v", utterance.voice]
    command += ["-s", str(utterance.speed), "-p", str(utterance.pitch), "-g", str(utterance.gap)]
    done = subprocess.run(command, input=utterance.text.encode(), capture_output=True, check=True)
    with wave.open(io.BytesIO(done.stdout)) as file:
        rate = file.getframerate()
    # espeak-ng cannot seek in a pipe, so the header's frame count is a placeholder.
    spoken = np.frombuffer(done.stdout[44:], dtype=np.int16).astype(np.float32)
    resampled: Waveform = soxr.resample(spoken, rate, SAMPLE_RATE)
    return np.clip(resampled, -32768, 32767).astype(np.int16)


def spoken_clips(utterances: list[Utterance], language: Language) -> Iterator[tuple[Pcm, str]]:
    """Speak all utterances, a few at a time, leaving out the silent and the overlong."""
    with ThreadPoolExecutor(4) as pool:
        for utterance, samples in zip(utterances, pool.map(speak, utterances), strict=True):
            text = language.spell(utterance.text)
            if len(text) > 2 and SAMPLE_RATE // 5 < len(samples) <= LONGEST_S * SAMPLE_RATE:
                yield samples, text


def synthesize(sentences: Path, language: Language, workdir: Path, passes: int) -> None:
    """Make the train and the dev clips: other sentences in other voices."""
    rng = random.Random(0)
    train, dev = split_sentences(read_sentences(sentences, language), rng)
    sets = {
        "dev": plan(dev, language.voice, DEV_VARIANTS, rng),
        "train": [utterance for _ in range(passes) for utterance in plan(train, language.voice, TRAIN_VARIANTS, rng)],
    }
    for name, utterances in sets.items():
        clips = write_clips(workdir / name, spoken_clips(utterances, language))
        hours = sum(clip.length for clip in clips) / SAMPLE_RATE / 3600
        print(f"{name}: {len(clips)} clips, {hours:.2f} h", flush=True)


def main() -> None:
    """Read the command line and synthesise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=Path, required=True, help="one sentence a line")
    parser.add_argument("--language", choices=LANGUAGES, default="hy")
    parser.add_argument("--workdir", type=Path, required=True)
    parser.add_argument("--passes", type=int, default=6, help="times each sentence is spoken")
    arguments = parser.parse_args()
    synthesize(arguments.sentences, LANGUAGES[arguments.language], arguments.workdir, arguments.passes)


if __name__ == "__main__":
    main()
