"""Model files on this machine: where they lie, how they come, whether they are whole."""

from __future__ import annotations

import hashlib
import json
import pkgutil
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import structlog
from filelock import FileLock

from khosq.archives import Archive, fetch_members
from khosq.errors import Failed, Invalid, ModelMissing
from khosq.speech import models, refusals
from khosq.speech.engines import LANGUAGE_IDENTIFIERS
from khosq.speech.hub import HubAway, Progress, beside, digest, download, fault_of, hub_address
from khosq.speech.models import Bundled, FromIndex, Imported, ModelEntry, Setting, catalogue

log = structlog.get_logger()

MANIFEST = "khosq.json"
"""Written last: a folder without it is not a model."""
ENTRY = "entry.json"
"""The description of a model that no catalogue knows."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """What a file was when it came."""

    name: str
    size: int
    sha256: str


def known_models(models_dir: Path) -> tuple[ModelEntry, ...]:
    """Return every model: those an operator imported first, then the catalogue."""
    return (*_imported(models_dir), *catalogue())


def _imported(models_dir: Path) -> Iterator[ModelEntry]:
    for path in sorted(models_dir.glob(f"[!.]*/{ENTRY}")):
        try:
            entry = _described(path, path.stat().st_mtime_ns)
        except FileNotFoundError:  # removed just now
            continue
        if entry is not None:
            yield entry


@lru_cache(maxsize=256)
def _described(path: Path, _changed: int) -> ModelEntry | None:
    """Return what an imported model is; one that is damaged harms no other, and the log says so once."""
    try:
        entry = models.from_json(path.read_bytes())
    except ModelMissing as error:
        log.warning("imported model cannot be read", action="model_unreadable", path=str(path), reason=error.message)
        return None
    if entry.name != path.parent.name:
        log.warning(
            "imported model lies in another's folder", action="model_misplaced", path=str(path), model=entry.name
        )
        return None
    return entry


def find_model(name: str, models_dir: Path) -> ModelEntry:
    """Return the model of this name.

    Raises:
        ModelMissing: there is none.

    """
    for entry in known_models(models_dir):
        if entry.name == name:
            return entry
    raise ModelMissing(f"There is no model {name!r}. Run: khosq models list")


def model_folder(entry: ModelEntry, models_dir: Path) -> Path:
    """Return where the model's files lie, or will lie."""
    if not isinstance(entry.source, Bundled):
        return models_dir / entry.name
    package = find_spec(entry.source.package)
    if package is None or not package.submodule_search_locations:
        raise ModelMissing(f"The package {entry.source.package} is not installed, so {entry.name} is not here.")
    return Path(next(iter(package.submodule_search_locations))) / entry.source.folder


def is_installed(entry: ModelEntry, models_dir: Path) -> bool:
    """Tell whether the model's files are here; only their sizes are looked at."""
    if isinstance(entry.source, Bundled):
        if find_spec(entry.source.package) is None:
            return False
        folder = model_folder(entry, models_dir)
        return all((folder / name).is_file() for name in entry.files)
    folder = models_dir / entry.name
    files = read_manifest(folder)
    return bool(files) and all(_size_of(folder / file.name) == file.size for file in files)


def is_present(entry: ModelEntry, models_dir: Path) -> bool:
    """Tell whether anything of the model is here, be it whole or damaged."""
    return is_installed(entry, models_dir) or (models_dir / entry.name).is_dir()


def can_be_pulled(entry: ModelEntry) -> bool:
    """Tell whether the model comes from somewhere."""
    return bool(entry.hubs) or isinstance(entry.source, FromIndex)


def may_come(entry: ModelEntry, models_dir: Path) -> bool:
    """Tell whether fetching the model is worth a try: it comes from somewhere, which did not fail just now."""
    from_hub = (hub_address(),) if entry.hubs else ()
    return can_be_pulled(entry) and not refusals.recent(models_dir, entry.name, *from_hub)


def pull(entry: ModelEntry, models_dir: Path, on_progress: Progress | None = None) -> Path:
    """Fetch the model unless it is here, and return its folder; it appears whole or not at all.

    A failure is remembered for ten minutes, which ``may_come`` tells.

    Raises:
        ModelMissing: it cannot be had.

    """
    if isinstance(entry.source, Bundled | Imported) or is_installed(entry, models_dir):
        return _expect(entry, models_dir)
    models_dir.mkdir(parents=True, exist_ok=True)
    with _lock(entry, models_dir):
        if not is_installed(entry, models_dir):  # another process may have fetched it meanwhile
            _fetch(entry, models_dir, on_progress)
            refusals.forget(models_dir, entry.name, hub_address())
    return model_folder(entry, models_dir)


