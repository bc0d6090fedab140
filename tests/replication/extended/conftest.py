"""A declaration that is small enough to be run here."""

from pathlib import Path

import pytest
import yaml

SMALL = """
extended:
  seeds: {tuning: 9200000, trial: 9200001}
  repetitions: {tuning: 2, trial: 8}
  iterations: 12
  levels: {ninety: 0.9, ninety_nine: 0.99}
  tuning: {agents: 4, graph: path, payoffs: ring, iterations: 5, budget: 4}
  networks: {regular: {degree: 3}}
  games:
    public_goods:
      {title: goods, game: public_goods, logits: reference, multiplier: 1.5, cost: 1.0,
       level: optimum}
    coordination: {title: same, game: coordination, logits: reference, spread: 0.5, level: best}
    team_problem:
      {title: team, game: team_problem, parameters: 2, terms: 1, steepness: 1.0,
       heterogeneity: 0.5, level: optimum}
  methods:
    DN:
      title: printed
      method:
        {curvature: full, curvature_sign: printed, projection: all_or_nothing, trackers: previous}
      tuned: {step_size: {from: -1, to: 0, most: 0}, floor: {from: -1, to: 0}}
      most_agents: 4
    gradient_tracking:
      title: gradient
      method: &gradient
        {algorithm: tracked_newton, curvature: identity, projection: floor_eigenvalues,
         floor: 0.001}
      tuned: {step_size: {from: 0, to: 1}}
    gradient_tracking_grown: {title: grown, method: *gradient, numbers_of: gradient_tracking,
      step: N, not_for: [team_problem]}
  sizes:
    games: [coordination, public_goods]
    methods: [DN, gradient_tracking, gradient_tracking_grown]
    agents: [2, 4, 6]
    graph: regular
  graphs:
    games: [coordination]
    methods: [gradient_tracking]
    agents: 6
    payoffs: ring
    graphs: [path, grid, complete]
  rounds: {games: [public_goods], methods: [DN, gradient_tracking], agents: 4, graph: ring,
    rounds: [1, 2]}
  losses:
    games: [team_problem]
    agents: 4
    graph: ring
    iterations: 6
    protocols: {weighted_sum: [gradient_tracking], running_sums: [gradient_tracking]}
    links: [symmetric, asymmetric]
    probabilities: [0.5]
    burst: 5
  others:
    games: [coordination]
    agents: 4
    payoffs: ring
    iterations: 6
    methods: [gradient_tracking]
    links:
      reliable: {graph: ring, protocols: [weighted_sum, running_sums]}
      directed: {graph: one_way, protocols: [weighted_sum, push_sum]}
  scaling: {agents: [2, 4], graph: regular, fitted_from: 2, repeats: 3}
"""


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """The file of a small declaration."""
    path = tmp_path_factory.mktemp("declared") / "extended.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def document():
    """What that file says, to be changed."""
    return yaml.safe_load(SMALL)
