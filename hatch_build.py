"""The command `netnewton` belongs to a checkout: it runs the harness, which no wheel contains."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCRIPT = "src/replication/netnewton"


class CheckoutCommand(BuildHookInterface[Any]):
    """Install the command with ``pip install -e .`` and not with ``pip install .``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the script to the editable version only."""
        if version == "editable":
            build_data["shared_scripts"][SCRIPT] = "netnewton"
