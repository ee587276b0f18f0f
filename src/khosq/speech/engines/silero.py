"""Voice activity by Silero, on onnxruntime alone."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from khosq.errors import EngineFailed
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.transcript.timespan import Seconds, Timespan

FRAME = 512
CONTEXT = 64
FRAMES_AT_ONCE = 512
STATE_SHAPE = (1, 1, 128)
MODEL_FILE = "silero_vad_16k_sequence.onnx"

ENTER = 0.5
LEAVE = 0.25
MIN_SPEECH: Seconds = 0.1
MIN_SILENCE: Seconds = 0.25
PADDING: Seconds = 0.12
"""The network is late at soft beginnings and early at soft ends."""

State = NDArray[np.float32]


class Silero:
    """Finds speech in one channel, 32 ms at a time, with the network's state carried through the recording."""

    def __init__(self, model_dir: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                model_dir / MODEL_FILE, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's own errors share no base of their own
            raise EngineFailed(f"The voice activity model in {model_dir} cannot be loaded: {error}") from error

    def detect(self, blocks: Iterable[Samples]) -> list[Timespan]:
        """Return where somebody speaks, in order, not touching."""
        probabilities = array("f")
        samples = 0
        hidden = cell = np.zeros(STATE_SHAPE, np.float32)
        context = np.zeros(CONTEXT, np.float32)
        for stretch in _stretches(blocks):
            samples += len(stretch)
            frames = np.pad(stretch, (0, -len(stretch) % FRAME)).reshape(-1, FRAME)
            before = np.vstack([context, frames[:-1, -CONTEXT:]])
            context = frames[-1, -CONTEXT:]
            spoken, hidden, cell = self._run(np.hstack([before, frames]), hidden, cell)
            probabilities.extend(spoken.ravel().tolist())
        return speech_regions(probabilities, frame=FRAME / SAMPLE_RATE, duration=samples / SAMPLE_RATE)

    def _run(self, frames: Samples, hidden: State, cell: State) -> tuple[State, State, State]:
        try:
            spoken, hidden, cell = self._session.run(None, {"input": frames, "h": hidden, "c": cell})
        except Exception as error:  # onnxruntime's own errors share no base of their own
            raise EngineFailed(f"Voice activity detection stopped: {error}") from error
        return spoken, hidden, cell


def _stretches(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Yield the same sound in stretches of one size, so that no answer depends on how it was cut."""
    size = FRAME * FRAMES_AT_ONCE
    waiting: list[Samples] = []
    held = 0
    for block in blocks:
        waiting.append(block)
        held += len(block)
        if held >= size:
            sound = np.concatenate(waiting)
            whole = len(sound) // size * size
            yield from sound[:whole].reshape(-1, size)
            waiting, held = [sound[whole:]], len(sound) - whole
    if held:
        yield np.concatenate(waiting)


def speech_regions(probabilities: Sequence[float], *, frame: Seconds, duration: Seconds) -> list[Timespan]:
    """Turn one probability per frame into regions: enter at 0.5, leave below 0.25, drop what is too short, pad."""
    bridged: list[tuple[Seconds, Seconds]] = []
    for start, end in _raw_runs(probabilities, frame):
        if bridged and start - bridged[-1][1] < MIN_SILENCE:
            bridged[-1] = bridged[-1][0], end
        else:
            bridged.append((start, end))
    regions: list[Timespan] = []
    for start, end in bridged:
        if end - start < MIN_SPEECH:
            continue
        region = Timespan(max(0.0, start - PADDING), min(duration, end + PADDING))
        if regions and region.start <= regions[-1].end:
            regions[-1] = Timespan(regions[-1].start, region.end)
        else:
            regions.append(region)
    return regions


def _raw_runs(probabilities: Sequence[float], frame: Seconds) -> Iterator[tuple[Seconds, Seconds]]:
    start: int | None = None
    for index, probability in enumerate(probabilities):
        if start is None and probability >= ENTER:
            start = index
        elif start is not None and probability < LEAVE:
            yield start * frame, index * frame
            start = None
    if start is not None:
        yield start * frame, len(probabilities) * frame
