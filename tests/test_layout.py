"""What import-linter cannot say about the layout, and what the documents promise."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE, TESTS = ROOT / "src" / "khosq", ROOT / "tests"
VENDORS = {"xosum", "neuronlens", "scriptix"}


def test_every_test_file_stands_where_its_source_stands() -> None:
    strays = [
        str(test.relative_to(TESTS))
        for test in TESTS.rglob("test_*.py")
        if test.relative_to(TESTS).parts[0] != "journeys"
        and not test.name.startswith(("test_every_", "test_layout"))
        and not (SOURCE / test.relative_to(TESTS).parent / test.name[len("test_") :]).exists()
    ]
    assert strays == []


def test_vendor_names_stay_inside_their_faces() -> None:
    leaks = [
        str(source.relative_to(SOURCE))
        for source in SOURCE.rglob("*.py")
        if source.relative_to(SOURCE).parts[0] != "apis"
        and any(vendor in source.read_text("utf-8").lower() for vendor in VENDORS)
    ]
    assert leaks == []


def test_every_library_that_the_package_imports_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    names = {_normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in declared}
    providers = packages_distributions()
    undeclared = {
        f"{module} in {source.relative_to(SOURCE)}"
        for source in SOURCE.rglob("*.py")
        for module in _imported(source)
        if module not in sys.stdlib_module_names | {"khosq"}
        and not names & {_normal(name) for name in providers.get(module, [])}
    }
    assert undeclared == set()


def _imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_requirements_carry_hashes_and_no_address() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        text = file.read_text("utf-8")
        assert "://" not in text
        pinned = re.findall(r"^[a-z0-9].*==.*?(?:\n(?=[a-z0-9])|\Z)", text, re.MULTILINE | re.DOTALL)
        assert pinned
        assert all("--hash=sha256:" in requirement for requirement in pinned)


def test_base_and_dev_requirements_agree() -> None:
    base, dev = (
        dict(re.findall(r"^([a-z0-9][^=\s]*)==(\S+)", (ROOT / "requirements" / name).read_text("utf-8"), re.MULTILINE))
        for name in ("base.txt", "dev.txt")
    )
    assert {name: dev.get(name) for name in base} == base


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    promised = {
        target
        for page in documents
        for target in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert {"setup", "test", "demo"} <= promised
    assert promised <= targets
