"""The ledgers are complete, agree with each other, and with what is measured."""

import json

import jsonschema
import pytest

from replication import config, ledger
from replication.experiments import build
from replication.measures import Evidence, measures


@pytest.fixture(scope="module")
def claims():
    return {claim["id"]: claim for claim in ledger.claims()}


@pytest.fixture(scope="module")
def ambiguities():
    return {ambiguity["id"]: ambiguity for ambiguity in ledger.ambiguities()}


def test_ids_are_unique(claims, ambiguities):
    assert len(claims) == len(ledger.claims()) == 32
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


EXPERIMENTS = ("pd_exact", "pd_sampled_is", "pd_sampled_no_is", "gridworld")


def settable(entry, paper, experiment):
    """Whether each setting of an ambiguity can be set in an experiment, the default being set."""
    for option in entry["options"]:
        if option["setting"] is None:
            continue
        settings = option["setting"] if isinstance(option["setting"], list) else [option["setting"]]
        extra = ["game.discount=0.9"] if settings[0].endswith("=repeated") else []
        if experiment == "pd_sampled_is" and extra:
            extra.append("derivatives.horizon=5")
        try:
            changed = config.override(paper, experiment, ["DN"], [*settings, *extra])
            spec = config.spec(changed, experiment, "DN")
            build(spec, range(2))
        except config.ConfigError:
            return False
        is_default = spec == config.spec(paper, experiment, "DN")
        if is_default != (option["name"] == entry["default"]):
            return False
    return True


def test_each_setting_of_an_ambiguity_can_be_set_and_the_default_is_set(ambiguities):
    paper = config.load()
    for name, entry in ambiguities.items():
        assert any(settable(entry, paper, experiment) for experiment in EXPERIMENTS), name


def test_a_wrong_setting_is_noticed(ambiguities):
    """A planted fault: an option that the configuration does not know, a default that is none."""
    paper, entry = config.load(), ambiguities["projection"]
    options = [dict(option) for option in entry["options"]]
    options[1]["setting"] = "projection=floor_eigenvalue"
    assert not settable({**entry, "options": options}, paper, "pd_exact")
    assert not settable({**entry, "default": "floor-eigenvalues"}, paper, "pd_exact")


def test_direct_measures_give_the_ledgers_quantities(claims, tmp_path):
    evidence = Evidence(tmp_path, 0.98)
    for name in ("nash", "projection-operator", "average-dynamics"):
        assert set(measures()[name](evidence)) == {q["id"] for q in claims[name]["quantities"]}


def test_a_misspelt_ledger_is_refused(tmp_path, monkeypatch):
    for file in ("schema.json", "claims.yaml"):
        (tmp_path / file).write_bytes((ledger.FOLDER / file).read_bytes())
    text = (tmp_path / "claims.yaml").read_text(encoding="utf-8")
    (tmp_path / "claims.yaml").write_text(text.replace("limitation:", "limitations:", 1), "utf-8")
    monkeypatch.setattr(ledger, "FOLDER", tmp_path)
    with pytest.raises(config.ConfigError, match=r"claims.yaml, claims.0"):
        ledger.claims()


def test_the_schema_itself_is_one():
    schema = json.loads((ledger.FOLDER / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    schema = json.loads(config.SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
