"""Trains the model `iris` and writes it into its version, or into the folder given. The same bytes of trees each time."""

import pathlib
import sys

import joblib
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

SEED = 8
HERE = pathlib.Path(__file__).resolve().parent


def main() -> None:
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "iris" / "1"
    data = load_iris()
    model = RandomForestClassifier(n_estimators=20, random_state=SEED).fit(data.data, data.target)
    joblib.dump(model, folder / "iris.joblib")
    print(f"{folder / 'iris.joblib'}: {model.score(data.data, data.target):.0%} of the training set")


if __name__ == "__main__":
    main()
