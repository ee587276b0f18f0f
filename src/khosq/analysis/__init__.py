"""What can be learned from a transcript, one feature a file; register below."""

FEATURES = {
    "summary": "khosq.analysis.summary:find",
}
