"""The configuration: complete in its sources, and each refusal in one clear message."""

import copy

import numpy as np
import pytest

from replication.experiments import config
from replication.experiments.build import build
from replication.experiments.config import ConfigError, Spec
from replication.experiments.overrides import override


@pytest.fixture
def paper():
    return config.load()


def test_every_value_of_the_paper_says_where_it_comes_from(paper):
    for name, experiment in paper["experiments"].items():
        for path, _ in config.values(experiment):
            source = config.origin(experiment["sources"], path)
            assert source is not None, f"{name}: {path}"
            assert source.startswith(("Section", "Algorithm", "assumed: ")), source
        for key in experiment["sources"]:
            node = experiment
            for part in key.split("."):
                assert part in node, f"{name}: a source for {key}, which does not exist"
                node = node[part]


def test_the_paper_configuration_is_the_papers(paper):
    for name in ("pd_sampled_is", "pd_sampled_no_is"):
        sampled = paper["experiments"][name]
        assert sampled["repetitions"] == 30
        exact = paper["experiments"]["pd_exact"]["methods"]
        assert sampled["methods"].items() <= exact.items() and sampled["methods"].keys() >= {
            *("DN", "DG", "DS")
        }
    assert paper["experiments"]["pd_sampled_no_is"]["derivatives"]["correction"] == "none"
    grid = paper["experiments"]["gridworld"]
    assert (grid["methods"]["DN"]["step_size"], grid["methods"]["DN"]["floor"]) == (1e-5, 1e-6)
    assert grid["methods"]["DG"]["step_size"] == 1e-3
    assert (grid["derivatives"]["batch_size"], grid["derivatives"]["horizon"]) == (100, 15)
    assert (grid["repetitions"], grid["game"]["distance"]) == (30, 0.5)
    assert np.prod(grid["policy"]["centres"]) == 18
    methods = paper["experiments"]["pd_exact"]["methods"]
    assert (methods["DN"]["step_size"], methods["DN"]["floor"]) == (1e-5, 1e-7)
    assert methods["DG"]["step_size"] == 0.1
    assert paper["experiments"]["pd_exact"]["repetitions"] == 30
    assert paper["confidence"] == 0.98
    for method in methods.values():
        assert method["curvature_sign"] == "printed"
        assert method["projection"] == "all_or_nothing"
        assert method["trackers"] == "previous"


def test_spec_survives_json(paper):
    spec = config.spec(paper, "pd_exact", "DG")
    assert Spec.from_json(spec.to_json()) == spec
    assert "sources" not in spec.settings and "methods" not in spec.settings
    for text in ("{", "3", "{}", '{"experiment": "a", "method": "b", "settings": {}}'):
        with pytest.raises(ConfigError, match="not a configuration"):
            Spec.from_json(text)
    with pytest.raises(ConfigError, match="did you mean 'full'"):
        Spec.from_json(spec.to_json().replace("identity", "ful"))


