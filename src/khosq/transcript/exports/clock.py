"""Moments of a recording, as files write them."""

from __future__ import annotations

from khosq.transcript.timespan import Seconds


def clock(moment: Seconds, point: str = ".") -> str:
    """Return ``01:02:03.450``."""
    whole, milli = divmod(round(moment * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{milli:03}"


def short_clock(moment: Seconds) -> str:
    """Return ``01:02:03``."""
    return clock(moment).partition(".")[0]
