"""codecheck.yml, the manifest of outputs: complete, true, and mapped to the claims."""

import re

import pytest
import yaml
from project_copy import ROOT

from replication.claims import ledger
from replication.experiments import config

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def manifest():
    document = yaml.safe_load((ROOT / "codecheck.yml").read_text(encoding="utf-8"))
    assert document["version"] == "https://codecheck.org.uk/spec/config/1.0/"
    assert len(document["paper"]["authors"]) == 3
    assert not {"codechecker", "certificate", "report"} & set(document), "there has been no check"
    entries = {entry["file"]: entry["comment"] for entry in document["manifest"]}
    assert len(entries) == len(document["manifest"]), "a file is listed twice"
    return entries


def test_every_listed_output_is_made_by_the_workflow(manifest, finished):
    lacking = [name for name in manifest if not (finished.folder / name).is_file()]
    assert lacking == []


def test_every_output_is_listed(manifest):
    figures = {f"figures/{p.name}" for p in (ROOT / "figures").iterdir()}
    expected = {name for name in figures if name.endswith((".svg", ".csv"))}
    expected |= {f"paper_checks/report.{suffix}" for suffix in ("md", "html", "json")}
    expected |= {f"results/{name}/summary.csv" for name in config.load()["experiments"]}
    assert expected - set(manifest) == set()


def test_outputs_are_mapped_to_the_claims_they_bear_on(manifest):
    def named(file):
        _, _, ids = manifest[file].partition("Claims: ")
        return set(re.findall(r"[a-z0-9-]+", ids))

    known = {entry["id"]: entry for entry in ledger.claims()}
    for file in manifest:
        assert named(file) <= set(known), file
    for name, entry in known.items():
        if entry["figure"]:
            assert name in named(f"figures/{entry['figure']}.svg")
        for experiment in entry["experiments"]:
            if experiment in config.load()["experiments"]:
                assert name in named(f"results/{experiment}/summary.csv")
