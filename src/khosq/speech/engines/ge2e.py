"""Diarization with the GE2E speaker encoder (Resemblyzer's weights, Apache-2.0) on onnxruntime, torch-free.

Long windows of speech are clustered into voices; short ones are then scored against the voices, and the
likeliest sequence of voices is kept. Memory for windows is capped, so hours of speech need little more than minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
    RuntimeException,
)

from khosq.errors import EngineFailed, ModelMissing
from khosq.media.waveform import PcmFile
from khosq.speech.clustering import Embeddings, Labels, centroids, cluster, count_groups, likeliest_path, merge_alike
from khosq.speech.legacy_torch import UnreadableWeights, read_tensors
from khosq.speech.mel import BANDS
from khosq.speech.speech_frames import FRAMES_PER_SECOND, SpeechFrames
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn

MODEL_FILE = "speaker_encoder.onnx"
MOST_SPEAKERS = 10

_LONG = 160
"""Frames of a window for clustering; the encoder was trained on such."""
_LONG_STEP = 40
_MOST_LONG = 800
"""Windows clustered at most, spread evenly: the eigenvectors cost n³."""
_FEWEST_LONG = 4
_SHORT = 100
"""Frames of a window for telling where voices change."""
_SHORT_STEP = 20
_VOTERS = 3
"""Short windows that are averaged for one step of the path."""
_RANK = 32
"""Directions of the embedding space that are kept of short windows; more changes nothing that was measured."""
_SAME_VOICE = 0.9
"""Cosine of two centroids above which they may be one voice: halves of one have 0.92, two voices mostly 0.82 at most.

Two voices on one real call have 0.89, so that this alone decides nothing."""
_FEW_WINDOWS = 1.5
"""Halves of one voice are less alike by this much over the number of windows: 0.84 with 25 windows."""
_PER_VOICE = 400
"""Frames of speech for each voice beyond the first; less would tell sentences apart."""
_CONFIDENCE = 4.0
"""What one frame's cosine weighs against the cost of a switch."""
_SWITCH = 6.0
_SWITCH_IN_PAUSE = 1.5
"""Voices change more often where nobody speaks."""
_NEAR_PAUSE = 25
"""Frames: a change this close to a pause lies in it."""
_PASSES = 2
_PURE = 0.9
"""Share of a long window that must be one voice's before it may describe that voice."""
_BATCH = 64


class SpeakerEncoder:
    """Describes the voice in a window of mel frames."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ModelMissing(f"The speaker encoder is not installed: {path} is missing.")
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile, RuntimeException) as error:
            raise ModelMissing(f"The speaker encoder {path} is damaged; install it again.") from error
        takes = [(taken.name, taken.shape[-1:]) for taken in self._session.get_inputs()]
        if takes != [("mel", [BANDS])]:
            raise ModelMissing(f"{path} is another kind of model; install the speaker encoder again.")

    def embed(self, windows: NDArray[np.float32]) -> Embeddings:
        """Return one embedding of length 1 for each of ``windows`` [n, frames, bands]."""
        try:
            (embeddings,) = self._session.run(None, {"mel": windows})
        except (Fail, InvalidArgument, RuntimeException) as error:
            raise EngineFailed("The speaker encoder stopped before finishing.") from error
        return np.nan_to_num(np.asarray(embeddings, np.float32))


class Ge2eDiarizer:
    """Tells voices apart on one channel; never says that two speak at once."""

    def __init__(self, model_dir: Path) -> None:
        self._encoder = SpeakerEncoder(model_dir / MODEL_FILE)

    def diarize(self, sound: PcmFile, regions: Sequence[Timespan], *, speakers: int | None) -> list[Turn]:
        """Return turns in order that cover ``regions``, by ``speakers`` (1 to 10) voices where they can be told.

        With None, by as many as there seem to be: right for one to three who each speak for some seconds, often too
        few beyond.
        """
        if speakers is not None and not 1 <= speakers <= MOST_SPEAKERS:
            raise ValueError(f"1 to {MOST_SPEAKERS} speakers can be told apart, not {speakers}")
        if not regions:
            return []
        speech = SpeechFrames.of(sound, regions)
        long_step = max(_LONG_STEP, -(-(len(speech) - _LONG) // _MOST_LONG))
        if speakers == 1 or len(speech) < _LONG + (_FEWEST_LONG - 1) * long_step:
            return [Turn(region, 0) for region in regions]
        long = np.concatenate([self._encoder.embed(some) for some in speech.windows(_LONG, long_step, _BATCH)])
        labels = _voices(long, speakers, most=1 + len(speech) // _PER_VOICE)
        if labels.max() == 0:
            return [Turn(region, 0) for region in regions]
        return _turns(speech, *self._path(speech, long, long_step, labels))

    def _path(self, speech: SpeechFrames, long: Embeddings, step: int, labels: Labels) -> tuple[Labels, Labels]:
        """Return the steps' first frames and their voices."""
        directions = _main_directions(long)
        short = np.concatenate(
            [
                (self._encoder.embed(some) @ directions).astype(np.float16)
                for some in speech.windows(_SHORT, _SHORT_STEP, _BATCH)
            ]
        )
        edges, switching = _steps(speech, len(short))
        voices = centroids(long, labels)
        path = np.empty(0, np.int64)
        for _ in range(_PASSES):
            path = likeliest_path(_scores(short, voices @ directions, np.diff(edges)), switching)
            voices = _refined(voices, long, np.repeat(path.astype(np.int8), np.diff(edges)), step)
        return edges[:-1], path


