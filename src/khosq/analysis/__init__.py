"""What can be learned from a transcript, one feature a file; register below."""

FEATURES = {
    "measures": "khosq.analysis.measures:find",
    "summary": "khosq.analysis.summary:find",
}
