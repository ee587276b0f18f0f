"""Export the trained network to the folder which onnx-asr loads as ``nemo-conformer-ctc``."""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch.export import Dim

from . import checkpoint
from .features import FEATURES
from .network import SUBSAMPLING, Network, Vocabulary

EARLIER_SHARE = 0.2
CONFIG = {
    "model_type": "nemo-conformer-ctc",
    "features_size": FEATURES,
    "subsampling_factor": SUBSAMPLING,
}


def export(network: Network, vocabulary: Vocabulary, folder: Path) -> None:
    """Write model.int8.onnx, vocab.txt and config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        exact = Path(scratch, "model.onnx")
        export_exact(network, exact)
        strip(exact)
        quantize(exact, folder / "model.int8.onnx")
    lines = [f"{token} {number}\n" for number, token in enumerate(vocabulary.tokens)]
    (folder / "vocab.txt").write_text("".join(lines), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")


def export_exact(network: Network, path: Path) -> None:
    """Write the network as it is, in float32."""
    batch, frames = Dim("batch"), Dim("frames", min=16)
    torch.onnx.export(
        network.eval(),
        (torch.zeros(2, FEATURES, 100), torch.tensor([100, 80])),
        path,
        input_names=["audio_signal", "length"],
        output_names=["logprobs"],
        dynamic_shapes={"features": {0: batch, 2: frames}, "lengths": {0: batch}},
        opset_version=20,
        external_data=False,
        verbose=False,
    )


def strip(path: Path) -> None:
    """Remove the exporter's notes, which name files of the machine it ran on."""
    model = onnx.load(path)
    for part in (
        model,
        model.graph,
        *model.graph.node,
        *model.graph.value_info,
        *model.graph.input,
        *model.graph.output,
    ):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for weights in model.graph.initializer:
        weights.ClearField("doc_string")
    onnx.save(model, path)


def quantize(exact: Path, path: Path) -> None:
    """Keep the large weights in 8 bits; 7 are used, for processors that would overflow."""
    quantize_dynamic(
        exact,
        path,
        op_types_to_quantize=["MatMul", "Gemm"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
    )


def blend(network: Network, earlier: Path) -> None:
    """Mix a part of an earlier run's weights in; the two runs' random errors partly cancel."""
    known = torch.load(earlier, weights_only=True)["network"]
    own = network.state_dict()
    network.load_state_dict({name: own[name].lerp(known[name], EARLIER_SHARE) for name in own})


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workdir", type=Path, required=True, help="where the checkpoint is")
    parser.add_argument("--output", type=Path, required=True, help="folder of the model")
    parser.add_argument("--blend", type=Path, help="checkpoint of the run which this one started from")
    arguments = parser.parse_args()
    # Both exporters warn about their own insides only.
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    run = checkpoint.load(arguments.workdir / "checkpoint.pt")
    if arguments.blend:
        blend(run.network, arguments.blend)
    export(run.network, run.vocabulary, arguments.output)
    size = (arguments.output / "model.int8.onnx").stat().st_size
    print(f"{arguments.output}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
