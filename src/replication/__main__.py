"""The command line as ``python -m replication``."""

import sys

from replication.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
