"""The road of one recording, stage by stage."""