def verify(entry: ModelEntry, models_dir: Path) -> list[str]:
    """Return what is wrong with the model's files, one sentence each; nothing where all is well."""
    folder = model_folder(entry, models_dir)
    if isinstance(entry.source, Bundled):
        return [f"{folder / name} is missing." for name in entry.files if not (folder / name).is_file()]
    files = read_manifest(folder)
    if not files:
        return [f"{entry.name} is not installed. Run: khosq models pull {entry.name}"]
    missing = [f"{folder / file.name} is missing." for file in files if not (folder / file.name).is_file()]
    faults = [
        f"{folder / file.name} {fault}."
        for file in files
        if (folder / file.name).is_file()
        and (fault := fault_of(folder / file.name, size=file.size, sha256=file.sha256))
    ]
    return missing + faults


def remove(entry: ModelEntry, models_dir: Path) -> None:
    """Delete the model's files.

    Raises:
        Invalid: they belong to an installed package.
        ModelMissing: they are not here.

    """
    if isinstance(entry.source, Bundled):
        raise Invalid(f"{entry.name} comes with the package {entry.source.package} and cannot be removed alone.")
    folder, partial = models_dir / entry.name, _partial(entry, models_dir)
    if not folder.exists() and not partial.exists():
        raise ModelMissing(f"{entry.name} is not installed.")
    with _lock(entry, models_dir):
        shutil.rmtree(partial, ignore_errors=True)
        if folder.exists():
            _throw_away(folder, models_dir)


def import_folder(entry: ModelEntry, folder: Path, models_dir: Path) -> Path:
    """Copy a model from a folder, as from a machine that could fetch it, and return where it lies.

    Raises:
        Invalid: the folder lacks a file, or holds a wrong one.

    """
    for name in entry.files:
        if not (folder / name).is_file():
            raise Invalid(f"{folder} has no {name}, which {entry.name} needs.")
        check_file(entry, name, folder / name)
    with installing(entry, models_dir) as scratch:
        for name in (*entry.files, *(name for name in beside(entry.files) if (folder / name).is_file())):
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, scratch / name)
    return models_dir / entry.name


def check_file(entry: ModelEntry, name: str, path: Path, *, size: int | None = None, sha256: str | None = None) -> None:
    """Refuse a file that is not the model's ``name``, as the catalogue knows it or as is said of it.

    Raises:
        Invalid: it is another one.

    """
    for digest_wanted in filter(None, {entry.digests.get(name), sha256}) or (None,):
        if fault := fault_of(path, size=size, sha256=digest_wanted):
            raise Invalid(f"{path} {fault}.")


