"""Entry point: `python -m lib_service.openapi [--check] module=path …`."""

import sys

from lib_service._openapi import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
