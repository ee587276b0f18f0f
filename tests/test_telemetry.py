from __future__ import annotations

import json
import subprocess
import sys

SPEAK = """
import logging, structlog
from khosq.telemetry import set_up_logs
set_up_logs("info")
log = structlog.get_logger("khosq.test")
with structlog.contextvars.bound_contextvars(job_id="one"):
    log.info("job started", action="job_started")
    logging.getLogger("neighbour").warning("from a library: %s", "Խոսնակ")
log.debug("too quiet")
logging.getLogger("dbos").error("not for operators")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("broke", action="broke")
"""


def test_every_line_is_json_on_stderr_with_the_job_it_concerns() -> None:
    spoken = subprocess.run([sys.executable, "-c", SPEAK], capture_output=True, check=True, timeout=60)
    assert spoken.stdout == b""
    lines = [json.loads(line) for line in spoken.stderr.decode().splitlines()]
    ours, theirs, broken = lines
    assert (ours["event"], ours["action"], ours["level"], ours["job_id"]) == (
        "job started",
        "job_started",
        "info",
        "one",
    )
    assert (theirs["event"], theirs["job_id"], theirs["logger"]) == ("from a library: Խոսնակ", "one", "neighbour")
    assert "ZeroDivisionError" in broken["exception"]
    assert "job_id" not in broken
    assert all(line["timestamp"].endswith("Z") for line in lines)
