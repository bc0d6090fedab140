"""The harness: experiments as data, fan-out, storage, statistics, claims, figures, report.

Data flows one way - simulate, summarise, draw, check, report - and each stage can be run alone:
see the Snakefile, or ``netnewton --help``. Importing any part pins the arithmetic first.
"""

from replication.experiments.kernels import pin

pin()
