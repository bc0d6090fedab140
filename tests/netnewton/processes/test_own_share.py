"""One agent's reward and derivatives; and whole runs, equal to the simulation's to the last bit."""

import numpy as np
import pytest
from agents_by_mpi import CASES, networked

from netnewton import derivatives, games, policies, run
from netnewton.algorithms import NaturalGradient
from netnewton.curvature import FullHessian
from netnewton.derivatives import Estimator, fisher
from netnewton.games import Gridworld
from netnewton.processes import OwnDerivatives, own_reward, own_term
from netnewton.trajectories import Streams, rollout
from replication.controls.agents_in_threads import together


def test_a_table_keeps_one_agents_payoffs(rng, random_game):
    game = random_game(rng)
    own = own_reward(game, 1)
    np.testing.assert_array_equal(own.rewards[1], game.rewards[1])
    assert not own.rewards[[0, 2]].any() and own.transitions is game.transitions
    assert own.least_rewards.tolist() == [0.0, game.least_rewards[1], 0.0]


def test_a_sampled_game_pays_one_agent(rng):
    game = Gridworld(stuck="move_refused")
    policy = policies.GaussianRBF(game.box, (3, 6), deviation=0.7)
    mu = np.zeros((1, len(policy.owner)))
    whole, own = (
        rollout(g, policy, mu, Streams([np.random.default_rng(1)]), 15, 50)
        for g in (game, own_reward(game, 1))
    )
    np.testing.assert_array_equal(own.states, whole.states)
    np.testing.assert_array_equal(own.rewards[:, :, 1], whole.rewards[:, :, 1])
    assert whole.rewards[:, :, 0].any() and not own.rewards[:, :, 0].any()
    assert own_reward(game, 1).least_rewards.tolist() == [0.0, 0.0]


def test_a_team_problem_keeps_one_agents_term(rng):
    problem = games.random_problem(rng, 4, 3)
    theta = rng.normal(size=(2, 4, 3))
    whole = derivatives.concave_derivatives(problem)(theta)
    own = derivatives.concave_derivatives(own_term(problem, 2))(theta)
    for name in ("J", "gradient", "hessian"):
        assert getattr(own, name)[:, 2].tobytes() == getattr(whole, name)[:, 2].tobytes()
    assert not own_term(problem, 2).linear[[0, 1, 3]].any()


@pytest.mark.parametrize("agent", [-1, 2, 1.0])
def test_an_agent_that_is_not_there_is_refused(agent):
    for game in (games.prisoners_dilemma(), Gridworld()):
        with pytest.raises(ValueError, match="agent = "):
            own_reward(game, agent)


@pytest.mark.parametrize("name", CASES)
def test_a_run_of_agents_is_the_simulations(name):
    """Each agent in a thread, with its own reward only."""
    weights, simulated = networked(), CASES[name].simulated()
    paths, _ = together(weights, CASES[name].acted)
    assert np.stack(paths, axis=1).tobytes() == simulated.tobytes()


def test_an_agent_that_weighs_otherwise_is_noticed():
    """A planted fault of one unit in the last place."""
    case, weights = CASES["gradient_tracking"], networked()
    weights[1, 1] = np.nextafter(weights[1, 1], 1)
    paths, _ = together(weights, case.acted)
    assert np.stack(paths, axis=1).tobytes() != case.simulated().tobytes()


def test_estimates_at_other_copies_are_the_agents_own(rng):
    """What momentum asks of a batch."""
    game = games.matrix_game(rng.normal(size=(3, 2, 2, 2)))
    policy = policies.Boltzmann.of(game)
    method = NaturalGradient(FullHessian(1), 0.1, momentum=0.5)

    def source(played):
        streams = Streams([np.random.default_rng(3)])
        estimator = Estimator(hessian=fisher)
        return derivatives.likelihood_ratio(played, policy, streams, 1, 40, estimator)

    weights, start = networked(), rng.normal(size=(1, 3, 6))
    whole = run(method, source(game), weights, 5, start)

    def act(me):
        own = OwnDerivatives(source(own_reward(game, me.agent)), me)
        return run(method, own, me.mix, 5, start[:, [me.agent]])

    runs, _ = together(weights, act)
    for agent, result in enumerate(runs):
        assert (
            result.trace["theta"][:, 0, 0].tobytes() == whole.trace["theta"][:, 0, agent].tobytes()
        )
        assert result.J.shape == (5, 1)  # of what was played, by its own reward


def test_the_rounds_of_the_last_broadcast_are_kept(rng):
    game = games.matrix_game(rng.normal(size=(3, 2, 2, 2)))
    policy = policies.Boltzmann.of(game)

    def act(me):
        streams = Streams([np.random.default_rng(3)])
        own = OwnDerivatives(derivatives.counted(game, policy, streams, 10), me)
        before = own.rounds
        own(np.zeros((1, 1, 6)))
        return before, own.rounds

    found, _ = together(networked(), act)
    assert found == [(0, 2), (0, 1), (0, 2)]
