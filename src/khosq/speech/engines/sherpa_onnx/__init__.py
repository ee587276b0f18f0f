"""Several roles by sherpa-onnx, always in a process of its own: the library ends the process on a bad model file."""
