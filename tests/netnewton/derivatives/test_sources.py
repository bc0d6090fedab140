"""Sources say what they are for, take whatever is an array of numbers, and refuse the rest."""

import numpy as np
import pytest
from parts import arrays

from netnewton import derivatives, games, policies
from netnewton.games import FiniteGame, Gridworld, matrix_game
from netnewton.policies import Boltzmann, GaussianRBF
from netnewton.trajectories import Streams


def streams(repetitions=2):
    return Streams([np.random.default_rng(r) for r in range(repetitions)])


def dilemma(order=2):
    game = games.prisoners_dilemma()
    return derivatives.exact(game, Boltzmann.of(game), order)


def sampled(repetitions=2, **options):
    game = games.prisoners_dilemma()
    return derivatives.likelihood_ratio(
        game, Boltzmann.of(game), streams(repetitions), horizon=1, size=9, **options
    )


def team(problems=1):
    drawn = [games.random_problem(np.random.default_rng(r), 2, 4) for r in range(problems)]
    return derivatives.concave_derivatives(games.stacked(drawn) if problems > 1 else drawn[0])


def counted():
    game = games.prisoners_dilemma()
    return derivatives.counted(game, Boltzmann.of(game), streams(), batch_sizes=9)


SOURCES = {"exact": dilemma, "sampled": sampled, "counted": counted, "concave": team}


# What they say -----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0, 1, 2])
def test_exact_and_sampled_sources_say_what_they_are_for(order):
    for source, repetitions in ((dilemma(order), None), (sampled(order=order), 2)):
        assert (source.n_agents, source.n_parameters) == (2, 4)
        assert (source.order, source.repetitions) == (order, repetitions)
        assert source.owner.tolist() == [0, 0, 1, 1]


def test_concave_sources_say_the_same_but_nobody_owns_a_parameter():
    assert (team().n_agents, team().n_parameters, team().order) == (2, 4, 2)
    assert (team().repetitions, team(3).repetitions) == (None, 3)
    assert not hasattr(team(), "owner")


@pytest.mark.parametrize("kind", SOURCES)
def test_sources_cannot_be_changed(kind):
    with pytest.raises(AttributeError):
        SOURCES[kind]().order = 1


@pytest.mark.parametrize("discount", [0.0, 0.9])
@pytest.mark.parametrize("logits", ["per_action", "reference"])
def test_returns_of_a_joint_policy_in_one_call(discount, logits, rng, random_game):
    game = random_game(rng, discount=discount)
    source = derivatives.exact(game, Boltzmann.of(game, logits))
    mu = rng.normal(size=(5, 2, source.n_parameters))
    everywhere = np.repeat(mu[..., np.newaxis, :], 3, axis=-2)
    np.testing.assert_allclose(source.returns(mu), source(everywhere).J, rtol=1e-13)
    assert source.returns(mu[0, 0]).shape == (3,)


def test_returns_of_a_team_problem(rng):
    theta = rng.normal(size=(5, 4))
    expected = team()(np.repeat(theta[:, np.newaxis], 2, axis=1)).J
    np.testing.assert_array_equal(team().returns(theta), expected)


def test_policies_are_made_for_their_games():
    assert Boltzmann.of(games.repeated_prisoners_dilemma(0.9)) == Boltzmann(5, (2, 2))
    game = games.prisoners_dilemma()
    assert Boltzmann.of(game, logits="reference") == Boltzmann(1, (2, 2), "reference")
    assert GaussianRBF.of(Gridworld(width=2.0), sees="both", grid=(3, 3)) == GaussianRBF(
        (2.0, 6.0), grid=(3, 3), sees="both"
    )


# What they take ----------------------------------------------------------------------------------

WHOLE = np.array([[[1, 0, -2, 3], [0, 1, 1, -1]]] * 2)  # both repetitions alike
ALIKE = {
    "integers": lambda theta: theta,
    "small integers": lambda theta: theta.astype(np.int8),
    "single precision": lambda theta: theta.astype(np.float32),
    "a list": lambda theta: theta.tolist(),
    "Fortran order": lambda theta: np.asfortranarray(theta.astype(float)),
    "read only": lambda theta: np.broadcast_to(theta[0].astype(float), theta.shape),
}


@pytest.mark.parametrize("given", ALIKE)
@pytest.mark.parametrize("kind", SOURCES)
def test_numbers_of_any_type_give_the_float64_result(kind, given):
    expected = SOURCES[kind]()(WHOLE.astype(np.float64))
    found = SOURCES[kind]()(ALIKE[given](WHOLE))
    for name, one in arrays(found).items():
        assert one.dtype == np.float64
        np.testing.assert_array_equal(one, getattr(expected, name))


