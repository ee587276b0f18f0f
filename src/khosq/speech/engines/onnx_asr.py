"""NeMo, Parakeet, IndicConformer, Zipformer, GigaAM, Whisper and other models by the onnx-asr library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx_asr
import onnxruntime
import structlog
from onnx import parser
from onnx_asr.models.nemo import NemoConformerTdt

from khosq.errors import EngineFailed, ModelMissing
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.speech.asr import TOO_SHORT, RecognizerTraits
from khosq.speech.devices import CPU, Unfit, gpu_index
from khosq.speech.languages import base_language, named
from khosq.speech.tokens import CLOSING, Token, spread, words_of
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

WITHOUT_TIMES = frozenset({"whisper", "whisper-ort", "whisper-base", "nemo-conformer-aed", "nemo-canary-1b-v2"})
"""Types whose models are told the language, and of whose words the library gives no times."""
_SCORING_SESSIONS = ("_model", "_decoder_joint", "_joiner")
"""Where the library keeps the network that scores tokens, the likeliest first."""
_MOST_DURATIONS = 16
"""A TDT network scores these after its tokens."""
GPU_BATCH = 32
"""Chunks at once; on a CPU more than one makes large models no faster, and small ones slower."""
_ON_CPU, _ON_GPU = "CPUExecutionProvider", "CUDAExecutionProvider"
_TRIAL = 8_000
"""Samples."""
_RUNTIME_CODES = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")

log = structlog.get_logger()


class _Misfit(ValueError):
    """The parts of a model do not belong together."""


class OnnxAsr:
    """Hears whatever the model in its folder was trained for."""

    def __init__(
        self,
        model_dir: Path,
        *,
        model_type: str,
        quantization: str | None = None,
        threads: int = 1,
        device: str = CPU,
    ) -> None:
        if not model_dir.is_dir():  # else the library would go and ask a hub for it
            raise EngineFailed(f"There is no model in {model_dir}.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._is_timed = model_type not in WITHOUT_TIMES
        index = gpu_index(device)
        try:
            self._model = onnx_asr.load_model(
                model_type,
                model_dir,
                quantization=quantization if index is None else _widest(model_dir, quantization),
                sess_options=options,
                providers=_providers(index),
            ).with_timestamps()
            vocabulary = _vocabulary(self._model.asr)
            if self._is_timed:  # the others have no blank, and would work for long at a trial
                _check_fit(self._model.asr, vocabulary)
                self._model.recognize([np.random.default_rng(0).normal(0, 0.01, _TRIAL).astype(np.float32)])
        except Exception as error:  # the library and its runtime raise errors of many kinds
            raise EngineFailed(f"The model in {model_dir} cannot be loaded: {_reason(error)}") from error
        if index is not None and _ON_GPU not in _scoring_session(self._model.asr).get_providers():
            log.warning(
                "onnxruntime could not use the GPU and computes on the CPU", action="device_lost", device=device
            )
        self._languages = {token[2:-2] for token in vocabulary if token.startswith("<|")}
        self.traits = RecognizerTraits(
            longest_chunk=20.0,
            batch=1 if index is None else GPU_BATCH,
            gives_confidence=self._is_timed,
            gives_word_times=self._is_timed,
            punctuates=any(token.strip() in CLOSING for token in vocabulary),
        )

    def recognize(
        self, chunks: Sequence[Samples], *, language: str, hotwords: Sequence[str] = ()
    ) -> list[tuple[Word, ...]]:
        """Return, for each chunk, its words in order, timed from that chunk's start."""
        code = None if self._is_timed else self._code(language)
        audible = [index for index, chunk in enumerate(chunks) if len(chunk) >= TOO_SHORT]
        heard: list[tuple[Word, ...]] = [()] * len(chunks)
        try:
            results = self._model.recognize(
                list[Path | str | Samples](chunks[index] for index in audible), language=code
            )
        except Exception as error:  # the library and its runtime raise errors of many kinds
            raise EngineFailed(f"The speech engine stopped: {_reason(error)}") from error
        for index, result in zip(audible, results, strict=True):
            heard[index] = tuple(_words(result, duration=len(chunks[index]) / SAMPLE_RATE))
        return heard

    def _code(self, language: str) -> str:
        code = base_language(language)
        if code not in self._languages:
            raise ModelMissing(f"This model does not know {named(language)}.")
        return code


