"""One tiny model that hears tones for each family that the onnx-asr library loads, under the names it demands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx_asr.models.whisper import bytes_to_unicode
from onnx_asr.preprocessors.numpy_preprocessor import (
    GigaamPreprocessorNumpy,
    KaldiPreprocessorNumpy,
    NemoPreprocessorNumpy,
    WhisperPreprocessorNumpy,
)
from tests.speech.engines.graphs import BLANK, VOCABULARY, Features, Weights, save, tone_filters, write_tokens
from tests.speech.sounds import TONES, tone

SIZE = len(VOCABULARY)
NOT_AGAIN = np.array([0, -20], np.float32)
"""A transducer's joint takes this from the token that came last: each tone is written once."""
JOINT_WEIGHTS: dict[str, NDArray[Any]] = {
    "size": np.array([SIZE], np.int64),
    "not_again": NOT_AGAIN,
    "but_blank": np.array([1] * BLANK + [0], np.float32),
    "doubt": np.array([0] * BLANK + [4], np.float32),
}
LANGUAGES = ["en", "hy"]


def nemo_ctc(folder: Path) -> str:
    """Write FastConformer CTC's files, with 80 bands, and return the model's type."""
    graph = f"""ctc (float[b,80,t] audio_signal, int64[b] length) => (float[b,s,{SIZE}] logprobs) {{
        scores = Conv <strides = [8], kernel_shape = [8], pads = [0, 7]> (audio_signal, filters, bias)
        in_time = Transpose <perm = [0, 2, 1]> (scores)
        logprobs = LogSoftmax <axis = -1> (in_time) }}"""
    save(folder / "model.onnx", graph, tone_filters(bands_of(NemoPreprocessorNumpy("nemo80")), frames=8))
    write_tokens(folder / "vocab.txt", VOCABULARY)
    _configure(folder, features_size=80, subsampling_factor=8)
    return "nemo-conformer-ctc"


def nemo_rnnt(folder: Path) -> str:
    """Write Parakeet RNN-T's files, with 128 bands, and return the model's type."""
    _nemo_transducer(folder, "outputs = Add (fresh, shaped_doubt)", SIZE)
    return "nemo-conformer-rnnt"


def nemo_tdt(folder: Path) -> str:
    """Write Parakeet TDT's files, with 128 bands and five durations, and return the model's type."""
    _nemo_transducer(
        folder, "judged = Add (fresh, shaped_doubt)  outputs = Concat <axis = -1> (judged, one_step)", SIZE + 5
    )
    return "nemo-conformer-tdt"


def _nemo_transducer(folder: Path, last: str, size: int) -> None:
    encoder = f"""encoder (float[b,128,t] audio_signal, int64[b] length)
        => (float[b,{SIZE},s] outputs, int64[b] encoded_lengths) {{
        outputs = Conv <strides = [8], kernel_shape = [8], pads = [0, 7]> (audio_signal, filters, bias)
        before = Sub (length, one)  last = Div (before, eight)  encoded_lengths = Add (last, one) }}"""
    numbers = {"one": np.array(1, np.int64), "eight": np.array(8, np.int64)}
    filters = tone_filters(bands_of(NemoPreprocessorNumpy("nemo128")), frames=8)
    save(folder / "encoder-model.onnx", encoder, {**filters, **numbers})
    joint = f"""joint (float[b,{SIZE},s] encoder_outputs, int32[b,n] targets, int32[b] target_length,
        float[1,b,2] input_states_1, float[1,b,2] input_states_2)
        => (float[1,1,1,{size}] outputs, float[1,b,2] output_states_1, float[1,b,2] output_states_2) {{
        scores = Reshape (encoder_outputs, shape)
        wide = Cast <to = 7> (targets)
        again = OneHot <axis = -1> (wide, size, not_again)  masked = Mul (again, but_blank)
        penalty = Reshape (masked, shape)  fresh = Add (scores, penalty)  shaped_doubt = Reshape (doubt, shape)
        {last}
        output_states_1 = Identity (input_states_1)  output_states_2 = Identity (input_states_2) }}"""
    weights = {**JOINT_WEIGHTS, "shape": np.array([1, 1, 1, SIZE], np.int64)}
    if size > SIZE:
        weights["one_step"] = np.array([0, 10, 0, 0, 0], np.float32).reshape(1, 1, 1, 5)
    save(folder / "decoder_joint-model.onnx", joint, weights)
    write_tokens(folder / "vocab.txt", VOCABULARY)
    _configure(folder, features_size=128, subsampling_factor=8)


