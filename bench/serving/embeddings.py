"""Embeddings a second of MiniLM: callers who share runs beside runs of one text each, in turn on the same machine.

    ./run bench embeddings [--callers 32] [--seconds 5] [--rounds 3]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.process import ServerProcess, program  # noqa: E402
from support.repositories import SHIPPED, serve  # noqa: E402

WORDS = "she sells sea shells by the sea shore while the tide comes in".split()
# By tokens, with the two at the borders: what fills a row of that length.
TEXTS = {16: " ".join(WORDS[:12]), 32: " ".join(WORDS * 2), 64: " ".join(WORDS * 4)}
SETTINGS = "run: worker\nembedding: {{max_tokens: 256, lengths: [16, 32, 64, 128, 256]}}\nbatching: {{max_batch: {most}}}\n"


def repository(folder: Path, most: int) -> Path:
    model = folder / str(most) / "minilm"
    model.mkdir(parents=True)
    (model / "1").symlink_to(SHIPPED / "minilm" / "1")
    (model / "model.yaml").write_text(SETTINGS.format(most=most))
    return model.parent


def cpu_seconds(server: ServerProcess) -> float:
    """What the server has computed so far, user and system."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(server: ServerProcess, text: str, callers: int, seconds: float) -> tuple[float, float]:
    """Texts a second, and milliseconds of CPU time a text, which neighbours on the machine change less."""
    request = json.dumps({"model_name": "minilm", "text": text, "normalize": True})
    command = [program("parlance"), "bench", server.address, "inference.InferenceService/Embed", request, "--json",
               "--streams", str(callers), "--warm-up", "0s", "--duration", f"{seconds}s"]
    before = cpu_seconds(server)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    step = json.loads(done.stdout)["steps"][0]
    return step["calls_per_second"], (cpu_seconds(server) - before) / max(step["calls"], 1) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        alone, shared = (repository(Path(folder), most) for most in (1, 16))
        with serve(repository=alone) as one, serve(repository=shared) as many:
            for length, text in TEXTS.items():
                rounds = [[measure(server, text, options.callers, options.seconds) for server in (one, many)]
                          for _ in range(options.rounds)]
                (rate_one, cpu_one), (rate_many, cpu_many) = (
                    [statistics.median(values) for values in zip(*column)] for column in zip(*rounds))
                print(f"{length:3} tokens: alone {rate_one:6.0f}/s, {cpu_one:5.2f} ms CPU; in runs of up to 16 {rate_many:6.0f}/s, "
                      f"{cpu_many:5.2f} ms CPU", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