def _voices(long: Embeddings, speakers: int | None, *, most: int) -> Labels:
    """Return the voice of each window; as many as asked for, unless there seem to be fewer and two are alike."""
    count = min(speakers or MOST_SPEAKERS, most)
    seen = count_groups(long, most=count)
    if speakers is None:
        return merge_alike(long, cluster(long, count=seen), likeness=_SAME_VOICE)
    labels = cluster(long, count=count)
    if seen < count:
        labels = merge_alike(long, labels, likeness=_SAME_VOICE - _FEW_WINDOWS / len(long))
    return labels


def _main_directions(embeddings: Embeddings) -> NDArray[np.float32]:
    """Return [dimensions, rank]: the directions in which voices differ here, so that short windows store small."""
    _, vectors = np.linalg.eigh(embeddings.T @ embeddings)
    return np.asarray(vectors[:, -_RANK:], np.float32)


def _steps(speech: SpeechFrames, windows: int) -> tuple[Labels, NDArray[np.float32]]:
    """Return the path's step edges in frames, moved onto pauses where one is near, and the switch cost at each step."""
    lead = (_SHORT - _VOTERS * _SHORT_STEP) // 2
    edges = lead + _SHORT_STEP * np.arange(windows + _VOTERS, dtype=np.int64)
    edges[0], edges[-1] = 0, len(speech)
    switching = np.full(windows + _VOTERS - 1, _SWITCH, np.float32)
    pauses = speech.bounds[1:-1]
    at = np.rint((pauses - lead) / _SHORT_STEP).astype(np.int64)
    inside = (at > 0) & (at < len(switching))
    edges[at[inside]] = pauses[inside]
    switching[at[inside]] = _SWITCH_IN_PAUSE
    return edges, switching


def _scores(short: NDArray[np.float16], voices: Embeddings, frames: Labels) -> NDArray[np.float32]:
    """Return [steps, voices]: how much each step sounds like each voice, weighted by its length."""
    likeness = np.empty((len(short), len(voices)), np.float32)
    for first in range(0, len(short), 4_096):
        likeness[first : first + 4_096] = short[first : first + 4_096].astype(np.float32) @ voices.T
    padded = np.zeros((len(short) + 2 * (_VOTERS - 1), len(voices)), np.float32)
    padded[_VOTERS - 1 : len(short) + _VOTERS - 1] = likeness
    total = np.lib.stride_tricks.sliding_window_view(padded, _VOTERS, axis=0).sum(2)
    heard = np.convolve(np.ones(len(short)), np.ones(_VOTERS))
    return np.asarray(total * (_CONFIDENCE * frames / heard)[:, None], np.float32)


def _refined(voices: Embeddings, long: Embeddings, by_frame: NDArray[np.int8], step: int) -> Embeddings:
    """Return each voice as its own long windows have it; a voice without any stays as it was."""
    counts = np.stack(
        [np.bincount(by_frame[first : first + _LONG], minlength=len(voices)) for first in _starts(long, step)]
    )
    labels, pure = counts.argmax(1), counts.max(1) > _PURE * _LONG
    refined = voices.copy()
    for voice in range(len(voices)):
        own = long[(labels == voice) & pure]
        if len(own):
            refined[voice] = own.sum(0) / (np.linalg.norm(own.sum(0)) + 1e-9)
    return refined


def _starts(long: Embeddings, step: int) -> range:
    return range(0, len(long) * step, step)


def _turns(speech: SpeechFrames, firsts: Labels, path: Labels) -> list[Turn]:
    """Return the path as turns inside the speech regions, voices numbered as they are first heard."""
    numbers: dict[int, int] = {}
    turns: list[Turn] = []
    firsts, voices = _changes(firsts, path, speech.bounds)
    for region, (start, _), first, end in zip(
        speech.regions, speech.spans.tolist(), speech.bounds[:-1].tolist(), speech.bounds[1:].tolist(), strict=True
    ):
        begin, stop = np.searchsorted(firsts, first, "right") - 1, np.searchsorted(firsts, end, "left")
        cuts = [(start + int(frame) - first) / FRAMES_PER_SECOND for frame in firsts[begin + 1 : stop]]
        edges = [region.start, *cuts, region.end]
        for voice, after, until in zip(voices[begin:stop].tolist(), edges[:-1], edges[1:], strict=True):
            turns.append(Turn(Timespan(after, until), numbers.setdefault(voice, len(numbers))))
    return turns


def _changes(firsts: Labels, path: Labels, pauses: Labels) -> tuple[Labels, Labels]:
    """Return the first frame and voice of each turn; a change that is close to a pause lies in the pause."""
    changed = np.flatnonzero(np.diff(path, prepend=-1))
    firsts, voices = firsts[changed], path[changed]
    after = np.searchsorted(pauses, firsts).clip(1, len(pauses) - 1)
    before, behind = pauses[after - 1], pauses[after]
    nearest = np.where(firsts - before < behind - firsts, before, behind)
    firsts = np.where(np.abs(nearest - firsts) <= _NEAR_PAUSE, nearest, firsts)
    last = np.append(np.diff(firsts) > 0, True)
    firsts, voices = firsts[last], voices[last]
    heard = np.flatnonzero(np.diff(voices, prepend=-1))
    return firsts[heard], voices[heard]


def prepare(pt: Path, out: Path) -> None:
    """Write the speaker encoder in Resemblyzer's ``pretrained.pt`` to the directory ``out``, as ONNX.

    Raises:
        ModelMissing: ``pt`` is something else, or damaged.

    """
    from khosq.speech.speaker_export import write_encoder  # noqa: PLC0415 - workers should not carry onnx

    try:
        weights = read_tensors(pt, member="model_state")
        write_encoder(weights, out / MODEL_FILE)
    except (UnreadableWeights, KeyError) as error:
        raise ModelMissing(f"{pt} does not hold a GE2E speaker encoder: {error}") from error
