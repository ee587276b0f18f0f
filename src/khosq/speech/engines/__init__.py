"""Speech engines, one file per library; register below."""

RECOGNIZERS = {
    "pocketsphinx": "khosq.speech.engines.pocketsphinx:Pocketsphinx",
    "onnx-asr": "khosq.speech.engines.onnx_asr:OnnxAsr",
    "faster-whisper": "khosq.speech.engines.faster_whisper:FasterWhisper",
    "remote": "khosq.speech.engines.remote:Remote",
    "sherpa-onnx": "khosq.speech.engines.sherpa_onnx.recognizer:SherpaRecognizer",
}

VOICE_ACTIVITY_DETECTORS = {
    "silero": "khosq.speech.engines.silero:Silero",
}

DIARIZERS = {
    "ge2e": "khosq.speech.engines.ge2e:Ge2eDiarizer",
    "sherpa-onnx": "khosq.speech.engines.sherpa_onnx.diarizer:SherpaDiarizer",
}

LANGUAGE_IDENTIFIERS = {
    "faster-whisper": "khosq.speech.engines.faster_whisper:FasterWhisper",
    "sherpa-onnx": "khosq.speech.engines.sherpa_onnx.language:SherpaLanguageIdentifier",
}

PUNCTUATORS = {
    "sherpa-onnx": "khosq.speech.engines.sherpa_onnx.punctuator:SherpaPunctuator",
}
