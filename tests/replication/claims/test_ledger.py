"""The ledgers are complete, agree with each other, and with what is measured."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from replication.claims import groups, ledger
from replication.claims.evidence import Evidence
from replication.claims.groups import measures
from replication.experiments import config
from replication.experiments.build import build
from replication.readings import enumeration


@pytest.fixture(scope="module")
def claims():
    return {claim["id"]: claim for claim in ledger.claims()}


@pytest.fixture(scope="module")
def ambiguities():
    return {ambiguity["id"]: ambiguity for ambiguity in ledger.ambiguities()}


def test_ids_are_unique(claims, ambiguities):
    assert len(claims) == len(ledger.claims()) == 49
    assert len(ambiguities) == len(ledger.ambiguities())


def test_each_claim_is_either_measured_or_says_why_not(claims):
    for name, claim in claims.items():
        assert (name in measures()) != ("not_tested" in claim), name
    assert set(measures()) <= set(claims)


def test_readings_and_affected_claims_agree(claims, ambiguities):
    by_claim = {(c, a) for c, claim in claims.items() for a in claim["readings"]}
    by_ambiguity = {(c, a) for a, entry in ambiguities.items() for c in entry["affects"]}
    assert by_claim == by_ambiguity


def test_the_default_comes_first(ambiguities):
    for entry in ambiguities.values():
        assert entry["default"] == entry["options"][0]["name"]


def specs(choice):
    """Each method of each experiment that a choice of options is set in."""
    reading, paper = enumeration.Reading(choice, ()), config.load()
    names = {e for a, o in choice for e in enumeration._options()[a, o]["experiments"]}
    return {
        (name, method): enumeration.spec(reading, name, method)
        for name in sorted(names)
        for method in paper["experiments"][name]["methods"]
    }


def test_each_setting_of_an_ambiguity_can_be_set_and_the_default_is_set(ambiguities):
    paper = config.load()
    for name, entry in ambiguities.items():
        for option in entry["options"]:
            found = specs(((name, option["name"]),))
            changed = [key for key, spec in found.items() if spec != config.spec(paper, *key)]
            is_default = option["name"] == entry["default"]
            assert bool(changed) == (option["setting"] is not None and not is_default), name
            for spec in found.values():
                build(spec, range(2))


def test_a_wrong_setting_is_noticed(ambiguities, monkeypatch):
    """A planted fault: an option that the configuration does not know."""
    options = {**enumeration._options()}
    wrong = options["projection", "floor-eigenvalues"] | {"setting": "projection=floor_eigenvalue"}
    monkeypatch.setattr(
        enumeration, "_options", lambda: {**options, ("projection", "floor-eigenvalues"): wrong}
    )
    with pytest.raises(config.ConfigError, match="did you mean 'floor_eigenvalues'"):
        specs((("projection", "floor-eigenvalues"),))


def test_products_and_bases_name_what_is_there(claims, ambiguities):
    options = {(a, o["name"]) for a, entry in ambiguities.items() for o in entry["options"]}
    for product in ledger.products():
        assert set(product["claims"]) <= set(claims)
        assert {(a, o) for a, some in product["over"].items() for o in some} <= options
        # One claim at least can be changed by each of them.
        for name in product["over"]:
            assert set(product["claims"]) & set(ambiguities[name]["affects"])
    for claim in claims.values():
        assert set(claim.get("base", {}).items()) <= options
        assert set(claim.get("base", {})) <= set(claim["readings"])


def test_direct_measures_give_the_ledgers_quantities(claims, tmp_path):
    evidence = Evidence(tmp_path, 0.98)
    for name in ("nash", "projection-operator", "average-dynamics"):
        assert set(measures()[name](evidence)) == {q["id"] for q in claims[name]["quantities"]}


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The ledgers in a folder where they can be damaged."""
    for folder in ("claims", "ambiguities"):
        shutil.copytree(ledger.FOLDER / folder, tmp_path / folder)
    shutil.copy(ledger.FOLDER / "schema.json", tmp_path)
    monkeypatch.setattr(ledger, "FOLDER", tmp_path)
    return tmp_path


