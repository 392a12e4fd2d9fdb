"""Makes a model that a user has into a version of a model repository. `python3 importer --help`; docs/import.md."""

import argparse
import pathlib
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)  # not this folder, whose names would hide others

from importer import environment  # noqa: E402
from importer.problem import Problem  # noqa: E402

NOT_IMPORTED = 65  # EX_DATAERR
USAGE = 64


class Parser(argparse.ArgumentParser):
    def error(self, message: str):
        self.exit(USAGE, f"parlance import: {message}\nSee: parlance import --help\n")


def arguments() -> argparse.Namespace:
    parser = Parser(
        prog="parlance import",
        description="Make a model file or folder into a version of a model repository.",
        epilog="SOURCE is a GGUF file, a Hugging Face folder (config.json, *.safetensors, tokenizer.json), an ONNX or "
        "OpenVINO IR file, or TorchServe's .mar archive. Nothing is downloaded but, the first time, the Python packages that do the work.",
    )
    parser.add_argument("source", metavar="SOURCE", type=pathlib.Path)
    parser.add_argument("--name", help="what the model is called (default: after SOURCE)")
    parser.add_argument("--repository", type=pathlib.Path, default=pathlib.Path("models/repository"), metavar="DIR",
                        help="where to put it (default: models/repository)")
    parser.add_argument("--version", type=int, metavar="N", help="its version (default: a .mar's own, else the next that is free)")
    parser.add_argument("--registering", action="store_true", help=argparse.SUPPRESS)  # by a server: mar_source.py
    parser.add_argument("--half", action="store_true", help="keep weights in 16 bits: half the size, not the same last digits")
    return parser.parse_args()


def main() -> None:
    if sys.argv[1:] == ["--prepare"]:  # what setup does, so that the first import is quick
        return environment.make(environment.folder())
    given = arguments()
    if not given.source.exists():
        raise Problem(f"{given.source} does not exist")
    if given.source.suffix.lower() == ".mar":
        from importer import mar_source

        return mar_source.run(given)
    if given.registering:
        raise Problem(f"{given.source} is no .mar archive")
    environment.enter(sys.argv)
    from importer import importing  # needs the environment

    importing.run(given)


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        print(f"parlance import: {problem}", file=sys.stderr)
        sys.exit(NOT_IMPORTED)
    except KeyboardInterrupt:
        sys.exit(130)