def test_overrides_reach_the_chosen_methods_only(paper):
    changed = override(paper, "pd_exact", ["DN"], ["step_size=1e-4", "network.largest=0.5"])
    experiment = changed["experiments"]["pd_exact"]
    assert experiment["methods"]["DN"]["step_size"] == 1e-4
    assert experiment["methods"]["DG"]["step_size"] == 0.1
    assert experiment["network"]["largest"] == 0.5
    assert paper["experiments"]["pd_exact"]["methods"]["DN"]["step_size"] == 1e-5


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("step_sise=1", "has no key 'step_sise'.*"),
        ("step_sz=1", "pd_exact has no key 'step_sz': did you mean 'step_size'"),
        ("methods.DN.step_sz=1", "did you mean 'methods.DN.step_size'"),
        ("methods.DX.floor=1", "did you mean 'methods.DN.floor'"),
        ("game.rewrd=1", "did you mean 'game.reward'"),
        ("rewrd=1", "did you mean 'game.reward'"),
        ("repetition=5", "has no key 'repetition': did you mean 'repetitions'"),
        ("repetitions=1", "repetitions = 1: give a value at least 2"),
        ("repetitions=2.5", "repetitions = 2.5"),
        ("repetitions=3.0", "repetitions = 3.0 does not fit"),
        ("iterations=99999999999", "give a value at most 10000000"),
        ("seed=" + "9" * 5000, "is not a value"),
        ("floor=1" + "0" * 400, "give a finite number|too large"),
        ("start=&a [*a]", "contains itself"),
        ("methods.DN=3", "DN = 3"),
        ("repetitions=many", "repetitions = 'many' is text"),
        ("step_size=0", "step_size = 0: give a value above 0"),
        ("step_size=-1e-5", "step_size = -1e-05: give a value above 0"),
        ("step_size=1.5", "step_size = 1.5: give a value at most 1"),
        ("step_size=.nan", "step_size = nan: give a finite number"),
        ("step_size=nan", "step_size"),
        ("floor=0", "floor = 0: give a value above 0"),
        ("floor=-1", "floor = -1: give a value above 0"),
        ("floor=inf", "floor"),
        ("projection=eigen", "projection = 'eigen'"),
        ("curvature=ful", "curvature = 'ful': did you mean 'full'"),
        ("policy.logits=reference_", "did you mean 'reference'"),
        ("polcy.logits=reference", "no key 'polcy.logits': did you mean 'policy.logits'"),
        ("game.name=chicken", "game.name = 'chicken'"),
        ("start=abc", "start = 'abc'"),
        ("step_size", "write key=value"),
        ("network.graph={", "is not a value|does not fit"),
        ("network.graph=line", "graph = 'line': give complete, path, ring, star, or a list"),
    ],
)
def test_bad_overrides_are_refused(paper, assignment, message):
    with pytest.raises(ConfigError, match=message) as caught:
        override(paper, "pd_exact", ["DN"], [assignment])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network.law": "given", "network.weights": [[0.7, 0.3], [0.2, 0.8]]}, "symmetric"),
        ({"network.law": "given", "network.weights": [[1.2, -0.2], [-0.2, 1.2]]}, "negative"),
        ({"network.law": "given", "network.weights": [[0.5, 0.4], [0.4, 0.5]]}, "sums to 0.9"),
        ({"network.law": "given", "network.weights": [[1.0, 0.0], [0.0, 1.0]]}, "not connected"),
        ({"network.law": "given", "network.weights": [[1.0]]}, "give 2 rows"),
        ({"network.law": "given", "network.weights": [[0.5, 0.5], [0.5]]}, "give 2 rows"),
        ({"network.law": "given"}, "go together"),
        ({"network.graph": []}, "graph is not connected"),
        ({"network.graph": [[0, 5]]}, r"the edge \[0, 5\]"),
        ({"game.name": "matrix_game"}, "needs game.payoffs"),
        (
            {"game.name": "matrix_game", "game.payoffs": [[1.0, 2.0], [0.0, 0.0]]},
            r"payoffs of shape \(2, 2\)",
        ),
        ({"game.name": "matrix_game", "game.payoffs": [[1.0], [1.0, 2.0]]}, "payoffs"),
        (
            {"game.name": "matrix_game", "game.payoffs": [["1", "2"]]},
            "payoffs is not an array of real numbers",
        ),
        (
            {"game.name": "matrix_game", "game.payoffs": [[None, 2]]},
            "payoffs is not an array of real numbers",
        ),
        (
            {
                "game.name": "matrix_game",
                "game.payoffs": [[[1.0]], [[1.0]]],
                "policy.logits": "reference",
            },
            "no logit to learn",
        ),
        ({"game.payoffs": [[1.0]]}, "goes with game.name=matrix_game"),
        ({"game.horizon": "repeated"}, "needs game.discount"),
        ({"game.discount": 0.9}, "goes with game.horizon=repeated"),
        ({"start": [0.0, 1.0]}, "start has 2 numbers: give one, or 4"),
        ({"derivatives.batch_size": 10}, "batch_size goes with derivatives.kind=another kind only"),
        ({"derivatives.kind": "sampled"}, "derivatives lacks 'baseline', 'batch_size', .*: add it"),
        ({"evaluation.kind": "sampled"}, "evaluation lacks 'batch_size'"),
        (
            {"evaluation.kind": "sampled", "evaluation.batch_size": 10},
            "goes with derivatives.kind=sampled only",
        ),
        ({"game.width": 3.0}, "game.width goes with game.name=gridworld only"),
        ({"policy.deviation": 0.5}, "policy.deviation goes with policy.family=gaussian_rbf only"),
    ],
)
def test_what_the_library_refuses_is_refused_before_anything_is_computed(paper, changes, message):
    settings = copy.deepcopy(paper)
    for key, value in changes.items():
        node = settings["experiments"]["pd_exact"]
        *parents, last = key.split(".")
        for part in parents:
            node = node[part]
        node[last] = value
    config.check(settings)
    with pytest.raises(ConfigError, match=message) as caught:
        build(config.spec(settings, "pd_exact", "DN"), range(2))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("derivatives.kind=exact", "goes with derivatives.kind=another kind|is for finite games"),
        ("evaluation.kind=exact", "goes with evaluation.kind=|is for finite games"),
        ("game.horizon=repeated", "game.horizon goes with game.name="),
        ("game.distance=3.5", "width = 3.0: the agents must start farther apart"),
        ("game.discount=0", "horizon = 15|discount = 0"),
        ("game.stuck=for_god", "did you mean 'for_good'"),
        ("game.reward=-1.0", "give a value above 0"),
        ("policy.family=boltzmann", "goes with policy.family=gaussian_rbf only|is not for this"),
        ("policy.centres=[1, 6]", "give a value at least 2"),
        ("policy.centres=[90, 90]", "fewer centres or wider functions"),
        ("policy.deviation=0", "give a value above 0"),
        ("derivatives.horizon=0", "give a value at least 1"),
        ("derivatives.batch_size=2.5", "batch_size = 2.5"),
        ("derivatives.estimator=reinforced", "did you mean 'reinforce'"),
        ("derivatives.correction=no", "correction"),
    ],
)
def test_bad_settings_of_the_gridworld_are_refused(paper, assignment, message):
    with pytest.raises(ConfigError, match=message) as caught:
        changed = override(paper, "gridworld", ["DN"], [assignment])
        build(config.spec(changed, "gridworld", "DN"), range(2))
    assert "\n" not in str(caught.value)


