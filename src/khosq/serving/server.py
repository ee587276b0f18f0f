"""How uvicorn is set up: our protocol class, no access log (it would print query strings), no trust by default."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI

from khosq.serving.deadlines import Limits, Refuse, deadline_protocol

KEEP_ALIVE = 75
"""Seconds an idle connection stays open: longer than pollers' pauses, and nginx's default too."""


def server_config(  # noqa: PLR0913 - one server's facts
    app: FastAPI,
    *,
    host: str,
    port: int,
    limits: Limits,
    refuse: Refuse,
    trusted_proxies: Sequence[str] = (),
) -> uvicorn.Config:
    """Return the configuration of one HTTP server."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=deadline_protocol(limits, refuse),
        loop="auto" if sys.platform == "win32" else "uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=10,
    )
