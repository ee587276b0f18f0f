"""What can be learned from a transcript, one feature a file; register below."""

FEATURES = {
    "action_items": "khosq.analysis.action_items:find",
    "intent": "khosq.analysis.intent:find",
    "key_phrases": "khosq.analysis.key_phrases:find",
    "measures": "khosq.analysis.measures:find",
    "redaction": "khosq.analysis.redaction.finding:find",
    "sentiment": "khosq.analysis.sentiment:find",
    "summary": "khosq.analysis.summary:find",
}