@pytest.mark.parametrize("kind", SOURCES)
def test_booleans_are_numbers(kind):
    ones = SOURCES[kind]()(np.ones((2, 2, 4), dtype=bool))
    np.testing.assert_array_equal(ones.hessian, SOURCES[kind]()(np.ones((2, 2, 4))).hessian)


def test_single_precision_is_not_what_is_computed_with(rng):
    """A control: third digits of 0.1 in single precision would show."""
    theta = rng.normal(size=(2, 2, 4)).astype(np.float32)
    exactly = dilemma()(theta.astype(np.float64)).gradient
    np.testing.assert_array_equal(dilemma()(theta).gradient, exactly)
    assert (exactly.astype(np.float32) != exactly).any()


BAD = {
    "of one agent too many": (np.zeros((2, 3, 4)), r"\(2, 3, 4\): for 2 agents"),
    "with a parameter too many": (np.zeros((2, 2, 5)), r"\(2, 2, 5\): for 2 .* 4 parameters"),
    "of one joint policy": (np.zeros(4), r"theta of shape \(4,\)"),
    "of no repetition": (np.zeros((0, 2, 4)), r"\(0, 2, 4\).* R >= 1"),
    "of text": (np.full((2, 2, 4), "1"), "theta is not an array of real numbers"),
    "of objects": (np.zeros((2, 2, 4), object), "theta is not an array of real numbers"),
    "of complex numbers": (np.zeros((2, 2, 4), complex), "theta is not an array of real numbers"),
    "of rows of two lengths": ([[[0.0] * 4, [0.0] * 3]], "theta is not an array of real numbers"),
    "with NaN": (np.where(WHOLE == 3, np.nan, WHOLE), r"theta\[0, 0, 3\] = nan"),
    "with infinity": (np.where(WHOLE == 3, np.inf, WHOLE), r"theta\[0, 0, 3\] = inf"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kind", SOURCES)
def test_what_is_no_theta_is_refused(kind, bad):
    theta, message = BAD[bad]
    with pytest.raises(ValueError, match=message):
        SOURCES[kind]()(theta)


def test_streams_and_problems_must_be_as_many_as_repetitions():
    with pytest.raises(ValueError, match=r"\(3, 2, 4\): give \(R, N, D\) with the R = 2"):
        sampled(2)(np.zeros((3, 2, 4)))
    with pytest.raises(ValueError, match=r"theta of shape \(2, 2, 4\): there are 3 problems"):
        team(3)(np.zeros((2, 2, 4)))


@pytest.mark.parametrize("bad", [-1, 3, None, 1.5])
def test_other_orders_are_refused(bad):
    for make in (dilemma, lambda order: sampled(order=order)):
        with pytest.raises(ValueError, match=r"order = .*: choose 0"):
            make(bad)


@pytest.mark.parametrize(
    ("game", "policy"),
    [
        (games.prisoners_dilemma(), Boltzmann(2, (2, 2))),
        (games.prisoners_dilemma(), Boltzmann(1, (2, 3))),
        (games.prisoners_dilemma(), Boltzmann(1, (2, 2, 2))),
        (Gridworld(), GaussianRBF((3.0, 6.0), n_agents=3)),
        (Gridworld(), GaussianRBF((3.0, 5.0))),
    ],
    ids=["states", "actions", "agents", "gridworld agents", "box"],
)
def test_a_policy_for_another_game_is_refused_with_both_shapes(game, policy):
    message = "the policy has n_agents = .*, the game n_agents = "
    with pytest.raises(ValueError, match=message):
        derivatives.likelihood_ratio(game, policy, streams(), 1, 5)
    if isinstance(game, FiniteGame):
        with pytest.raises(ValueError, match=message):
            derivatives.exact(game, policy)


@pytest.mark.parametrize(
    ("game", "policy", "message"),
    [
        (Gridworld(), Boltzmann(1, (2, 2)), "Boltzmann policies see numbers of states"),
        (games.prisoners_dilemma(), GaussianRBF((3.0, 6.0)), "see coordinates, shape"),
    ],
)
def test_a_policy_of_another_family_is_refused(game, policy, message):
    source = derivatives.likelihood_ratio(game, policy, streams(), 1, 5)
    with pytest.raises(ValueError, match=message):
        source(np.zeros((2, 2, policy.n_parameters)))


# Games, problems and policies --------------------------------------------------------------------

PAYOFFS = [[[3, 0], [5, 1]], [[3, 5], [0, 1]]]


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.float32, np.float64, list])
def test_games_of_any_numbers_are_the_same_game(kind):
    payoffs = PAYOFFS if kind is list else np.array(PAYOFFS, dtype=kind)
    game = matrix_game(payoffs)
    whole = FiniteGame(
        [[row] for row in PAYOFFS],
        np.ones((1, 2, 2, 1), dtype=bool),
        [1],
        discount=False,
    )
    for made in (game, whole):
        for part in (made.rewards, made.transitions, made.initial):
            assert part.dtype == np.float64
        np.testing.assert_array_equal(made.rewards[:, 0], np.array(PAYOFFS, dtype=float))
        assert isinstance(made.discount, float) and made.discount == 0.0


