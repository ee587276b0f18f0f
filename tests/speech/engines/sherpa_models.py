"""Tiny models that hear tones, with the tensors and the metadata that sherpa-onnx demands of real ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.speech.engines.graphs import Weights, save, write_tokens
from tests.speech.sounds import TONES

Array = NDArray[np.float32]

SAMPLE_RATE = 16_000
BANDS = 80
LOWEST, HIGHEST = 20.0, 7_600.0
"""Hertz: the library's filter banks."""
STACKED = 7
"""Frames that SenseVoice sees at once."""
LANGUAGES = ["en", "hy", "hi"]
SENSES = ["auto", "zh", "en", "ja", "ko", "yue", "NEUTRAL", "Speech", "woitn"]
"""Tokens with which SenseVoice begins: a language, a mood, an event, and whether it wrote numbers as figures."""
POWERSET = 7
PUNCTUATED = ["<unk>", "hello", "world", "are", "you", "fine"]
COMMA, STOP, QUESTION = "\uff0c", "\u3002", "\uff1f"
MARKS = ["<unk>", "_", COMMA, STOP, QUESTION, "\u3001"]


def omnilingual(folder: Path) -> Path:
    """Write a network from samples to characters: a low tone is "l", a high one "h", one between a blank."""
    tokens = ["<s>", "l", "h", " "]
    graph = f"""omnilingual (float[n,t] x) => (float[n,s,{len(tokens)}] logits) {{
        {_powers(window=400, shift=320)}
        scores = MatMul (loudness, by_tone)  logits = Add (scores, bias) }}"""
    by_tone = np.zeros((len(TONES), len(tokens)), np.float32)
    by_tone[range(3), [1, 2, 3]] = 1
    weights = {**_waves(400), "by_tone": by_tone, "bias": np.array([5, 0, 0, 0], np.float32)}
    metadata = {"model_type": "omnilingual-asr", "version": 1, "sample_rate": SAMPLE_RATE}
    save(folder / "model.onnx", graph, weights, metadata)
    write_tokens(folder / "tokens.txt", tokens)
    return folder


def sense_voice(folder: Path) -> Path:
    """Write SenseVoice: four frames of what it thinks of the sound, then tokens every 60 ms."""
    tokens = ["<blank>", *TONES, *(f"<|{name}|>" for name in SENSES)]
    size, wide, first = len(tokens), BANDS * STACKED, 1 + len(TONES)
    graph = f"""sense (float[n,t,{wide}] x, int32[n] x_length, int32[n] language, int32[n] text_norm)
        => (float[n,s,{size}] logits) {{
        scores = MatMul (x, by_tone)  heard = Add (scores, bias)
        senses = Gather (by_language, language)  logits = Concat <axis = 1> (senses, heard) }}"""
    by_tone = np.zeros((wide, size), np.float32)
    for number, hertz in enumerate(TONES.values(), start=1):
        by_tone[[frame * BANDS + _band(hertz) for frame in range(STACKED)], number] = 1 / STACKED
    weights: Weights = {
        "by_tone": by_tone,
        "bias": np.array([2, 0, 0, 0, *[-99] * len(SENSES)], np.float32),
        "by_language": np.eye(size, dtype=np.float32)[
            [[first + number, *range(size - 3, size)] for number in range(6)]
        ],
    }
    metadata = {
        "model_type": "sense_voice_ctc", "vocab_size": size, "blank_id": 0, "normalize_samples": 1,
        "lfr_window_size": STACKED, "lfr_window_shift": 6, "with_itn": 14, "without_itn": 15,
        **{f"lang_{code}": number for number, code in enumerate(SENSES[:6])},
        "neg_mean": ",".join(["0"] * wide), "inv_stddev": ",".join(["1"] * wide),
    }  # fmt: skip
    save(folder / "model.onnx", graph, weights, metadata)
    write_tokens(folder / "tokens.txt", tokens)
    return folder