def test_a_baseline_needs_a_second_trajectory(paper):
    settings = ["derivatives.baseline=constant", "derivatives.batch_size=1"]
    changed = override(paper, "pd_sampled_is", ["DN"], settings)
    with pytest.raises(ConfigError, match="batch size 1: give at least 2"):
        build(config.spec(changed, "pd_sampled_is", "DN"), range(2))
    longer = override(paper, "pd_sampled_is", ["DN"], ["derivatives.horizon=3"])
    with pytest.raises(ConfigError, match="played once has horizon 1"):
        build(config.spec(longer, "pd_sampled_is", "DN"), range(2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("experiments: {", "is not YAML"),
        ("experiments: {}", "does not fit|experiments"),
        ("[]", "the configuration"),
        ("experiments: {mine: {seed: 1, start: 0.0}}", "lacks the keys 'repetitions', .*own.yaml"),
        ("experiments: {My_own: {}}", "My_own.*give a name of small letters"),
        ("studies: {}", "lacks the key 'experiments'"),
        ("experimints: {}", "did you mean 'experiments'|lacks the key 'experiments'"),
        ("confidence: 2.0\nexperiments: {}", "confidence = 2.0|experiments"),
        ("1: 2", "the key 1 of the top: quote it"),
        ("\x00", "is not YAML"),
        ("[" * 3000, "is not YAML"),
    ],
)
def test_bad_files_are_refused(tmp_path, text, message):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        config.load(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path / "nowhere.yaml")


def test_text_for_a_float_says_what_yaml_wants(tmp_path):
    text = config.PAPER.read_text(encoding="utf-8").replace("1.0e-5", "1e-5")
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'1e-5' is text: give a number .*1.0e-5"):
        config.load(path)


def test_the_first_place_of_the_file_is_blamed(tmp_path):
    """An anchor's value is at fault wherever it is used; it has to be mended where it stands."""
    text = config.PAPER.read_text(encoding="utf-8").replace("step_size: 1.0e-5", "step_size: 2.0")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^experiments.pd_exact.methods.DN.step_size = 2.0: "):
        config.load(tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("fig1", "did you mean 'fig1-optimum' or 'fig1-faster'?"),
        ("fig1-optimun", "did you mean 'fig1-optimum'?"),
        ("Fig1-Faster", "did you mean 'fig1-faster'?"),
        ("x", "known: nash, fig1-optimum, fig1-faster"),
    ],
)
def test_a_remedy_knows_misspelt_names_and_parts_of_names(name, remedy):
    assert config.nearest(name, ["nash", "fig1-optimum", "fig1-faster"]) == remedy


def test_unknown_names_get_the_nearest(paper):
    with pytest.raises(ConfigError, match="did you mean 'pd_exact'"):
        config.spec(paper, "pd_exakt", "DN")
    with pytest.raises(ConfigError, match="no method 'DX'"):
        config.spec(paper, "pd_exact", "DX")