def changed(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_file_of_the_ledger_is_read():
    found = {folder: {p.stem for p in (ledger.FOLDER / folder).iterdir()} for folder in FOLDERS}
    assert found["claims"] == set(ledger.GROUPS)
    assert found["ambiguities"] == {*ledger.TOPICS, "products"}
    folders = {p.name for p in Path(ledger.__file__).parent.iterdir() if p.is_dir()}
    assert folders - {"__pycache__"} == set(ledger.GROUPS)


FOLDERS = ("claims", "ambiguities")


def test_the_claims_stand_in_the_papers_order(claims):
    """That of the parts of the paper, which no part interrupts; ours come last."""
    parts = list(dict.fromkeys(claim["group"] for claim in claims.values()))
    assert [claim["group"] for claim in claims.values()] == sorted(
        (claim["group"] for claim in claims.values()), key=parts.index
    )
    assert parts == [
        "Definitions and Sections 2–3",
        "Section 4",
        "Appendix A",
        "Section 6",
        "Ours",
    ]


def test_what_measures_rounding_has_a_bound_above_zero(claims, copied):
    flagged = [q for claim in claims.values() for q in claim["quantities"] if "rounding" in q]
    assert len(flagged) >= 8 and all(q["region"]["at_most"] > 0 for q in flagged)
    for q in flagged:  # one bound, or the same on both sides
        assert q["region"].get("at_least", -q["region"]["at_most"]) == -q["region"]["at_most"]
    bound = "region: {at_most: 1.0e-9}\n        rounding: true"
    changed(copied / "claims/definitions.yaml", bound, bound.replace("1.0e-9", "0.0"))
    with pytest.raises(config.ConfigError, match=r"definitions.yaml, claims.3.quantities.0.region"):
        ledger.claims()


def test_a_misspelt_ledger_is_refused(copied):
    changed(copied / "claims" / "definitions.yaml", "limitation:", "limitations:")
    with pytest.raises(config.ConfigError, match=r"definitions.yaml, claims.0"):
        ledger.claims()


@pytest.mark.parametrize(
    ("file", "first", "other", "read"),
    [
        ("claims/rates.yaml", "jacobi-optimum", "nash", ledger.claims),
        ("ambiguities/dilemma.yaml", "consensus-law", "projection", ledger.ambiguities),
    ],
)
def test_an_id_in_two_files_is_refused(copied, file, first, other, read):
    changed(copied / file, f"id: {first}\n", f"id: {other}\n")
    with pytest.raises(
        config.ConfigError, match=rf"'{other}' is in .*\.yaml and .*\.yaml: keep one"
    ):
        read()


def test_a_claim_without_a_measure_and_a_measure_without_a_claim_are_refused(copied):
    changed(copied / "claims" / "rates.yaml", "id: jacobi-optimum\n", "id: jacobi-minimum\n")
    groups.measures.cache_clear()
    try:
        with pytest.raises(
            config.ConfigError, match=r"^jacobi-minimum, jacobi-optimum: .*rates.yaml and MEASURES"
        ):
            groups.measures()
    finally:
        groups.measures.cache_clear()


def test_a_claim_that_is_said_not_to_be_tested_needs_no_measure(copied, monkeypatch):
    without = {name: m for name, m in groups.OF_GROUP["rates"].items() if name != "jacobi-optimum"}
    monkeypatch.setitem(groups.OF_GROUP, "rates", without)
    changed(
        copied / "claims" / "rates.yaml", "limitation:", "not_tested: Too long.\n    limitation:"
    )
    groups.measures.cache_clear()
    try:
        assert "jacobi-optimum" not in groups.measures()
    finally:
        groups.measures.cache_clear()


def test_the_schema_itself_is_one():
    schema = json.loads((ledger.FOLDER / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    schema = json.loads(config.SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
