"""Tokens a second of `parlance serve`, beside OpenVINO GenAI's continuous batching in process, on one model and its prompts.

    ./run bench text [--model storyteller] [--sequences 1,8,32] [--tokens 128] [--rounds 3] [--threads 2]

Each engine makes --tokens greedy tokens of each of so many prompts, begun at once; the engines take turns, --rounds times, and
the best round counts. The server is called over gRPC by `parlance bench`. Its steps are what the engine itself took
(`parlance_step_seconds_total`): what is between them, the planner, sampling and the way to the callers, is its own cost.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests"))

from importer import environment  # noqa: E402
from support.admin import Admin  # noqa: E402
from support.process import program  # noqa: E402
from support.repositories import SHIPPED, serve  # noqa: E402

PROMPTS = ["It was a truth", "She had never", "Mr. Darcy", "The carriage", "My dear sister,", "In the evening", "They walked", "His letter"]


@dataclass
class Run:
    tokens_per_second: float
    first_token_ms: float
    step_ms: float = 0
    own_cost: float = 0  # of the time that steps take


def by_genai(version: Path, sequences: list[int], tokens: int, threads: int) -> list[Run]:
    environment.make(environment.folder())
    wanted = {"prompts": PROMPTS, "tokens": tokens, "sequences": sequences, "threads": threads}
    command = [environment.environment(environment.folder()).python(), Path(__file__).with_name("genai_text.py"), version]
    done = subprocess.run(command, input=json.dumps(wanted), capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [Run(line["tokens_per_second"], line["first_token_ms"]) for line in lines]


def figures(admin: Admin) -> dict[str, float]:
    names = ("parlance_tokens_total", "parlance_steps_total", "parlance_step_seconds_total",
             "parlance_time_to_first_token_seconds_sum", "parlance_time_to_first_token_seconds_count")
    return {name: admin.sample(name) for name in names}


def by_server(server, model: str, sequences: int, tokens: int) -> Run:
    requests = "\n".join(json.dumps({"model_name": model, "prompt": prompt, "max_tokens": tokens}) for prompt in PROMPTS)
    admin = Admin(server)
    before, began = figures(admin), time.perf_counter()
    command = [program("parlance"), "bench", server.address, "inference.InferenceService/Generate", requests,
               "--streams", str(sequences), "--calls", str(sequences), "--json"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    seconds = answer["steps"][0]["seconds"] if "steps" in answer else time.perf_counter() - began
    after = figures(admin)
    more = {name: after[name] - before[name] for name in after}
    steps = more["parlance_step_seconds_total"]
    firsts = more["parlance_time_to_first_token_seconds_sum"] / more["parlance_time_to_first_token_seconds_count"]
    return Run(more["parlance_tokens_total"] / seconds, 1000 * firsts, 1000 * steps / more["parlance_steps_total"], seconds / steps - 1)


def best(runs: list[Run]) -> Run:
    return max(runs, key=lambda run: run.tokens_per_second)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="storyteller")
    parser.add_argument("--sequences", default="1,8,32")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    sequences = [int(number) for number in options.sequences.split(",")]
    version = SHIPPED / options.model / "1"
    ours, theirs = {number: [] for number in sequences}, {number: [] for number in sequences}
    with serve() as server:
        by_server(server, options.model, 4, 16)
        for round_ in range(options.rounds):
            print(f"round {round_ + 1} of {options.rounds}", flush=True)
            for number, run in zip(sequences, by_genai(version, sequences, options.tokens, options.threads), strict=True):
                theirs[number].append(run)
            for number in sequences:
                ours[number].append(by_server(server, options.model, number, options.tokens))
    print("sequences   Parlance tok/s   GenAI tok/s   ratio   first token ms (P / G)   step ms   own cost")
    for number in sequences:
        mine, other = best(ours[number]), best(theirs[number])
        print(f"{number:9}   {mine.tokens_per_second:14,.0f}   {other.tokens_per_second:11,.0f}   "
              f"{mine.tokens_per_second / other.tokens_per_second:5.2f}   {mine.first_token_ms:10.1f} / {other.first_token_ms:<9.1f}   "
              f"{mine.step_ms:7.2f}   {100 * mine.own_cost:6.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
