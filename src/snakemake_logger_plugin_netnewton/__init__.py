"""What a person sees of ``snakemake``: a bar while jobs run, and at the end a card.

Snakemake finds its logger plugins by this name; ``profiles/default`` asks for this one.
"""

from snakemake_logger_plugin_netnewton.handler import LogHandler

__all__ = ["LogHandler"]
