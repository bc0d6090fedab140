"""What the agents act in: finite Markov games and the Prisoner's Dilemma (`finite`), the gridworld
of Section 6 (`gridworld`; for PettingZoo, `gridworld_pettingzoo`), games on graphs for any number
of agents (`polymatrix`), and team problems on which the theorems can be tested (`concave`).
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
from netnewton.games.polymatrix import (
    PolymatrixGame,
    coordination,
    prisoners_dilemma_on,
    public_goods,
)
from netnewton.games.team_optimum import TeamOptimum, team_optimum

__all__ = [
    "COOPERATE",
    "DEFECT",
    "EAST",
    "WEST",
    "FiniteGame",
    "Gridworld",
    "PolymatrixGame",
    "TeamOptimum",
    "TeamProblem",
    "coordination",
    "matrix_game",
    "prisoners_dilemma",
    "prisoners_dilemma_on",
    "public_goods",
    "random_problem",
    "repeated_prisoners_dilemma",
    "stacked",
    "team_optimum",
]
