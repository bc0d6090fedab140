"""One small archive of the raw results, each file's SHA-256 beside it.

A zip file of LZMA streams, a quarter smaller than with deflate: Python (``python -m zipfile -e``)
and 7-Zip open it. Names are sorted and times fixed, so that equal results give equal bytes. The
manifest has the format of ``sha256sum``.
"""

from __future__ import annotations

import hashlib
import lzma
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from replication.experiments import config
from replication.experiments.config import ConfigError
from replication.experiments.files import write_whole
from replication.experiments.recipes import Missing

MANIFEST = "MANIFEST.sha256"
MEASURED = "measured.json"
THRESHOLDS = ("thresholds.csv", "thresholds_edge.csv")
LARGEST = 2**30  # bytes an archive may unpack to; ours has about 36 million
TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip file can say

DAMAGED = (zipfile.BadZipFile, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError)


def raw_files(results: Path) -> list[str]:
    """Names, below `results`, of the paper's raw results: data, provenance, what was measured."""
    experiments = config.load()["experiments"]
    runs = [f"{name}/{method}" for name in experiments for method in experiments[name]["methods"]]
    names = [f"{run}{suffix}" for run in runs for suffix in (".nc", ".provenance.json")]
    return sorted([*names, MEASURED, *THRESHOLDS])


def write_archive(results: Path, out: Path) -> None:
    """Pack the raw results of the paper's experiments, whole or not at all.

    Parameters
    ----------
    results : Path
        The folder that the workflow fills.
    out : Path
        The zip file to write.

    Raises
    ------
    ConfigError
        If a result has not been made.
    """
    names = raw_files(results)
    for name in names:
        if not (results / name).is_file():
            raise Missing(results / name)
    contents = {name: (results / name).read_bytes() for name in names}
    manifest = "".join(f"{_digest(data)}  {name}\n" for name, data in contents.items())

    def write(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_LZMA) as archive:
            for name, data in {MANIFEST: manifest.encode(), **contents}.items():
                entry = zipfile.ZipInfo(name, TIME)
                entry.compress_type, entry.create_system = zipfile.ZIP_LZMA, 3
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, data)

    write_whole(out, write)


def manifest_problems(folder: Path) -> list[str]:
    """What is not as the manifest in `folder` says: files missing, altered, or not listed.

    Raises
    ------
    ConfigError
        If the manifest cannot be read.
    """
    path = folder / MANIFEST
    listed = _read_manifest(path.read_bytes(), path)
    found = []
    for name, digest in listed.items():
        if not (folder / name).is_file():
            found.append(f"{name} is missing")
        elif _digest((folder / name).read_bytes()) != digest:
            found.append(f"{name} has another SHA-256")
    stored = {path.relative_to(folder).as_posix() for path in folder.glob("*/*.nc")}
    return found + [f"{name} is not listed" for name in sorted(stored - set(listed))]


def unpack(archive: Path, folder: Path) -> None:
    """Unpack into `folder`, after every name and every hash has been checked.

    Raises
    ------
    ConfigError
        If the file is no such archive, has a name that leads elsewhere, a file that its manifest
        does not list or lists with another SHA-256; nothing has been written then.
    """
    for name, data in _contents(archive).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


@contextmanager
def opened(source: Path) -> Iterator[Path]:
    """A folder of results as it is, or an archive of them unpacked for the time being.

    Raises
    ------
    ConfigError
        If there is neither, or as `unpack`.
    """
    if source.is_dir():
        yield source
        return
    if not source.exists():
        raise ConfigError(f"{source} is missing: name a folder of results or an archive of them")
    with tempfile.TemporaryDirectory(prefix="netnewton-") as folder:
        unpack(source, Path(folder))
        yield Path(folder)


def _contents(path: Path) -> dict[str, bytes]:
    """All files of an archive and its manifest, checked."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(path, archive.infolist())
            contents = {name: archive.read(name) for name in archive.namelist()}
    except DAMAGED as error:
        raise ConfigError(f"{path} is not an archive of results, or is damaged: {error}") from None
    if MANIFEST not in contents:
        raise ConfigError(f"{path} lacks {MANIFEST}: make it again with ./run netnewton archive")
    listed = _read_manifest(contents[MANIFEST], path)
    if odd := sorted(set(contents) - {MANIFEST} ^ set(listed)):
        raise ConfigError(f"{path}: {odd[0]} is not both in it and in its manifest: get it again")
    for name, digest in listed.items():
        if _digest(contents[name]) != digest:
            raise ConfigError(
                f"{path}: {name} has another SHA-256 than the manifest says: get it again"
            )
    return contents


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    for name in names:
        if not _safe(name) or names.count(name) > 1:
            raise ConfigError(f"{path}: the name {name!r} leads out of it or is there twice")
    if sum(entry.file_size for entry in entries) > LARGEST:
        raise ConfigError(f"{path} would unpack to more than {LARGEST} bytes: it is not ours")


def _safe(name: str) -> bool:
    """Whether a name stays below the folder it is put into, on any system."""
    parts = PurePosixPath(name).parts
    plain = not any(character in name for character in "\\:\0")
    return plain and bool(parts) and "/".join(parts) == name and not {"/", ".."} & set(parts)


def _read_manifest(data: bytes, path: Path) -> dict[str, str]:
    listed = {}
    for line in data.decode("utf-8", errors="replace").splitlines():
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or not _safe(name):
            raise ConfigError(f"{path}: the manifest's line {line[:80]!r} is no SHA-256 and name")
        listed[name] = digest
    return listed


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