def probe_gpu(index: int) -> str:
    """Tell what lets this engine compute on a GPU, or raise ``Unfit``.

    It computes something: the runtime lists its GPU provider also where that cannot start, and then uses the CPU.
    """
    if _ON_GPU not in onnxruntime.get_available_providers():
        raise Unfit("onnxruntime is the build for the CPU; install onnxruntime-gpu in its place")
    text = '<ir_version: 8, opset_import: ["": 17]> probe (float[n] x) => (float[n] y) { y = Add (x, x) }'
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        parser.parse_model(text).SerializeToString(), options, providers=_providers(index)
    )
    version = onnxruntime.__version__
    if _ON_GPU not in session.get_providers():
        raise Unfit(f"onnxruntime {version} cannot start CUDA here: libraries of CUDA or cuDNN are missing")
    return f"onnxruntime {version} computes with CUDA"


def _words(result: Any, *, duration: Seconds) -> list[Word]:
    """Return the words of one of the library's results."""
    if result.timestamps is None:
        return spread(result.text, Timespan(0, duration))
    logprobs = [None] * len(result.tokens) if result.logprobs is None else map(float, result.logprobs)
    return list(words_of(map(Token, result.tokens, map(float, result.timestamps), logprobs), duration=duration))


def _vocabulary(asr: Any) -> list[str]:
    return list(asr._vocab.values())  # noqa: SLF001 - the library, whose release is pinned, offers no other way


def _check_fit(asr: Any, vocabulary: Sequence[str]) -> None:
    """Refuse a vocabulary whose blank the network cannot score, or that cannot spell all which it scores."""
    blank = getattr(asr, "_blank_idx", None)
    if blank is None:
        raise _Misfit("its vocabulary has no <blk>")
    scores = _scoring_session(asr).get_outputs()[0].shape[-1]
    most = len(vocabulary) + (_MOST_DURATIONS if isinstance(asr, NemoConformerTdt) else 0)
    if isinstance(scores, int) and not blank < scores <= most:
        raise _Misfit(f"its vocabulary has {len(vocabulary)} tokens and its network {scores}")


def _scoring_session(asr: Any) -> Any:
    return next(getattr(asr, name) for name in _SCORING_SESSIONS if hasattr(asr, name))


def _providers(index: int | None) -> list[Any]:
    """Return what computes, best first; a GPU would else try every algorithm anew for every length of sound."""
    if index is None:
        return [_ON_CPU]
    onnxruntime.preload_dlls()
    options = {
        "device_id": index,
        "cudnn_conv_algo_search": "HEURISTIC",
        "arena_extend_strategy": "kSameAsRequested",
    }
    return [(_ON_GPU, options), _ON_CPU]


def _widest(model_dir: Path, quantization: str | None) -> str | None:
    """Return which of the files that are there suit a GPU, on which whole numbers are slow."""
    names = [path.stem for path in model_dir.rglob("*.onnx")]
    if any(name.endswith("fp16") for name in names):
        return "fp16"
    return None if any(not name.endswith("int8") for name in names) else quantization


def _reason(error: Exception) -> str:
    """Word an error of the library, whose own words are for its authors."""
    if isinstance(error, KeyError):
        return f"its vocabulary lacks {error}"
    if isinstance(error, AssertionError):
        return "its vocabulary is not this network's"
    text = _RUNTIME_CODES.sub("", str(error)).strip() or type(error).__name__
    is_of_text = isinstance(error, ValueError) and not isinstance(error, _Misfit)
    return f"its vocabulary or config.json is damaged ({text})" if is_of_text else text
