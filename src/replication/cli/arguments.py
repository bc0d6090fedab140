"""Reading the command line: whatever is wrong with it is said in one line, with the remedy."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from replication.experiments.config import ConfigError
from replication.experiments.hints import nearest


class Parser(argparse.ArgumentParser):
    """A parser that raises `ConfigError` where argparse ends the process with its usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong."""
        raise ConfigError(f"{message.removeprefix('argument ')}; see ./run {self.prog} --help")


class Version(argparse.Action):
    """Prints the library's version and ends."""

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Import the library, which the other options need not pay for."""
        from netnewton import __version__

        print(f"netnewton {__version__}")
        raise SystemExit(0)


def parsed(
    parser: Parser, commands: Mapping[str, argparse.ArgumentParser], words: Sequence[str]
) -> argparse.Namespace:
    """The options that a command line gives.

    Raises
    ------
    ConfigError
        If it is wrong, with the nearest command or option.
    """
    if words and not words[0].startswith("-") and words[0] not in commands:
        raise ConfigError(f"there is no command {words[0]!r}: {nearest(words[0], commands)}")
    options, unknown = parser.parse_known_args(words)
    if unknown:
        known = re.findall(r"--[\w-]+", commands[words[0]].format_usage())
        remedy = nearest(unknown[0].partition("=")[0], known)
        raise ConfigError(f"{words[0]} does not take {unknown[0]!r}: {remedy}")
    return options


def positive(text: str) -> int:
    """A whole number, 1 or more."""
    return _whole(text, 1, "give a positive whole number")


def natural(text: str) -> int:
    """A whole number, 0 or more."""
    return _whole(text, 0, "give a whole number, 0 or more")


def several(text: str) -> int:
    """A whole number, 2 or more."""
    return _whole(text, 2, "give a whole number, 2 or more")


def _whole(text: str, least: int, remedy: str) -> int:
    if not text.removeprefix("-").isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text}: {remedy}")
    return int(text)


def seconds(text: str) -> float:
    """A time above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: give a positive number of seconds")
    return value


def probability(text: str) -> float:
    """A number between 0 and 1, neither of which it is."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"{text}: give a number between 0 and 1")
    return value


def one_of(*names: str) -> Callable[[str], str]:
    """One of some names; another is told with the nearest of them."""

    def known(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"there is no {text!r}: {nearest(text, names)}")
        return text

    return known
