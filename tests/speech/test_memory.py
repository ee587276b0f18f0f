from __future__ import annotations

import os

from khosq.speech.memory import machine_memory


def test_a_machine_has_some_memory_and_no_more_than_the_system_says() -> None:
    memory = machine_memory()
    assert memory is not None
    assert 2**28 < memory <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
