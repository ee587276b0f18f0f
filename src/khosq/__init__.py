"""khosq: a self-hosted server that turns recordings of speech into transcripts and call analytics."""

__version__ = "0.1.0"
