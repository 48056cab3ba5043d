"""Gives the demo city's services a past, each in a process: `python -m lib_local._history FOLDER …`."""

import runpy
import sys

if __name__ == "__main__":
    # The demo's own modules are no package of the project: their folder comes first.
    folder, *arguments = sys.argv[1:]
    sys.path.insert(0, folder)
    sys.argv = ["history.load", *arguments]
    runpy.run_module("history.load", run_name="__main__", alter_sys=True)
