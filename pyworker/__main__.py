"""A worker of a Python model, and what the server asks of Python before it has one. docs/python-models.md.

python3 pyworker work PARENT        started by the server, with a socket as file 3
python3 pyworker environment FILE [--install]
                                    prints the interpreter of the environment for that requirements.txt"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[0] = str(HERE.parent)  # for the imports below only: a model finds its own modules, not ours


def main() -> int:
    command, argument = sys.argv[1:3]
    if command == "work":
        from pyworker import worker

        del sys.path[0]
        return worker.work(int(argument))
    from pyworker import environment

    return environment.main(pathlib.Path(argument), install=sys.argv[3:] == ["--install"])


if __name__ == "__main__":
    sys.exit(main())
