"""Whisper by CTranslate2: nearly every language, in batches, with word times, hotwords and language identification."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from khosq.errors import EngineFailed, ModelMissing
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.asr import TOO_SHORT, RecognizerTraits
from khosq.speech.devices import CPU, Unfit, gpu_index
from khosq.speech.extras import need
from khosq.speech.languages import base_language, named
from khosq.speech.spoken_language import LanguageGuess
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

WINDOW: Seconds = 30.0
GPU_BATCH = 24
"""Chunks at once; on one thread of a CPU more than one are slower by a tenth, and take more memory."""
_CUBLAS = "libcublas.so.12"
_GPU_LIBRARIES = ("cublas/lib/libcublasLt.so.12", f"cublas/lib/{_CUBLAS}", "cudnn/lib/libcudnn.so.9")
"""Of the packages nvidia-cublas-cu12 and nvidia-cudnn-cu12."""
_FILES = ("model.bin", "config.json", "tokenizer.json")
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
_OTHER_CODES = {"nb": "no", "fil": "tl", "jv": "jw", "cmn": "zh"}
"""Whisper's own codes for languages that have another one today."""
_LANDMARKS = ("<|endoftext|>", "<|startoftranscript|>", "<|transcribe|>", "<|notimestamps|>")
"""Tokens whose numbers differ between Whisper's tokenizers."""


class FasterWhisper:
    """Hears the languages of a Whisper model in CTranslate2's form."""

    def __init__(
        self,
        model_dir: Path,
        *,
        device: str = CPU,
        compute_type: str | None = None,
        threads: int = 1,
        beam_size: int = 5,
    ) -> None:
        library = need("faster_whisper", extra="whisper")
        _check_files(model_dir)  # the library would ask a hub for what is missing
        self._beam_size = beam_size
        index = gpu_index(device)
        try:
            if index is not None:
                _load_gpu_libraries()
            self._model = library.WhisperModel(
                str(model_dir),
                device="cpu" if index is None else "cuda",
                device_index=index or 0,
                compute_type=compute_type or _compute_type(index),
                cpu_threads=threads,
                local_files_only=True,
            )
            self._batches = library.BatchedInferencePipeline(self._model)
            _check_tokenizer(model_dir, self._model.hf_tokenizer)
        except Exception as error:  # the library's parts raise errors of many kinds
            raise EngineFailed(f"The Whisper model in {model_dir} cannot be loaded: {error}") from error
        self._languages = set(self._model.supported_languages)
        self.traits = RecognizerTraits(
            longest_chunk=WINDOW,
            takes_hotwords=True,
            identifies_language=len(self._languages) > 1,
            punctuates=True,
            batch=1 if index is None else GPU_BATCH,
        )

    def recognize(
        self, chunks: Sequence[Samples], *, language: str, hotwords: Sequence[str] = ()
    ) -> list[tuple[Word, ...]]:
        """Return, for each chunk, its words in order, timed from that chunk's start."""
        code = _code(language)
        if code not in self._languages:
            raise ModelMissing(f"This Whisper model does not know {named(language)}.")
        heard: list[list[Word]] = [[] for _ in chunks]
        audible = [index for index, chunk in enumerate(chunks) if len(chunk) >= TOO_SHORT]
        if not audible:
            return [tuple(words) for words in heard]
        ends = np.cumsum([len(chunks[index]) for index in audible]) / SAMPLE_RATE
        starts = [0.0, *ends[:-1].tolist()]
        try:
            segments, _ = self._batches.transcribe(
                np.concatenate([chunks[index] for index in audible]),
                language=code,
                clip_timestamps=[{"start": start, "end": end} for start, end in zip(starts, ends, strict=True)],
                batch_size=len(audible),
                beam_size=self._beam_size,
                word_timestamps=True,
                hotwords=" ".join(hotwords) or None,
            )
            for segment in segments:
                number = int(np.searchsorted(starts, segment.seek / 100 + TOO_SHORT / 2 / SAMPLE_RATE)) - 1
                index, start = audible[number], starts[number]
                duration = len(chunks[index]) / SAMPLE_RATE
                heard[index] += [_word(word, start, duration) for word in segment.words or () if word.word.strip()]
        except Exception as error:  # the library's parts raise errors of many kinds
            raise EngineFailed(f"Whisper stopped: {error}") from error
        return [tuple(words) for words in heard]

    def identify(self, sound: Samples, *, among: Sequence[str]) -> list[LanguageGuess]:
        """Return which of the languages ``among`` may be spoken, the likeliest first."""
        known = {tag: _code(tag) for tag in among if _code(tag) in self._languages}
        if len(sound) < TOO_SHORT or not known:
            return []
        if not self.traits.identifies_language:
            return [LanguageGuess(tag, 1.0) for tag in list(known)[:1]]
        try:
            _, _, likely = self._model.detect_language(audio=sound)
        except Exception as error:  # the library's parts raise errors of many kinds
            raise EngineFailed(f"Whisper stopped: {error}") from error
        shares = dict(likely)
        total = sum(shares.get(code, 0.0) for code in known.values()) or 1.0
        guesses = [LanguageGuess(tag, shares.get(code, 0.0) / total) for tag, code in known.items()]
        return sorted(guesses, key=lambda guess: -(guess.probability or 0.0))


