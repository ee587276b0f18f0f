"""Resumable uploads: the tus protocol 1.0.0 (https://tus.io), for whichever door serves it."""

from khosq.serving.tus.hooks import Caller, Creation, Place, TusHooks
from khosq.serving.tus.server import TusServer

__all__ = ["Caller", "Creation", "Place", "TusHooks", "TusServer"]