@contextmanager
def installing(entry: ModelEntry, models_dir: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes the model when the block ends well, and vanishes otherwise.

    Raises:
        ModelMissing: it lacks a file then, or cannot be stored.

    """
    with _store_errors(entry):
        models_dir.mkdir(parents=True, exist_ok=True)
        with _lock(entry, models_dir), _scratch(models_dir) as scratch:
            yield scratch
            _finish(entry, scratch, models_dir)


def describe_folder(folder: Path, *, name: str, languages: tuple[str, ...], licence: str) -> ModelEntry:
    """Describe a folder that no catalogue knows.

    It may hold a model in onnx-asr's form (``config.json`` names its type), a Whisper in CTranslate2's (``model.bin``),
    or the description of a transcription server (``server.json``).

    Raises:
        Invalid: it is none of them, or the name cannot be used.

    """
    if not NAME.fullmatch(name) or any(entry.name == name for entry in catalogue()):
        raise Invalid(
            f"{name!r} cannot be an imported model's name: use new lower-case letters, digits, '.', '_', '-'."
        )
    here = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name not in {MANIFEST, ENTRY})
    engine, settings = _engine_of(folder, here)
    files = ["server.json"] if engine == "remote" else here
    return ModelEntry(
        name=name,
        role="recognizer",
        kind="production",
        engine=engine,
        languages=languages,
        licence=licence,
        address=folder.absolute().as_uri(),
        size_bytes=sum((folder / file).stat().st_size for file in files),
        files=tuple(files),
        source=Imported(by="import"),
        settings=settings,
        also=("language-identifier",) if engine in LANGUAGE_IDENTIFIERS and len(languages) > 1 else (),
    )


def _engine_of(folder: Path, files: list[str]) -> tuple[str, dict[str, Setting] | None]:
    """Return the engine that loads what lies in a folder, and its settings."""
    if "server.json" in files:
        return "remote", None
    if "model.bin" in files:
        return "faster-whisper", None
    try:
        model_type = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid(
            f"{folder} has neither a config.json that names its model_type, nor a model.bin, nor a server.json."
        ) from error
    graphs = [file for file in files if file.endswith(".onnx")]
    quantized = bool(graphs) and all(file.endswith(".int8.onnx") for file in graphs)
    return "onnx-asr", {"model_type": str(model_type), **({"quantization": "int8"} if quantized else {})}


def missing_parts(models_dir: Path) -> tuple[ModelEntry, ...]:
    """Return the parts that every job needs and that are not here."""
    return tuple(entry for entry in catalogue() if entry.kind == "part" and not is_installed(entry, models_dir))


def ensure_parts(models_dir: Path, on_progress: Progress | None = None) -> None:
    """Fetch the parts that every job needs.

    Raises:
        ModelMissing: one of them cannot be had.

    """
    for entry in missing_parts(models_dir):
        pull(entry, models_dir, on_progress)


def _expect(entry: ModelEntry, models_dir: Path) -> Path:
    if not is_installed(entry, models_dir):
        raise ModelMissing(f"The files of {entry.name} are missing from {model_folder(entry, models_dir)}.")
    return model_folder(entry, models_dir)


def _fetch(entry: ModelEntry, models_dir: Path, on_progress: Progress | None) -> None:
    try:
        with _store_errors(entry):
            if entry.hubs:
                partial = _partial(entry, models_dir)
                download(entry.hubs, entry.files, partial, hub=hub_address(), on_progress=on_progress)
                _finish(entry, partial, models_dir)
            elif isinstance(entry.source, FromIndex):
                with _scratch(models_dir) as scratch:
                    _fetch_from_index(entry.source, scratch, on_progress)
                    _finish(entry, scratch, models_dir)
    except HubAway as error:
        refusals.remember(models_dir, hub_address(), error.message)
        raise
    except Failed as error:
        refusals.remember(models_dir, entry.name, error.message)
        if isinstance(error, ModelMissing):
            raise
        raise ModelMissing(error.message) from error


def _fetch_from_index(source: FromIndex, scratch: Path, on_progress: Progress | None) -> None:
    archive = Archive(project=source.project, filename=source.filename, sha256=source.sha256)
    places = {member: scratch / name for member, name in source.members.items()}
    fetch_members(archive, places, progress=on_progress)
    if source.prepare:
        (raw,) = places.values()
        pkgutil.resolve_name(source.prepare)(raw, scratch)
        raw.unlink()


def _finish(entry: ModelEntry, folder: Path, models_dir: Path) -> None:
    """Write down what came, and give the folder its name."""
    if missing := [name for name in entry.files if not (folder / name).is_file()]:
        raise ModelMissing(f"{entry.name} came without {', '.join(missing)}.")
    here = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = [InstalledFile(name, (folder / name).stat().st_size, _sha256(folder / name)) for name in here]
    if isinstance(entry.source, Imported):
        (folder / ENTRY).write_bytes(models.to_json(entry))
    manifest = {"model": entry.name, "files": [asdict(file) for file in files]}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    target = models_dir / entry.name
    if target.exists():
        _throw_away(target, models_dir)
    folder.rename(target)


def read_manifest(folder: Path) -> list[InstalledFile]:
    """Return what was written down of an installed model's files; nothing where that is missing or damaged."""
    try:
        stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return [InstalledFile(**file) for file in stored["files"]]
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return []


def _partial(entry: ModelEntry, models_dir: Path) -> Path:
    return models_dir / ".partial" / entry.name


def _lock(entry: ModelEntry, models_dir: Path) -> FileLock:
    folder = models_dir / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{entry.name}.lock")


@contextmanager
def _scratch(models_dir: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=models_dir, prefix=".coming-", ignore_cleanup_errors=True) as outer:
        inner = Path(outer) / "model"
        inner.mkdir()
        yield inner


def _throw_away(folder: Path, models_dir: Path) -> None:
    """Delete at once for every onlooker: a half-deleted model must not be seen."""
    with tempfile.TemporaryDirectory(dir=models_dir, prefix=".going-", ignore_cleanup_errors=True) as outer:
        folder.rename(Path(outer) / "model")


@contextmanager
def _store_errors(entry: ModelEntry) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelMissing(f"The model {entry.name} cannot be stored: {error}") from error


def _size_of(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _sha256(path: Path) -> str:
    return digest(path, hashlib.sha256())
