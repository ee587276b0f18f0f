"""Recordings: taking them in, finding out what they are, turning them into waveforms."""
