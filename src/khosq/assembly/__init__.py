"""Wires settings, stores, engines and APIs together. The only place that knows everyone."""

from khosq.assembly.core import Core, open_core
from khosq.assembly.models import fetch_parts, missing_parts, open_workshop, resolver
from khosq.assembly.server import run_api
from khosq.assembly.supervisor import run_server
from khosq.assembly.work import run_worker

__all__ = [
    "Core",
    "fetch_parts",
    "missing_parts",
    "open_core",
    "open_workshop",
    "resolver",
    "run_api",
    "run_server",
    "run_worker",
]
