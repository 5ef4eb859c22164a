# SPDX-License-Identifier: Apache-2.0
"""python -m lowtide explain|replay: shows what lowtide makes of a file of events."""

import sys

from ._replay.command import main

if __name__ == "__main__":
    sys.exit(main())
