"""What links do, written down."""

from dataclasses import dataclass

from netnewton.links import LinkEffect


@dataclass(frozen=True, eq=False)
class Recorded(LinkEffect):
    """Write down what the links do."""

    rounds: list

    def start(self, edges, streams):
        return self.rounds.append
