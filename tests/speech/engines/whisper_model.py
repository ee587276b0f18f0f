"""A tiny Whisper in CTranslate2's form: real formats, a real tokenizer, weights that say one sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import whisper_spec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

HEADS = 2
BANDS = 80
CONTEXT = 448
POSITIONS = 1500
WIDTH = 64
SENTENCE = ["Ġlow", "Ġhigh", "Ġlower"]
PROMPTED = "Ġprompted"
"""Said instead where a prompt comes before the sound."""
USUAL_POSITIONS = 7
"""Of what steers the model, and its sentence."""

Array = NDArray[np.float32]


def write_whisper(folder: Path) -> Path:
    """Write a model of one layer that knows every language of Whisper's, and says its sentence to any sound."""
    tokens = write_tokenizer(folder)
    spec = whisper_spec.WhisperSpec(1, HEADS, 1, HEADS)
    _fill_encoder(spec.encoder, WIDTH, np.random.default_rng(0))
    _fill_decoder(spec.decoder, WIDTH, tokens, np.random.default_rng(1))
    spec.register_vocabulary(tokens)
    languages = [tokens.index(f"<|{code}|>") for code in _LANGUAGE_CODES]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [tokens.index("<|endoftext|>")]
    spec.config.lang_ids = languages
    spec.config.alignment_heads = [(0, head) for head in range(HEADS)]
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    features = {"feature_size": BANDS, "sampling_rate": 16_000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(features))
    return folder


def write_tokenizer(folder: Path, *, more: Sequence[str] = ()) -> list[str]:
    """Write Whisper's tokenizer without its merges, and return its tokens in order."""
    vocabulary = {token: number for number, token in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    vocabulary[""] = len(vocabulary)  # the runtime takes a model for multilingual by this token
    for token in (*SENTENCE, PROMPTED, *more):
        vocabulary[token] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    steering = ["endoftext", "startoftranscript", *_LANGUAGE_CODES, "translate", "transcribe", "startoflm"]
    steering += ["startofprev", "nospeech", "notimestamps", *(f"{number * 0.02:.2f}" for number in range(1501))]
    tokenizer.add_special_tokens([AddedToken(f"<|{name}|>", special=True, normalized=False) for name in steering])
    tokenizer.save(str(folder / "tokenizer.json"))
    return [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda one: one[1])]


def _fill_encoder(encoder: Any, width: int, random: np.random.Generator) -> None:
    for convolution, bands in ((encoder.conv1, BANDS), (encoder.conv2, width)):
        convolution.weight, convolution.bias = _weights(random, width, bands, 3), np.zeros(width, np.float32)
    encoder.position_encodings.encodings = _weights(random, POSITIONS, width)
    _norm(encoder.layer_norm, width)
    for layer in encoder.layer:
        _fill_layer(layer, width, random)


def _fill_decoder(decoder: Any, width: int, tokens: Sequence[str], random: np.random.Generator) -> None:
    decoder.embeddings.weight = _weights(random, len(tokens), width) * 10
    decoder.projection.weight = _weights(random, len(tokens), width)
    for before, after in pairwise(["<|notimestamps|>", *SENTENCE, "<|endoftext|>"]):
        decoder.projection.weight[tokens.index(after)] = decoder.embeddings.weight[tokens.index(before)]
    later = _weights(random, width) * 10
    decoder.position_encodings.encodings = _weights(random, CONTEXT, width) / 10
    decoder.position_encodings.encodings[USUAL_POSITIONS:] += 2 * later
    decoder.projection.weight[tokens.index(PROMPTED)] = later
    decoder.projection.weight[tokens.index("<|endoftext|>")] += 4 * decoder.embeddings.weight[tokens.index(PROMPTED)]
    decoder.scale_embeddings = False
    _norm(decoder.layer_norm, width)
    for layer in decoder.layer:
        _fill_layer(layer, width, random)
        _norm(layer.attention.layer_norm, width)
        for part, rows in zip(layer.attention.linear, (width, 2 * width, width), strict=True):
            _linear(part, rows, width, random)


def _fill_layer(layer: Any, width: int, random: np.random.Generator) -> None:
    _norm(layer.self_attention.layer_norm, width)
    _norm(layer.ffn.layer_norm, width)
    _linear(layer.self_attention.linear[0], 3 * width, width, random)
    _linear(layer.self_attention.linear[1], width, width, random)
    _linear(layer.ffn.linear_0, 4 * width, width, random)
    _linear(layer.ffn.linear_1, width, 4 * width, random)


def _norm(norm: Any, width: int) -> None:
    norm.gamma, norm.beta = np.ones(width, np.float32), np.zeros(width, np.float32)


def _linear(linear: Any, rows: int, columns: int, random: np.random.Generator) -> None:
    linear.weight, linear.bias = _weights(random, rows, columns), np.zeros(rows, np.float32)


def _weights(random: np.random.Generator, *shape: int) -> Array:
    return random.normal(0, 0.02, shape).astype(np.float32)
