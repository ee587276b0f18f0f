"""What was said: words, turns and transcripts, as pure values and arithmetic."""
