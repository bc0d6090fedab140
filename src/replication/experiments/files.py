"""Files that appear whole or not at all, and digests of sources."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from replication.experiments.config import ROOT


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file and rename it, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)  # mkstemp makes files private
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def require_writable(folder: Path) -> None:
    """Make a folder that files can be written to, before work is spent on what goes there.

    Raises
    ------
    OSError
        If it cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def kept(folder: Path, key: str, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """What `make` returns, as plain data; made once, and kept in a file named by what decides it.

    An interrupted table of many of these goes on where it was.
    """
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
    if not path.exists():
        write_text(path, json.dumps(make()))
    return dict(json.loads(path.read_text(encoding="utf-8")))


def csv_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def library_digest() -> str:
    """SHA-256 of the library's and the harness's sources."""
    return digest(("src",))


def digest(sources: Sequence[str]) -> str:
    """SHA-256 of files, and of the Python files in folders, below the project's.

    Raises
    ------
    FileNotFoundError
        If one of them is not there: its digest would stay the same whatever happens.
    """
    found = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: name the sources that there are")
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            found.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return found.hexdigest()
