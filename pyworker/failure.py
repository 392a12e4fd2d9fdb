"""What went wrong in a model's code, in words for its callers and for the log."""

import os
import sys
import traceback

LONGEST = 2000
OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep


class CannotLoad(Exception):
    """What is wrong with a model before its own code runs."""


def describe(error: BaseException) -> str:
    """ "ValueError: no such word (model.py, line 12, in predict)": the last place in the model's code, else the last."""
    text = "".join(traceback.format_exception_only(error)).strip()
    places = traceback.extract_tb(error.__traceback__)
    own = [place for place in places if not place.filename.startswith((OURS, "<"))] or places
    if own and not isinstance(error, SyntaxError):
        place = own[-1]
        text = f"{text} ({os.path.basename(place.filename)}, line {place.lineno}, in {place.name})"
    return text[:LONGEST].encode(errors="replace").decode()  # a name of a file may be no text


def print_stack(error: BaseException) -> None:
    """To standard error, so to the server's log; without this program's own part of it."""
    places = traceback.extract_tb(error.__traceback__)
    own = [place for place in places if not place.filename.startswith((OURS, "<frozen"))]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(own)] if own else []
    sys.stderr.write("".join(lines + traceback.format_exception_only(error)))
    sys.stderr.flush()
