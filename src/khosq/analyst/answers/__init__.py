"""What a language model is asked for each finding, and how its answer becomes the stored form."""
