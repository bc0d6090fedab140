"""Which experiments a figure of the paper shows: what ``figures`` of an experiment may name."""

from __future__ import annotations

from replication.experiments.config import ConfigError, Settings, load


def check_figures(config: Settings) -> None:
    """Refuse a figure of an experiment that it does not show; config/paper.yaml says which it does.

    Raises
    ------
    ConfigError
        Naming the experiment, the figure, what the figure is drawn from, and the remedy.
    """
    paper = load()["experiments"]
    for name, experiment in config["experiments"].items():
        for figure in experiment.get("figures", []):
            drawn_from = [other for other in paper if figure in paper[other].get("figures", [])]
            if name not in drawn_from:
                raise ConfigError(
                    f"experiments.{name}.figures: {figure} shows {', '.join(drawn_from)} of "
                    f"config/paper.yaml only, not {name}: take it out; the curves of {name} are "
                    f"drawn without it, to results/{name}/curves.svg and by netnewton plot"
                )
