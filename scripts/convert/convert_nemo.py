"""Turn a NeMo archive into a folder in onnx-asr's form; runs in an environment of its own (see ``nemo`` beside it)."""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

CONFIG = "model_config.yaml"
BLANK = "<blk>"
FEATURES = (80, 128)
HYBRID = "HybridRNNTCTC"
SOUND = {"sample_rate": 16_000, "window_size": 0.025, "window_stride": 0.01, "n_fft": 512, "normalize": "per_feature"}
"""How onnx-asr prepares sound for NeMo's models."""


class Unfit(Exception):
    """An archive that cannot be converted; the text says why."""


def main() -> None:
    """Convert the archive named on the command line."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("archive", type=Path, help="a .nemo file")
    reader.add_argument("output", type=Path, help="the folder to write; it must not exist")
    reader.add_argument("--decoder", choices=("ctc", "rnnt"), help="of a hybrid model; default: ctc")
    reader.add_argument("--int8", action="store_true", help="quantize: a quarter of the size")
    wishes = reader.parse_args()
    try:
        config = read_config(wishes.archive)
        described = describe(config, wishes.decoder)
        convert(wishes.archive, wishes.output, described, is_hybrid=HYBRID in config["target"], int8=wishes.int8)
    except Unfit as fault:
        sys.exit(f"convert/nemo: {fault}")
    print(f"{wishes.output}: {', '.join(sorted(path.name for path in wishes.output.iterdir()))}")
    print(f"Next: khosq models import {wishes.output} --name NAME --language LANGUAGE")


def read_config(archive: Path) -> dict[str, Any]:
    """Return what an archive says of its model.

    Raises:
        Unfit: it is no archive of NeMo's.

    """
    try:
        with tarfile.open(archive) as members:
            name = next((name for name in members.getnames() if Path(name).name == CONFIG), None)
            file = members.extractfile(name) if name else None
            config = yaml.safe_load(file.read()) if file else None
    except (OSError, tarfile.TarError, EOFError, yaml.YAMLError) as error:
        raise Unfit(f"{archive} cannot be read: {error}.") from error
    if not isinstance(config, dict) or not isinstance(config.get("target"), str):
        raise Unfit(f"{archive} is no archive of NeMo's: it has no {CONFIG} that names its target.")
    return config


def describe(config: Mapping[str, Any], decoder: str | None) -> dict[str, Any]:
    """Return the config.json of a model.

    Raises:
        Unfit: onnx-asr cannot load such a one.

    """
    sound = config.get("preprocessor") or {}
    for name, wanted in SOUND.items():
        if name in sound and sound[name] not in {wanted, str(wanted)}:
            raise Unfit(f"Its preprocessor has {name} {sound[name]!r}, and only {wanted!r} can be converted.")
    features = sound.get("features")
    if features not in FEATURES:
        raise Unfit(f"Its preprocessor makes {features} features, and only 80 or 128 can be converted.")
    return {
        "model_type": f"nemo-conformer-{_decoder(config, decoder)}",
        "features_size": features,
        "subsampling_factor": (config.get("encoder") or {}).get("subsampling_factor", 8),
    }


def _decoder(config: Mapping[str, Any], asked: str | None) -> str:
    target = config["target"].rpartition(".")[2]
    durations = (config.get("model_defaults") or {}).get("tdt_durations")
    if HYBRID in target:
        found = asked or "ctc"
    elif "EncDecCTC" in target:
        found = "ctc"
    elif "EncDecRNNT" in target:
        found = "rnnt"
    else:
        raise Unfit(f"It is a {target}, and only CTC, RNN-T, TDT and hybrid models can be converted.")
    if asked not in {None, found}:
        raise Unfit(f"It is a {target} and has no {asked} decoder.")
    return "tdt" if found == "rnnt" and durations else found


def convert(archive: Path, output: Path, described: Mapping[str, Any], *, is_hybrid: bool, int8: bool) -> None:
    """Write the folder: the network by NeMo's own export, its vocabulary and its description.

    Raises:
        Unfit: the folder is there already.

    """
    if output.exists():
        raise Unfit(f"{output} exists already.")
    # Takes long, and a wrong archive is refused first; only this script's own environment has it.
    from nemo.collections.asr.models import ASRModel  # type: ignore[import-not-found]  # noqa: PLC0415 - as said above

    model = ASRModel.restore_from(str(archive), map_location="cpu")
    model.eval()
    if is_hybrid:
        is_ctc = described["model_type"].endswith("ctc")
        model.set_export_config({"decoder_type": "ctc" if is_ctc else "rnnt"})
    output.mkdir(parents=True)
    model.export(str(output / "model.onnx"))
    if int8:
        quantize(output)
    write_description(output, described, tokens_of(model))


def tokens_of(model: Any) -> list[str]:
    """Return a model's tokens by their numbers, without the blank."""
    if hasattr(model, "tokenizer"):
        return list(model.tokenizer.vocab)
    return list(model.decoder.vocabulary)


def write_description(output: Path, described: Mapping[str, Any], tokens: Sequence[str]) -> None:
    """Write vocab.txt, the blank last, and config.json."""
    lines = (f"{token} {number}\n" for number, token in enumerate((*tokens, BLANK)))
    (output / "vocab.txt").write_text("".join(lines), encoding="utf-8")
    (output / "config.json").write_text(json.dumps(dict(described), indent=2) + "\n", encoding="utf-8")


def quantize(folder: Path) -> None:
    """Replace each network by one with whole numbers."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415 - only where it is asked for

    for path in sorted(folder.glob("*.onnx")):
        quantize_dynamic(path, path.with_suffix(".int8.onnx"), weight_type=QuantType.QUInt8)
        path.unlink()
        for beside in folder.glob(f"{path.name}?data"):
            beside.unlink()


if __name__ == "__main__":
    main()
