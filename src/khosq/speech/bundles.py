"""Models in one file, for a machine without a network."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path, PurePosixPath

from khosq.errors import Invalid, ModelMissing
from khosq.speech import models
from khosq.speech.models import Bundled, ModelEntry
from khosq.speech.weights import (
    ENTRY,
    MANIFEST,
    NAME,
    InstalledFile,
    check_file,
    find_model,
    installing,
    model_folder,
    read_manifest,
    verify,
)

_LARGEST_DESCRIPTION = 2**20


def write_bundle(entries: Sequence[ModelEntry], models_dir: Path, output: Path) -> None:
    """Write installed models to a tar file; it is there whole or not at all.

    Raises:
        Invalid: one of them is damaged, or comes with a package.
        ModelMissing: one of them is not here, or the file cannot be written.

    """
    for entry in entries:
        if isinstance(entry.source, Bundled):
            raise Invalid(f"{entry.name} comes with the package {entry.source.package} and needs no bundle.")
        if not read_manifest(models_dir / entry.name):
            raise ModelMissing(f"{entry.name} is not installed. Run: khosq models pull {entry.name}")
        if faults := verify(entry, models_dir):
            raise Invalid(" ".join(faults))
    coming = output.with_name(output.name + ".part")
    try:
        with tarfile.open(coming, "w") as bundle:
            for entry in entries:
                _add(bundle, entry, model_folder(entry, models_dir))
        coming.replace(output)
    except OSError as error:
        raise ModelMissing(f"{output} cannot be written: {error.strerror}.") from error
    finally:
        coming.unlink(missing_ok=True)


def read_bundle(path: Path, models_dir: Path) -> list[ModelEntry]:
    """Install every model of a bundle and return what they are; each appears whole or not at all.

    Raises:
        Invalid: it is no bundle, or a file in it is not what it should be.
        ModelMissing: a model cannot be stored, or neither this catalogue nor the bundle describes it.

    """
    with _open(path) as bundle:
        members = sorted(bundle.getmembers(), key=lambda member: member.name)
        if odd := next((member.name for member in members if not _is_plain(member)), None):
            raise Invalid(f"{path} is not a bundle of models: it holds {odd!r}.")
        of_models = {
            name: list(its) for name, its in groupby(members, key=lambda one: PurePosixPath(one.name).parts[0])
        }
        if not of_models:
            raise Invalid(f"{path} is not a bundle of models: it is empty.")
        return [_install(bundle, path, name, its, models_dir) for name, its in of_models.items()]


def _add(bundle: tarfile.TarFile, entry: ModelEntry, folder: Path) -> None:
    extras = (MANIFEST, *((ENTRY,) if (folder / ENTRY).is_file() else ()))
    for name in dict.fromkeys((*extras, *(file.name for file in read_manifest(folder)))):
        bundle.add(folder / name, f"{entry.name}/{name}", filter=_nobodys)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out whose file it was, and when: the same models make the same bundle."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


@contextmanager
def _open(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:") as bundle:
            yield bundle
    except (tarfile.TarError, EOFError) as error:
        raise Invalid(f"{path} is not a bundle of models, or was cut short: {error}.") from error


def _is_plain(member: tarfile.TarInfo) -> bool:
    """Tell whether it is a file of a model, and lies inside that model's folder."""
    parts = PurePosixPath(member.name).parts
    return member.isreg() and len(parts) > 1 and ".." not in parts and not member.name.startswith("/")


def _install(
    bundle: tarfile.TarFile, path: Path, name: str, members: list[tarfile.TarInfo], models_dir: Path
) -> ModelEntry:
    inside = {str(PurePosixPath(member.name).relative_to(name)): member for member in members}
    entry = _entry(bundle, inside, name, models_dir)
    with installing(entry, models_dir) as folder:
        for file, member in inside.items():
            _extract(bundle, member, folder / file)
        said = {file.name: file for file in read_manifest(folder)}
        for file in entry.files:
            if file not in said or file not in inside:
                raise Invalid(f"{path} is cut or incomplete: it has no {file}, which {name} needs.")
        for file, known in said.items():
            _check(entry, folder, file, known)
        for file in {MANIFEST, ENTRY} | (set(inside) - set(said)):
            (folder / file).unlink(missing_ok=True)
    return entry


def _entry(bundle: tarfile.TarFile, inside: dict[str, tarfile.TarInfo], name: str, models_dir: Path) -> ModelEntry:
    """Return what a model is: as the bundle describes it if an operator had imported it, else as the catalogue does."""
    if ENTRY not in inside:
        return find_model(name, models_dir)
    file = bundle.extractfile(inside[ENTRY])
    entry = models.from_json(file.read(_LARGEST_DESCRIPTION) if file else b"")
    if entry.name != name or not NAME.fullmatch(name) or any(entry.name == known.name for known in models.catalogue()):
        raise Invalid(f"The bundle describes {name} as {entry.name}, which it cannot be.")
    return entry


def _extract(bundle: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source = bundle.extractfile(member)
    if source is None:
        raise Invalid(f"{member.name} cannot be read from the bundle.")
    with source, target.open("wb") as file:
        shutil.copyfileobj(source, file)


def _check(entry: ModelEntry, folder: Path, name: str, known: InstalledFile) -> None:
    if not (folder / name).is_file():
        raise Invalid(f"The bundle has no {name}, which {entry.name} needs.")
    check_file(entry, name, folder / name, size=known.size, sha256=known.sha256)
