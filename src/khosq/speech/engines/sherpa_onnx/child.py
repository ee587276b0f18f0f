"""The process that sherpa-onnx runs in: loads one object, then answers one call after another."""

from __future__ import annotations

import ctypes
import re
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import onnx

from khosq.errors import EngineFailed, KhosqError
from khosq.media.waveform import SAMPLE_RATE, PcmFile, Samples
from khosq.speech.extras import need
from khosq.transcript.timespan import Seconds, Timespan

Heard = tuple[str, list[str], list[Seconds]]
"""The text, its tokens and their starts, as the library gives them."""

_FACTORIES = {"omnilingual": "from_omnilingual_asr_ctc", "sense-voice": "from_sense_voice"}
_QUANTIZATIONS = (".int8", ".fp16")
_NUMBERED = re.compile(r"[ \t]\d+\r?$")
_PADDING = 0.01
_PR_SET_PDEATHSIG = 1


class Ears:
    """The library's recogniser."""

    def __init__(self, model_dir: Path, *, family: str, quantization: str | None, threads: int, provider: str) -> None:
        self._make = getattr(_library().OfflineRecognizer, _FACTORIES[family])
        model, tokens = _file(model_dir, "model", quantization), _file(model_dir, "tokens.txt")
        _check_tokens(tokens, model)
        self._settings = {"model": model, "tokens": tokens, "num_threads": threads, "provider": provider}
        self._language: str | None = None
        self._recognizer = self._make(**self._settings)

    def __call__(self, chunks: Sequence[Samples], language: str | None) -> list[Heard]:
        """Hear a batch of chunks; a model that is told the language is loaded anew for another one."""
        if language != self._language:
            self._recognizer = self._make(**self._settings, language=language)
            self._language = language
        streams = [self._recognizer.create_stream() for _ in chunks]
        for stream, chunk in zip(streams, chunks, strict=True):
            stream.accept_waveform(SAMPLE_RATE, chunk)
        self._recognizer.decode_streams(streams)
        results = [stream.result for stream in streams]
        return [(result.text, list(result.tokens), list(map(float, result.timestamps))) for result in results]


class Voices:
    """The library's diarisation."""

    def __init__(self, model_dir: Path, *, threads: int, provider: str) -> None:
        self._library = library = _library()
        runtime = {"num_threads": threads, "provider": provider}
        pyannote = library.OfflineSpeakerSegmentationPyannoteModelConfig(model=_file(model_dir, "segmentation"))
        self._segmentation = library.OfflineSpeakerSegmentationModelConfig(pyannote=pyannote, **runtime)
        self._embedding = library.SpeakerEmbeddingExtractorConfig(model=_file(model_dir, "embedding"), **runtime)
        self._diarization = library.OfflineSpeakerDiarization(self._config(1))

    def __call__(self, sound: PcmFile, speakers: int) -> list[tuple[Seconds, Seconds, int]]:
        """Return start, end and voice of everything that is said."""
        self._diarization.set_config(self._config(speakers))
        samples = sound.read(Timespan(0, sound.duration))
        segments = self._diarization.process(samples).sort_by_start_time()
        return [(float(one.start), float(one.end), int(one.speaker)) for one in segments]

    def _config(self, speakers: int) -> Any:
        clustering = self._library.FastClusteringConfig(num_clusters=speakers)
        return self._library.OfflineSpeakerDiarizationConfig(
            segmentation=self._segmentation, embedding=self._embedding, clustering=clustering
        )


class Marks:
    """The library's punctuation."""

    def __init__(self, model_dir: Path, *, threads: int, provider: str) -> None:
        library = _library()
        model = library.OfflinePunctuationModelConfig(
            ct_transformer=_file(model_dir, "model"), num_threads=threads, provider=provider
        )
        self._punctuation = library.OfflinePunctuation(library.OfflinePunctuationConfig(model=model))

    def __call__(self, text: str) -> str:
        """Return the text with marks."""
        return str(self._punctuation.add_punctuation(text))


class Tongues:
    """The library's language identification."""

    def __init__(self, model_dir: Path, *, threads: int, provider: str) -> None:
        library = _library()
        whisper = library.SpokenLanguageIdentificationWhisperConfig(
            encoder=_file(model_dir, "*encoder"), decoder=_file(model_dir, "*decoder")
        )
        config = library.SpokenLanguageIdentificationConfig(whisper=whisper, num_threads=threads, provider=provider)
        self._identification = library.SpokenLanguageIdentification(config)

    def __call__(self, sound: Samples) -> str:
        """Return the code of the language that is spoken."""
        stream = self._identification.create_stream()
        stream.accept_waveform(SAMPLE_RATE, sound)
        return str(self._identification.compute(stream))


ROLES: dict[str, Callable[..., Callable[..., Any]]] = {
    "ears": Ears,
    "voices": Voices,
    "marks": Marks,
    "tongues": Tongues,
}


def main(line: Connection) -> None:
    """Load what the first message names, then answer calls until the line is cut."""
    role, model_dir, settings = line.recv()
    made = _attempt(line, ROLES[role], model_dir, **settings)
    while made:
        _attempt(line, made, *line.recv())


def _attempt(line: Connection, function: Callable[..., Any], *args: Any, **settings: Any) -> Any:
    """Call a function and send what it returns, or raises; what is not plain stays here."""
    answer: Any
    result = None
    try:
        answer = result = function(*args, **settings)
        if callable(result):
            answer = None
    except KhosqError as error:
        answer = error
    except Exception as error:  # noqa: BLE001 - the library raises errors of many kinds, and the other side words them
        answer = EngineFailed(str(error).strip().partition("\n")[0] or type(error).__name__)
    line.send(answer)
    return result


def _library() -> Any:
    return need("sherpa_onnx", extra="sherpa")


def _file(model_dir: Path, name: str, quantization: str | None = None) -> str:
    """Return the one file of this name, or whose name begins so and ends as the quantization says."""
    if "." in name:
        pattern, found = name, [model_dir / name] if (model_dir / name).is_file() else []
    else:
        pattern = f"{name}*.{quantization}.onnx" if quantization else f"{name}*.onnx"
        found = [path for path in model_dir.glob(pattern) if quantization or not path.stem.endswith(_QUANTIZATIONS)]
    if len(found) != 1:
        raise EngineFailed(f"it has {len(found) or 'no'} {pattern}, and must have one")
    return str(found[0])


def _check_tokens(tokens: str, model: str) -> None:
    """Refuse a vocabulary that is damaged, or of quite another size than the network's.

    Some are padded a little, and some have tokens that break lines.
    """
    lines = Path(tokens).read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n")
    count = sum(bool(_NUMBERED.search(line)) for line in lines)
    if count < len(lines) * (1 - _PADDING):
        raise EngineFailed("tokens.txt is damaged")
    try:
        graph = onnx.load(model, load_external_data=False).graph
    except Exception as error:  # protobuf's own
        raise EngineFailed(f"{Path(model).name} is damaged") from error
    sizes = [output.type.tensor_type.shape.dim[-1].dim_value for output in graph.output[:1]]
    if any(size and abs(count - size) > size * _PADDING for size in sizes):
        raise EngineFailed(f"tokens.txt has {count} tokens and the network {sizes[0]}")


if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        main(Connection(int(sys.argv[1])))
    except EOFError:
        """Nobody needs it any more."""
