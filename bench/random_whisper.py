"""Whisper of a real size in CTranslate2's form with random weights, which says one made-up word after another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from ctranslate2.specs import whisper_spec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from random_models import WORDS
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from random_models import WhisperSize

    Array = NDArray[np.float32]

CONTEXT, POSITIONS, TOKENS = 448, 1500, 51_866
PROMPT = 4
"""Tokens before the first word."""
SAID = 60
"""Tokens of each window; English has about so many in 20 s."""
_LOUD = 500.0
"""So much louder than all else are the positions, which say what comes next."""


def write_whisper(folder: Path, size: WhisperSize) -> Path:
    """Write the model with weights in half precision; the engine converts them as its device wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = _write_tokenizer(folder)
    random = np.random.default_rng(0)
    spec = whisper_spec.WhisperSpec(size.encoder_layers, size.heads, size.decoder_layers, size.heads)
    _fill_encoder(spec.encoder, size, random)
    _fill_decoder(spec.decoder, size, tokens, random)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokens.index(f"<|{code}|>") for code in _LANGUAGE_CODES]
    spec.config.alignment_heads = [(size.decoder_layers - 1, head) for head in range(min(6, size.heads))]
    spec.validate()
    spec.optimize(quantization="float16")
    spec.save(str(folder))
    features = {"feature_size": size.bands, "sampling_rate": 16_000, "hop_length": 160, "chunk_length": 30}
    (folder / "preprocessor_config.json").write_text(json.dumps(features | {"n_fft": 400}))
    return folder


def _write_tokenizer(folder: Path) -> list[str]:
    """Write a tokenizer of Whisper's size and form, and return its tokens in order."""
    vocabulary = {token: number for number, token in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    vocabulary[""] = len(vocabulary)  # the runtime takes a model for multilingual by this token
    for word in WORDS:
        vocabulary[f"Ġ{word}"] = len(vocabulary)
    steering = ["endoftext", "startoftranscript", *_LANGUAGE_CODES, "translate", "transcribe", "startoflm"]
    steering += ["startofprev", "nospeech", "notimestamps", *(f"{number * 0.02:.2f}" for number in range(1501))]
    while len(vocabulary) < TOKENS - len(steering):
        vocabulary[f"unused{len(vocabulary)}"] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(f"<|{name}|>", special=True, normalized=False) for name in steering])
    tokenizer.save(str(folder / "tokenizer.json"))
    return [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda one: one[1])]


def _fill_encoder(encoder: Any, size: WhisperSize, random: np.random.Generator) -> None:
    width = size.width
    for convolution, bands in ((encoder.conv1, size.bands), (encoder.conv2, width)):
        convolution.weight, convolution.bias = _weights(random, width, bands, 3), np.zeros(width, np.float32)
    encoder.position_encodings.encodings = _weights(random, POSITIONS, width)
    _norm(encoder.layer_norm, width)
    for layer in encoder.layer:
        _fill_layer(layer, width, random)


def _fill_decoder(decoder: Any, size: WhisperSize, tokens: list[str], random: np.random.Generator) -> None:
    width = size.width
    decoder.embeddings.weight = _weights(random, len(tokens), width)
    decoder.projection.weight = decoder.embeddings.weight
    said = [tokens.index(f"Ġ{WORDS[number * 37 % len(WORDS)]}") for number in range(SAID)]
    following = [*said[:1] * (PROMPT - 1), *said, *[tokens.index("<|endoftext|>")] * CONTEXT][:CONTEXT]
    positions = _weights(random, CONTEXT, width) + _LOUD * decoder.embeddings.weight[following]
    decoder.position_encodings.encodings = positions.astype(np.float32)
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
    return random.standard_normal(shape, np.float32) * np.float32(0.02)
