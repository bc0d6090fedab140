"""What the agents act in: finite Markov games and the Prisoner's Dilemma (`finite`), the gridworld
of Section 6 (`gridworld`), team problems (`concave`, `linear_quadratic`), games on graphs for any
number of agents (`polymatrix`); `from_pettingzoo` and, the other way, `gridworld_pettingzoo`.

>>> dilemma = prisoners_dilemma()
>>> dilemma.rewards[:, 0, DEFECT, COOPERATE]  # of the two agents
array([ 0., -3.])
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
    "LinearQuadraticTeam",
    "PolymatrixGame",
    "TeamOptimum",
    "TeamProblem",
    "coordination",
    "linear_quadratic_team",
    "matrix_game",
    "prisoners_dilemma",
    "prisoners_dilemma_on",
    "public_goods",
    "random_problem",
    "repeated_prisoners_dilemma",
    "stacked",
    "team_optimum",
]
