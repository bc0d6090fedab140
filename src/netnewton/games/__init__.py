"""What the agents act in: finite Markov games (`finite`), the gridworld of Section 6 (`gridworld`,
`gridworld_pettingzoo`), networked teams (`linear_quadratic`), any PettingZoo environment
(`from_pettingzoo`, an extra), and team problems for the theorems (`concave`).
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
