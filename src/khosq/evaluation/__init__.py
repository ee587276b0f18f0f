"""Measuring how well speech is heard: error rates against references."""
