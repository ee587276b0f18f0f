"""Who analyses a call: the embedded features, or a language model with them behind it."""
