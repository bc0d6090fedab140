"""A registration that is small enough to be tried here."""

from pathlib import Path

import pytest
import yaml

from replication.promise.rates import Plan

SMALL = """
promise:
  seeds: {tuning: 9100000, trial: 9100001, replicate: 9100002}
  repetitions: {tuning: 2, trial: 8}
  budget: 6
  band: {keeps: 0.9, stride: 1, farthest: 1}
  tasks:
    dilemma_exact:
      title: dilemma
      why: small
      experiment: pd_exact
      set: {iterations: 5}
      scales: [0.01, 100]
    team_problems:
      title: team
      why: small
      team_problem:
        {agents: 3, parameters: 2, terms: 1, steepness: 1.0, heterogeneity: 0.5, graph: path,
         iterations: 5}
  methods:
    DS:
      title: first
      family: first_order
      method: &first
        {curvature: floor_identity, curvature_sign: printed, projection: all_or_nothing,
         trackers: previous}
      tuned: {step_size: {from: -1, to: 0, most: 0}, floor: {from: -1, to: 0}}
    DN_absolute:
      title: second
      family: second_order
      method:
        {<<: *first, curvature: full, curvature_sign: ascent, projection: absolute_eigenvalues}
      derivatives: {hessian: unbiased}
      tuned: {step_size: {from: -1, to: 0, most: 0}, floor: {from: -1, to: 0}}
  references: [DN]
  causes:
    tasks: [dilemma_exact]
    seed: 9100003
    repetitions: 3
    safe: {step_size: 0.1, floor: 0.2}
"""


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """The file of a small registration."""
    path = tmp_path_factory.mktemp("registered") / "promise.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def plan() -> Plan:
    """A small table of rates."""
    return Plan((1.0,), ("ring", "star"), ("algorithm_1", "gradient_tracking"), (0.1, 0.6), 4, 2)


@pytest.fixture
def document():
    """What that file says, to be changed."""
    return yaml.safe_load(SMALL)
