"""Make a starter: a small speech recogniser trained on synthetic speech."""
