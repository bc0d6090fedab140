"""The archive of raw results: complete, the same bytes every time, refused if tampered with."""

import re
import zipfile

import pytest

from replication.cli import main
from replication.experiments.config import ConfigError
from replication.review import archive
from replication.review.archive import MANIFEST, manifest_problems, opened, unpack, write_archive

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def packed(tmp_path):
    """A folder with a small file for each raw result, and its archive."""
    folder = tmp_path / "raw"
    for name in archive.raw_files(folder):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")
    write_archive(folder, tmp_path / "raw.zip")
    return folder, tmp_path / "raw.zip"


def repacked(path, change):
    """The archive with the list of its (name, bytes) changed, all else as it was."""
    with zipfile.ZipFile(path) as before:
        entries = [(name, before.read(name)) for name in before.namelist()]
    with zipfile.ZipFile(path, "w") as after:
        for name, data in change(entries):
            after.writestr(name, data)


def test_an_archive_holds_the_results_and_is_the_same_every_time(packed, tmp_path):
    folder, path = packed
    names = archive.raw_files(folder)
    assert "pd_exact/DN.nc" in names and "gridworld/DG.provenance.json" in names
    again = tmp_path / "again.zip"
    for name in reversed(names):
        (folder / name).touch()
    write_archive(folder, again)
    assert again.read_bytes() == path.read_bytes()
    with opened(path) as unpacked:
        assert manifest_problems(unpacked) == []
        for name in names:
            assert (unpacked / name).read_bytes() == (folder / name).read_bytes()
    assert not unpacked.exists(), "it was there for the time being"


def test_real_results_survive_the_archive(finished, tmp_path, monkeypatch):
    results, path = finished.folder / "results", tmp_path / "raw.zip"
    names = ["gridworld/DN.nc", "pd_exact/DN.nc", "measured.json"]  # all of them take long to pack
    monkeypatch.setattr(archive, "raw_files", lambda folder: names)
    assert main.main(["archive", "--results", str(results), "--out", str(path)]) == 0
    assert path.stat().st_size < 0.5 * sum((results / name).stat().st_size for name in names)
    with opened(path) as unpacked:
        for name in names:
            assert (unpacked / name).read_bytes() == (results / name).read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: [(n, d + b"!" if n == "measured.json" else d) for n, d in e], "another SHA-256"),
        (lambda e: [x for x in e if x[0] != "measured.json"], "not both in it and in its manifest"),
        (lambda e: [*e, ("extra.nc", b"")], "extra.nc is not both"),
        (lambda e: [*e, ("../evil", b"")], "'../evil' leads out"),
        (lambda e: [*e, ("/evil", b"")], "'/evil' leads out"),
        (lambda e: [*e, ("a\\..\\evil", b"")], "leads out"),
        (lambda e: [*e, ("C:/evil", b"")], "leads out"),
        (lambda e: [x for x in e if x[0] != MANIFEST], f"lacks {MANIFEST}"),
        (lambda e: [(MANIFEST, b"nonsense\n"), *e[1:]], "no SHA-256 and name"),
    ],
)
def test_a_tampered_archive_is_refused_and_nothing_is_unpacked(packed, tmp_path, change, message):
    _, path = packed
    repacked(path, change)
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(ConfigError, match=re.escape(message)):
        unpack(path, target)
    assert list(target.iterdir()) == [] and not (tmp_path / "evil").exists()


def test_a_name_that_is_there_twice_is_refused(packed, tmp_path):
    _, path = packed
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("measured.json", "second")
    with pytest.raises(ConfigError, match="there twice"):
        unpack(path, tmp_path)


def test_a_damaged_archive_is_refused(packed, capsys):
    _, path = packed
    data = path.read_bytes()
    middle = len(data) // 4
    path.write_bytes(data[:middle] + bytes(64) + data[middle + 64 :])
    assert main.main(["verify", "--archive", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    path.write_text("no archive")
    assert main.main(["verify", "--archive", str(path)]) == 2
    assert "is not an archive of results" in capsys.readouterr().err


def test_a_manifest_names_what_is_missing_altered_or_unlisted(packed):
    folder, path = packed
    unpack(path, folder)
    (folder / "measured.json").write_text("altered")
    (folder / "pd_exact/DN.nc").unlink()
    (folder / "pd_exact/own.nc").write_text("")
    assert manifest_problems(folder) == [
        "measured.json has another SHA-256",
        "pd_exact/DN.nc is missing",
        "pd_exact/own.nc is not listed",
    ]