def zipformer(folder: Path) -> str:
    """Write an icefall transducer's files, its symbols for decoding graphs included, and return the model's type."""
    inner = folder / "am"
    encoder = f"""encoder (float[n,t,80] x, int64[n] x_lens)
        => (float[n,s,{SIZE}] encoder_out, int64[n] encoder_out_lens) {{
        banded = Transpose <perm = [0, 2, 1]> (x)
        scores = Conv <strides = [4], kernel_shape = [4]> (banded, filters, bias)
        encoder_out = Transpose <perm = [0, 2, 1]> (scores)
        encoder_out_lens = Div (x_lens, four) }}"""
    filters = tone_filters(frames_of(KaldiPreprocessorNumpy("kaldi")), frames=4)
    save(inner / "encoder.onnx", encoder, {**filters, "four": np.array(4, np.int64)})
    decoder = f"""decoder (int64[n,2] y) => (float[n,{SIZE}] decoder_out) {{
        latest = Gather <axis = 1> (y, last)  again = OneHot <axis = -1> (latest, size, not_again)
        masked = Mul (again, but_blank)  decoder_out = Add (masked, doubt) }}"""
    save(inner / "decoder.onnx", decoder, {**JOINT_WEIGHTS, "last": np.array(1, np.int64)})
    joiner = f"""joiner (float[n,{SIZE}] encoder_out, float[n,{SIZE}] decoder_out) => (float[n,{SIZE}] logit) {{
        logit = Add (encoder_out, decoder_out) }}"""
    save(inner / "joiner.onnx", joiner, {})
    write_tokens(inner / "tokens.txt", [*VOCABULARY, "#0", "#1"])
    return "kaldi-rnnt"


def gigaam_ctc(folder: Path) -> str:
    """Write GigaAM v3 CTC's files and return the model's type."""
    graph = f"""ctc (float[b,64,t] features, int64[b] feature_lengths) => (float[b,s,{SIZE}] log_probs) {{
        scores = Conv <strides = [4], kernel_shape = [4], pads = [0, 3]> (features, filters, bias)
        in_time = Transpose <perm = [0, 2, 1]> (scores)
        log_probs = LogSoftmax <axis = -1> (in_time) }}"""
    save(folder / "v3_ctc.onnx", graph, tone_filters(bands_of(GigaamPreprocessorNumpy("gigaam_v3")), frames=4))
    write_tokens(folder / "v3_vocab.txt", VOCABULARY)
    _configure(folder, version="v3", features_size=64, subsampling_factor=4)
    return "gigaam-v3-ctc"


def gigaam_rnnt(folder: Path) -> str:
    """Write GigaAM v2 RNN-T's files and return the model's type."""
    encoder = f"""encoder (float[b,64,t] audio_signal, int64[b] length)
        => (float[b,{SIZE},s] encoded, int32[b] encoded_len) {{
        encoded = Conv <strides = [4], kernel_shape = [4], pads = [0, 3]> (audio_signal, filters, bias)
        quarter = Div (length, four)  encoded_len = Cast <to = 6> (quarter) }}"""
    filters = tone_filters(bands_of(GigaamPreprocessorNumpy("gigaam_v2")), frames=4)
    save(folder / "v2_rnnt_encoder.onnx", encoder, {**filters, "four": np.array(4, np.int64)})
    decoder = f"""decoder (int64[1,1] x, float[1,1,320] h_dot_1, float[1,1,320] c_dot_1)
        => (float[1,1,{SIZE}] dec, float[1,1,320] h, float[1,1,320] c) {{
        again = OneHot <axis = -1> (x, size, not_again)
        masked = Mul (again, but_blank)  dec = Add (masked, doubt)
        h = Identity (h_dot_1)  c = Identity (c_dot_1) }}"""
    save(folder / "v2_rnnt_decoder.onnx", decoder, JOINT_WEIGHTS)
    joint = f"""joint (float[1,{SIZE},1] enc, float[1,{SIZE},1] dec) => (float[1,1,1,{SIZE}] joint) {{
        sum = Add (enc, dec)  joint = Reshape (sum, shape) }}"""
    save(folder / "v2_rnnt_joint.onnx", joint, {"shape": np.array([1, 1, 1, SIZE], np.int64)})
    write_tokens(folder / "v2_vocab.txt", VOCABULARY)
    return "gigaam-v2-rnnt"


