"""One process an agent: messages to neighbours only (`neighbourhood`), by anything that sends as
mpi4py does (`transport`); blocks of the joint policy by flooding (`flooding`); and what one agent
learns from, with its own reward and no other (`own_source`, `own_reward`).

>>> from netnewton import games
>>> mine = own_reward(games.prisoners_dilemma(), 0)
>>> mine.rewards[:, 0, games.DEFECT, games.COOPERATE]  # what agent 1 is paid is not there
array([0., 0.])
>>> mine.rewards[:, 0, games.COOPERATE, games.DEFECT]
array([-3.,  0.])
"""

from netnewton.processes.flooding import Broadcast, broadcast
from netnewton.processes.neighbourhood import Neighbourhood
from netnewton.processes.own_reward import own_reward, own_term
from netnewton.processes.own_source import OwnDerivatives
from netnewton.processes.transport import Communicator, Request, Unheard

__all__ = [
    "Broadcast",
    "Communicator",
    "Neighbourhood",
    "OwnDerivatives",
    "Request",
    "Unheard",
    "broadcast",
    "own_reward",
    "own_term",
]
