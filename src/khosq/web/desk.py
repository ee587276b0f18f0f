"""What the dashboard asks of the core."""

from __future__ import annotations

from typing import Protocol

from khosq.clock import Clock
from khosq.jobs.lookup import Lookup
from khosq.tenants.api_keys import ApiKeys


class WebDesk(Protocol):
    """The part of the doors' desk that the dashboard needs."""

    @property
    def api_keys(self) -> ApiKeys:
        """Who may look."""
        ...

    @property
    def lookup(self) -> Lookup:
        """Finds and cancels recordings."""
        ...

    @property
    def clock(self) -> Clock:
        """Tells the time."""
        ...

    @property
    def secret(self) -> bytes:
        """Signs sessions."""
        ...

    @property
    def public_url(self) -> str | None:
        """Where the outside finds us, if that was set."""
        ...