def diarization(folder: Path) -> Path:
    """Write pyannote's segmentation, to which a tone is a speaker, and an embedding that tells tones apart."""
    graph = f"""segmentation (float[n,1,t] x) => (float[n,s,{POWERSET}] y) {{
        flat = Squeeze (x, one_axis)
        {_powers(window=991, shift=270).replace("(x, ", "(flat, ")}
        scores = MatMul (loudness, by_tone)  raw = Add (scores, bias)  y = LogSoftmax <axis = -1> (raw) }}"""
    by_tone = np.zeros((len(TONES), POWERSET), np.float32)
    by_tone[range(3), [1, 2, 3]] = 1
    weights: Weights = {
        **_waves(991), "by_tone": by_tone, "bias": np.array([2, 0, 0, 0, -99, -99, -99], np.float32),
        "one_axis": np.array([1], np.int64),
    }  # fmt: skip
    metadata: Mapping[str, object] = {
        "model_type": "pyannote-segmentation-3.0", "version": 1, "sample_rate": SAMPLE_RATE, "num_speakers": 3,
        "powerset_max_classes": 2, "num_classes": POWERSET, "window_size": 160_000,
        "receptive_field_size": 991, "receptive_field_shift": 270,
    }  # fmt: skip
    save(folder / "segmentation.onnx", graph, weights, metadata)
    graph = f"""embedding (float[n,t,{BANDS}] x) => (float[n,{len(TONES)}] embedding) {{
        mean = ReduceMean <axes = [1], keepdims = 0> (x)
        picked = MatMul (mean, bands)  shifted = Add (picked, six)  embedding = Relu (shifted) }}"""
    bands = np.zeros((BANDS, len(TONES)), np.float32)
    for number, hertz in enumerate(TONES.values()):
        bands[_band(hertz), number] = 1
    metadata = {
        "framework": "wespeaker", "language": "English", "url": "", "comment": "", "sample_rate": SAMPLE_RATE,
        "output_dim": len(TONES), "normalize_samples": 1, "feature_normalize_type": "",
    }  # fmt: skip
    save(folder / "embedding.onnx", graph, {"bands": bands, "six": np.array(6, np.float32)}, metadata)
    return folder


def punctuation(folder: Path) -> Path:
    """Write CT-Transformer, to which the mark hangs on the word: a comma after "world", a question after "you"."""
    graph = f"""punctuation (int32[n,t] inputs, int32[n] text_lengths) => (float[n,t,{len(MARKS)}] logits) {{
        logits = Gather (marks, inputs) }}"""
    marks = np.zeros((len(PUNCTUATED), len(MARKS)), np.float32)
    marks[:, 1] = 5
    for word, mark in (("world", COMMA), ("you", QUESTION), ("fine", STOP)):
        marks[PUNCTUATED.index(word), MARKS.index(mark)] = 9
    metadata = {
        "model_type": "ct_transformer", "vocab_size": len(PUNCTUATED),
        "tokens": "|".join(PUNCTUATED), "punctuations": "|".join(MARKS), "unk_symbol": "<unk>",
    }  # fmt: skip
    save(folder / "model.onnx", graph, {"marks": marks}, metadata)
    return folder