def canary(folder: Path) -> str:
    """Write NeMo Canary's files, its decoder's memory included; it says one word, that of the clearest tone."""
    steering = ["startofcontext", "startoftranscript", "emo:undefined", *LANGUAGES, "pnc", "noitn"]
    steering += ["notimestamp", "nodiarize", "endoftext"]
    tokens = ["▁", *VOCABULARY[1:-1], *(f"<|{name}|>" for name in steering)]
    size, last_of_prompt, end = len(tokens), tokens.index("<|nodiarize|>"), tokens.index("<|endoftext|>")
    encoder = f"""encoder (float[b,128,t] audio_signal, int64[b] length)
        => (float[b,s,{SIZE}] encoder_embeddings, int64[b,s] encoder_mask) {{
        scores = Conv <strides = [8], kernel_shape = [8], pads = [0, 7]> (audio_signal, filters, bias)
        in_time = Transpose <perm = [0, 2, 1]> (scores)  encoder_embeddings = Softmax <axis = -1> (in_time)
        flat = ReduceSum <keepdims = 0> (encoder_embeddings, last_axis)  encoder_mask = Cast <to = 7> (flat) }}"""
    filters = tone_filters(bands_of(NemoPreprocessorNumpy("nemo128")), frames=8)
    save(folder / "encoder-model.onnx", encoder, {**filters, "last_axis": np.array([2], np.int64)})
    decoder = f"""decoder (int64[b,n] input_ids, float[b,s,{SIZE}] encoder_embeddings, int64[b,s] encoder_mask,
        float[1,b,m,1] decoder_mems) => (float[b,1,{size}] logits, float[1,b,k,1] decoder_hidden_states) {{
        clearest = ReduceMax <axes = [1]> (encoder_embeddings)  words = MatMul (clearest, by_tone)
        latest = Gather <axis = 1> (input_ids, last)  follows = Gather (grammar, latest)  logits = Add (words, follows)
        seen = Cast <to = 1> (input_ids)  shaped = Unsqueeze (seen, around)
        decoder_hidden_states = Concat <axis = 2> (decoder_mems, shaped) }}"""
    grammar = np.full((size, size), -500, np.float32)
    grammar[:, end] = 0
    grammar[last_of_prompt] = [0 if 1 <= number <= len(TONES) else -500 for number in range(size)]
    by_tone = np.zeros((SIZE, size), np.float32)
    by_tone[range(1, BLANK), range(1, BLANK)] = 100
    weights: Weights = {
        "grammar": grammar, "by_tone": by_tone, "last": np.array([-1], np.int64), "around": np.array([0, 3], np.int64),
    }  # fmt: skip
    save(folder / "decoder-model.onnx", decoder, weights)
    write_tokens(folder / "vocab.txt", tokens)
    _configure(folder, features_size=128, subsampling_factor=8)
    return "nemo-conformer-aed"


