"""What a reader of a source comes back with, beside the files it wrote."""

import dataclasses


@dataclasses.dataclass
class Made:
    what: str  # in words, for the last line
    model_yaml: str  # for a model that has none
    notes: list[str] = dataclasses.field(default_factory=list)  # what it cannot do