def probe_gpu(index: int) -> str:
    """Tell what lets this engine compute on a GPU, or raise ``Unfit``."""
    try:
        library = need("ctranslate2", extra="whisper")
    except ModelMissing as error:
        raise Unfit("faster-whisper is not installed") from error
    name = f"CTranslate2 {library.__version__}"
    if library.get_cuda_device_count() <= index:
        raise Unfit(f"{name} finds no GPU {index}")
    try:
        _load_gpu_libraries()
        ctypes.CDLL(_CUBLAS)  # else each recording would fail at it
    except OSError as error:
        raise Unfit(f"{_CUBLAS} is missing; install nvidia-cublas-cu12 and nvidia-cudnn-cu12") from error
    return f"{name} finds the GPU"


def _load_gpu_libraries() -> None:
    """Load those that came as packages: the runtime looks for libraries by name, and finds what is loaded already."""
    packages = find_spec("nvidia")
    for folder in (packages and packages.submodule_search_locations) or ():
        for name in _GPU_LIBRARIES:
            if (Path(folder) / name).exists():
                ctypes.CDLL(str(Path(folder) / name), mode=ctypes.RTLD_GLOBAL)


def _compute_type(index: int | None) -> str:
    """Return what is quick: whole numbers on a CPU, halves on a GPU that has them."""
    if index is None:
        return "int8"
    types = need("ctranslate2", extra="whisper").get_supported_compute_types("cuda", index)
    return "float16" if "float16" in types else "default"


def _code(language: str) -> str:
    base = base_language(language)
    return _OTHER_CODES.get(base, base)


def _word(word: Any, offset: Seconds, duration: Seconds) -> Word:
    """Time a word from its chunk's start, inside the chunk."""
    start = min(max(0.0, float(word.start) - offset), duration)
    end = min(max(start, float(word.end) - offset), duration)
    return Word(word.word.strip(), Timespan(start, end), min(1.0, max(0.0, float(word.probability))))


def _check_files(model_dir: Path) -> None:
    missing = [name for name in _FILES if not (model_dir / name).is_file()]
    missing += [] if any((model_dir / name).is_file() for name in _VOCABULARIES) else [" or ".join(_VOCABULARIES)]
    if missing:
        raise EngineFailed(f"The Whisper model in {model_dir} lacks {', '.join(missing)}.")
    for path in sorted(model_dir.glob("*.json")):
        try:
            json.loads(path.read_bytes())
        except ValueError as error:
            raise EngineFailed(f"{path} is damaged: {error}.") from error


def _check_tokenizer(model_dir: Path, tokenizer: Any) -> None:
    """Refuse the tokenizer of another model: it would spell nonsense."""
    found = next(model_dir / name for name in _VOCABULARIES if (model_dir / name).is_file())
    text = found.read_text(encoding="utf-8")
    vocabulary = json.loads(text) if found.suffix == ".json" else text.splitlines()
    for token in _LANDMARKS:
        if token in vocabulary and tokenizer.token_to_id(token) != vocabulary.index(token):
            raise ValueError(f"tokenizer.json is that of another model: {token} has another number in {found.name}")
