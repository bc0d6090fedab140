"""What the agents act in: finite Markov games and the Prisoner's Dilemma (`finite`), the gridworld
of Section 6 (`gridworld`; for PettingZoo, `gridworld_pettingzoo`), networked linear-quadratic teams
(`linear_quadratic`), PettingZoo's environments (`from_pettingzoo`, an extra), and team problems on
which the theorems can be tested (`concave`).
"""

from netnewton.games.concave import TeamProblem, random_problem, stacked
from netnewton.games.finite import (
    COOPERATE,
    DEFECT,
    FiniteGame,
    matrix_game,
    prisoners_dilemma,
    repeated_prisoners_dilemma,
)
from netnewton.games.gridworld import EAST, WEST, Gridworld
from netnewton.games.linear_quadratic import LinearQuadraticTeam, linear_quadratic_team

__all__ = [
    "COOPERATE",
    "DEFECT",
    "EAST",
    "WEST",
    "FiniteGame",
    "Gridworld",
    "LinearQuadraticTeam",
    "TeamProblem",
    "linear_quadratic_team",
    "matrix_game",
    "prisoners_dilemma",
    "random_problem",
    "repeated_prisoners_dilemma",
    "stacked",
]