@pytest.mark.parametrize("bad", [np.array(PAYOFFS, object), np.array(PAYOFFS) * 1j, "payoffs"])
def test_games_of_no_numbers_are_refused_by_name(bad):
    with pytest.raises(ValueError, match="payoffs is not an array of real numbers"):
        matrix_game(bad)
    game = games.prisoners_dilemma()
    for name in ("rewards", "transitions", "initial"):
        parts = {n: getattr(game, n) for n in ("rewards", "transitions", "initial")} | {name: bad}
        with pytest.raises(ValueError, match=f"{name} is not an array of real numbers"):
            FiniteGame(**parts, discount=0.0)


def test_games_without_actions_or_states_are_refused():
    with pytest.raises(ValueError, match="at least one state, and one action"):
        matrix_game(np.zeros((2, 0, 2)))
    with pytest.raises(ValueError, match="discount is not an array"):
        games.repeated_prisoners_dilemma("0.5")


def test_team_problems_take_lists_and_single_precision():
    problem = games.random_problem(np.random.default_rng(1), 2, 3)
    names = ("quadratic", "linear", "weights", "forms", "shifts")
    rounded = {name: np.round(getattr(problem, name)) for name in names}
    rounded["quadratic"] = np.tile(np.eye(3), (2, 1, 1))
    exactly = games.TeamProblem(**rounded)
    theta = np.random.default_rng(2).normal(size=(1, 2, 3))
    expected = derivatives.concave_derivatives(exactly)(theta)
    for kind in (lambda x: x.tolist(), lambda x: x.astype(np.float32), lambda x: x.astype(int)):
        same = games.TeamProblem(**{name: kind(values) for name, values in rounded.items()})
        found = derivatives.concave_derivatives(same)(theta)
        np.testing.assert_array_equal(found.hessian, expected.hessian)
    with pytest.raises(ValueError, match="shifts is not an array of real numbers"):
        games.TeamProblem(**{**rounded, "shifts": rounded["shifts"].astype(str)})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Boltzmann(1, (2, 0)), r"n_actions\[1\] = 0"),
        (lambda: Boltzmann(1, ()), r"len\(n_actions\) = 0"),
        (lambda: Boltzmann(1, 2), "n_actions = 2: give whole numbers in a row"),
        (lambda: Boltzmann(1, (2.0, 2)), r"n_actions\[0\] = 2.0"),
        (lambda: Boltzmann(True, (2, 2)), "n_states = True"),
        (lambda: GaussianRBF((3.0, 6.0), n_agents=0), "n_agents = 0"),
        (lambda: GaussianRBF((3.0, 6.0), deviation="1"), "deviation is not"),
        (lambda: GaussianRBF((3.0, 6.0), deviation=[1.0]), r"deviation = \[1.0\]: give one"),
        (lambda: GaussianRBF(3.0), r"box = \(3.0,\): give two lengths"),
        (lambda: GaussianRBF((3.0, 6.0), grid=(3,)), r"grid = \(3,\): give at least 2"),
        (lambda: Gridworld(width="3"), "gridworld width is not"),
        (lambda: games.random_problem(np.random.default_rng(1), 2.5, 2), "agents = 2.5"),
        (lambda: games.stacked([]), r"len\(problems\) = 0"),
    ],
)
def test_policies_and_games_of_nothing_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_policies_take_whole_numbers_and_lists():
    policy = Boltzmann(np.int64(1), [2, np.int32(2)])
    assert policy == Boltzmann(1, (2, 2)) and hash(policy) == hash(Boltzmann(1, (2, 2)))
    single = policy.probabilities(np.array([1, 0, 0, 2], dtype=np.float32))
    assert single.dtype == np.float64
    np.testing.assert_array_equal(single, policy.probabilities([1, 0, 0, 2]))
    assert GaussianRBF([3, 6], grid=[3, 6], deviation=np.float32(0.5)) == GaussianRBF((3.0, 6.0))
    assert policies.GaussianRBF((3, 6)).means(np.ones(36, int), np.ones((1, 2, 2, 1))).shape
