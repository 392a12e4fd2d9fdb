"""Pictures of digits that the model `digits` has not seen."""

import csv

from support.process import ROOT


def held_out() -> list[tuple[int, list[float]]]:
    """The digit and its 64 pixels, of each."""
    with open(ROOT / "models" / "digits" / "held_out.csv", newline="") as file:
        rows = [row for row in csv.reader(file) if row and row[0].isdigit()]
    return [(int(row[0]), [float(pixel) for pixel in row[1:]]) for row in rows]


PIXELS = held_out()[0][1]
