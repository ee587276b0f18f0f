"""uv in a folder of this checkout, by the standard library and the package index alone."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from khosq.archives import Archive, fetch_members, read_index_settings  # noqa: E402 - nothing is installed yet

UV = "0.13.8"
WHEELS = {
    ("Linux", "x86_64"): (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ),
    ("Linux", "aarch64"): (
        "manylinux_2_28_aarch64",
        "5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203",
    ),
    ("Darwin", "x86_64"): (
        "macosx_10_12_x86_64",
        "b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1",
    ),
    ("Darwin", "arm64"): (
        "macosx_11_0_arm64",
        "62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49",
    ),
}
"""Platform tag and SHA-256 of uv's wheel for each system and machine."""


def uv() -> Path:
    """Give this checkout's uv, fetched if it is not there yet."""
    program = ROOT / ".tools" / f"uv-{UV}"
    if not program.is_file():
        system = (platform.system(), platform.machine())
        if system not in WHEELS:
            raise SystemExit(f"khosq cannot set itself up on {' '.join(system)}: no uv {UV} is known for it.")
        tag, sha256 = WHEELS[system]
        say(f"Fetching uv {UV}")
        wheel = Archive("uv", f"uv-{UV}-py3-none-{tag}.whl", sha256)
        fetch_members(wheel, {f"uv-{UV}.data/scripts/uv": program})
        program.chmod(0o755)
    return program


def run_uv(*arguments: str, environ: dict[str, str]) -> None:
    """Run uv in the root of this checkout and end with its exit code when it fails."""
    result = subprocess.run([str(uv()), *arguments], cwd=ROOT, env=environ, check=False)
    if result.returncode:
        raise SystemExit(result.returncode)


def environ_with_indexes() -> dict[str, str]:
    """Tell uv, which does not read pip's settings, where this machine gets its packages."""
    settings = read_index_settings()
    told = {"UV_PYTHON_DOWNLOADS": "never", "UV_FIND_LINKS": ",".join(settings.find_links)}
    if settings.indexes:
        # Every file is pinned by its hash, so it does not matter which index it comes from.
        told |= {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_DEFAULT_INDEX": settings.indexes[0]}
        told["UV_INDEX"] = " ".join(settings.indexes[1:])
    else:
        told["UV_NO_INDEX"] = "true"
    if settings.certificates:
        told["SSL_CERT_FILE"] = str(settings.certificates[0])
    replaced = {"UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in replaced}
    return kept | {name: value for name, value in told.items() if value}


def say(text: str) -> None:
    """Tell the person what is being done; stdout stays for results."""
    print(text, file=sys.stderr, flush=True)
