from pathlib import Path

import pytest

from khosq.archives import read_index_settings
from khosq.archives.index_settings import PYPI


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine on which nothing is set."""
    return {"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}


def test_pypi_is_asked_where_nothing_is_set(environ: dict[str, str]) -> None:
    assert read_index_settings(environ).indexes == (PYPI,)


@pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"])
def test_a_variable_replaces_pypi(variable: str, environ: dict[str, str]) -> None:
    assert read_index_settings(environ | {variable: "https://mirror/simple"}).indexes == ("https://mirror/simple",)


def test_further_indexes_of_every_kind_come_after_the_main_one(environ: dict[str, str]) -> None:
    environ |= {"UV_INDEX": "corp=https://a/simple", "UV_EXTRA_INDEX_URL": "https://b/simple"}
    environ |= {"PIP_EXTRA_INDEX_URL": "https://c/simple https://a/simple"}
    assert read_index_settings(environ).indexes == (PYPI, "https://a/simple", "https://b/simple", "https://c/simple")


def test_no_index_leaves_only_the_folders(environ: dict[str, str], tmp_path: Path) -> None:
    found = read_index_settings(environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"{tmp_path} https://links/page"})
    assert found.indexes == ()
    assert found.find_links == (str(tmp_path), "https://links/page")


def test_pips_files_are_read_and_its_variables_win(tmp_path: Path) -> None:
    certificates = tmp_path / "own.pem"
    certificates.write_text("")
    file = tmp_path / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text(
        f"[global]\nindex-url = https://user:p%40ss@mirror/simple\ncert = {certificates}\n"
        "[install]\nextra-index-url =\n  https://one/simple\n  https://two/simple\n"
    )
    found = read_index_settings({"HOME": str(tmp_path)})
    assert found.indexes[0] == "https://user:p%40ss@mirror/simple"
    assert {"https://one/simple", "https://two/simple"} <= set(found.indexes)
    assert certificates in found.certificates
    changed = read_index_settings({"HOME": str(tmp_path), "PIP_INDEX_URL": "https://other/simple"})
    assert changed.indexes[0] == "https://other/simple"