def whisper(folder: Path) -> str:
    """Write the files of Whisper as optimum exports it, with the cache of its merged decoder; return the model's type.

    It says one word, that of the tone which sounds longest, and ends.
    """
    tokens = _whisper_tokens(folder)
    size, numbers = len(tokens), {token: number for number, token in enumerate(tokens)}
    encoder = """encoder (float[b,80,3000] input_features) => (float[b,3000,80] last_hidden_state) {
        last_hidden_state = Transpose <perm = [0, 2, 1]> (input_features) }"""
    save(folder / "onnx" / "encoder_model.onnx", encoder, {})
    decoder = f"""decoder (int64[b,n] input_ids, float[b,3000,80] encoder_hidden_states, bool[1] use_cache_branch,
        float[p,1,m,1] past_key_values_dot_0_dot_decoder_dot_key)
        => (float[b,1,{size}] logits, float[b,1,1,1] present_dot_0_dot_decoder_dot_key) {{
        heard = ReduceMean <axes = [1]> (encoder_hidden_states)
        words = MatMul (heard, by_tone)
        latest = Gather <axis = 1> (input_ids, last)
        follows = Gather (grammar, latest)
        logits = Add (words, follows)
        part = Slice (words, none, one, last_axis)
        present_dot_0_dot_decoder_dot_key = Unsqueeze (part, one) }}"""
    grammar = np.full((size, size), -5000, np.float32)
    grammar[:, numbers["<|endoftext|>"]] = 0
    grammar[numbers["<|notimestamps|>"]] = -5000
    grammar[numbers["<|notimestamps|>"], [numbers[_spelled(name)] for name in TONES]] = 0
    by_tone = np.zeros((80, size), np.float32)
    for name, hertz in TONES.items():
        features, _ = WhisperPreprocessorNumpy("whisper80")(tone(hertz, 1.0)[None], np.array([16_000]))
        by_tone[features[0].mean(-1).argmax(), numbers[_spelled(name)]] = 1000
    weights: Weights = {
        "grammar": grammar, "by_tone": by_tone, "last": np.array([-1], np.int64), "none": np.array([0], np.int64),
        "one": np.array([1], np.int64), "last_axis": np.array([2], np.int64),
    }  # fmt: skip
    save(folder / "onnx" / "decoder_model_merged.onnx", decoder, weights)
    return "whisper"


def whisper_ort(folder: Path) -> str:
    """Write the files of Whisper as onnxruntime's tools export it, search included; it says one word."""
    tokens = _whisper_tokens(folder)
    spoken = np.array([[tokens.index("Ġlow"), tokens.index("<|endoftext|>")]], np.int32)
    graph = """search (float[b,80,3000] input_features, int32[1] max_length, int32[1] min_length, int32[1] num_beams,
        int32[1] num_return_sequences, float[1] length_penalty, float[1] repetition_penalty,
        int32[b,n] decoder_input_ids) => (int32[b,1,s] sequences) {
        all = Shape (decoder_input_ids)  batch = Gather (all, first)
        repeated = Concat <axis = 0> (batch, two)  said = Expand (spoken, repeated)
        flat = Concat <axis = 1> (decoder_input_ids, said)
        sequences = Unsqueeze (flat, two_axis) }"""
    weights: Weights = {
        "spoken": spoken,
        "first": np.array([0], np.int64),
        "two": np.array([2], np.int64),
        "two_axis": np.array([1], np.int64),
    }
    save(folder / "whisper-tones_beamsearch.onnx", graph, weights)
    return "whisper-ort"


def _spelled(name: str) -> str:
    """Return a tone's name as Whisper's vocabulary spells words."""
    return name.replace("▁", "Ġ")


def _whisper_tokens(folder: Path) -> list[str]:
    """Write Whisper's two vocabularies: bytes and words, then what steers it."""
    usual = [*bytes_to_unicode().values(), *map(_spelled, TONES)]
    steering = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in LANGUAGES)]
    steering += ["<|translate|>", "<|transcribe|>", "<|notimestamps|>"]
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(usual)}))
    added = {token: number for number, token in enumerate(steering, start=len(usual))}
    (folder / "added_tokens.json").write_text(json.dumps(added))
    return [*usual, *steering]


def bands_of(preprocessor: Callable[..., Any]) -> Features:
    """Return one of the library's own feature makers that puts bands before frames, as a function of one sound."""
    return lambda sound: np.asarray(preprocessor(sound[None], np.array([len(sound)]))[0][0].T)


def frames_of(preprocessor: Callable[..., Any]) -> Features:
    """Return one that puts frames before bands."""
    return lambda sound: np.asarray(preprocessor(sound[None], np.array([len(sound)]))[0][0])


def _configure(folder: Path, **config: object) -> None:
    (folder / "config.json").write_text(json.dumps(config))


FAMILIES: dict[str, Callable[[Path], str]] = {
    function.__name__: function
    for function in (nemo_ctc, nemo_rnnt, nemo_tdt, zipformer, gigaam_ctc, gigaam_rnnt, canary, whisper, whisper_ort)
}