def language(folder: Path) -> Path:
    """Write a Whisper that hears a low tone as English, a high one as Armenian and one between as Hindi."""
    first = 10
    size = first + len(LANGUAGES)
    encoder = f"""encoder (float[n,{BANDS},t] mel)
        => (float[1,n,s,{BANDS}] n_layer_cross_k, float[1,n,s,{BANDS}] n_layer_cross_v) {{
        in_time = Transpose <perm = [0, 2, 1]> (mel)
        n_layer_cross_k = Unsqueeze (in_time, first)  n_layer_cross_v = Unsqueeze (in_time, first) }}"""
    numbers = [first + number for number in range(len(LANGUAGES))]
    metadata = {
        "model_type": "whisper-tones", "version": 1, "maintainer": "", "n_mels": BANDS, "n_audio_ctx": 1500,
        "n_audio_state": BANDS, "n_audio_head": 1, "n_audio_layer": 1, "n_vocab": size, "n_text_ctx": 448,
        "n_text_state": BANDS, "n_text_head": 1, "n_text_layer": 1, "sot_sequence": "1,10,5", "sot": 1, "sot_index": 0,
        "all_language_tokens": ",".join(map(str, numbers)), "all_language_codes": ",".join(LANGUAGES), "eot": 0,
        "blank_id": 2, "is_multilingual": 1, "no_speech": 3, "non_speech_tokens": "3", "transcribe": 5, "translate": 4,
        "sot_prev": 6, "sot_lm": 7, "no_timestamps": 8, "timestamp_begin": 9, "space_token": 2,
    }  # fmt: skip
    save(folder / "tones-encoder.onnx", encoder, {"first": np.array([0], np.int64)}, metadata)
    decoder = f"""decoder (int64[n,m] tokens, float[1,n,448,{BANDS}] in_n_layer_self_k_cache,
        float[1,n,448,{BANDS}] in_n_layer_self_v_cache, float[1,n,s,{BANDS}] n_layer_cross_k,
        float[1,n,s,{BANDS}] n_layer_cross_v, int64[1] offset)
        => (float[n,1,{size}] logits, float[1,n,448,{BANDS}] out_n_layer_self_k_cache,
        float[1,n,448,{BANDS}] out_n_layer_self_v_cache) {{
        sound = Squeeze (n_layer_cross_k, first)
        mean = ReduceMean <axes = [1]> (sound)  logits = MatMul (mean, by_band)
        out_n_layer_self_k_cache = Identity (in_n_layer_self_k_cache)
        out_n_layer_self_v_cache = Identity (in_n_layer_self_v_cache) }}"""
    by_band = np.zeros((BANDS, size), np.float32)
    for number, name in zip(numbers, ("▁low", "▁high", "er"), strict=True):
        by_band[_whisper_band(TONES[name]), number] = 100
    save(folder / "tones-decoder.onnx", decoder, {"first": np.array([0], np.int64), "by_band": by_band})
    return folder


def _powers(*, window: int, shift: int) -> str:
    """Return nodes from samples ``x`` to how loud each tone is in each window, in nats."""
    form = f"strides = [{shift}], kernel_shape = [{window}]"
    return f"""channel = Unsqueeze (x, axis)
        sines = Conv <{form}> (channel, sine)  cosines = Conv <{form}> (channel, cosine)
        s2 = Mul (sines, sines)  c2 = Mul (cosines, cosines)  power = Add (s2, c2)
        above = Add (power, floor)  nats = Log (above)  loudness = Transpose <perm = [0, 2, 1]> (nats)"""


def _waves(window: int) -> dict[str, NDArray[np.generic]]:
    time = np.arange(window) / SAMPLE_RATE
    angles = np.array([2 * np.pi * hertz * time for hertz in TONES.values()])[:, None]
    waves = {"sine": np.sin(angles), "cosine": np.cos(angles)}
    return {
        **{name: wave.astype(np.float32) for name, wave in waves.items()},
        "axis": np.array([1], np.int64),
        "floor": np.array(1e-6, np.float32),
    }


def _band(hertz: float) -> int:
    """Return which of the library's filters a tone is loudest in."""
    low, high, tone = (1127 * math.log(1 + frequency / 700) for frequency in (LOWEST, HIGHEST, hertz))
    return round((tone - low) / (high - low) * (BANDS + 1)) - 1


def _whisper_band(hertz: float) -> int:
    """Return which of Whisper's filters a tone is loudest in: linear below 1 kHz, logarithmic above."""

    def mel(frequency: float) -> float:
        return frequency * 3 / 200 if frequency < 1000 else 15 + math.log(frequency / 1000) * 27 / math.log(6.4)

    return round(mel(hertz) / mel(8000) * (BANDS + 1)) - 1
