from __future__ import annotations

import subprocess
import sys

import pytest

from khosq.evaluation.metering import cpu_seconds, peak_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")

BUSY = "import time\nbytearray(200_000_000)\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\ninput()"


def test_what_a_process_costs_is_counted_once_while_it_lives_and_when_it_has_ended() -> None:
    before = cpu_seconds()
    assert before is not None
    # A child of a child, as an engine may start one.
    outer = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {BUSY!r}]))"
    with subprocess.Popen([sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        alive = cpu_seconds()
        memory = peak_memory()
        process.communicate(b"\n")
    after = cpu_seconds()
    assert alive is not None
    assert after is not None
    assert 0.4 < alive - before < 2
    assert alive - 0.05 <= after < alive + 1
    assert memory is not None
    assert memory > 200_000_000
