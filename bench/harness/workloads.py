"""What is measured: the load, the unit its cost is given in, and who takes part."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    load: str  # arguments of bench-generator
    unit: str = "call"
    tls: bool = False
    raw: bool = True  # whether the bare protocol can do it
    latency: bool = False  # what the table shows beside the CPU
    memory: str = ""  # the generator's figure, in place of CPU; on a fresh server
    resumes: bool = False  # TLS sessions, where the server offers them
    client: bool = False  # what the peer's client costs, calling another's server; `load` are its arguments


PREDICT = "--method Predict"

WORKLOADS = [
    Workload("unary", "unary, 1 feature, 10 connections × 100 in flight", f"{PREDICT} --connections 10 --in-flight 100"),
    Workload("unary-1x100", "unary, 1 feature, 1 connection × 100 in flight", f"{PREDICT} --in-flight 100"),
    Workload("unary-tls", "unary, 1 feature, 1 × 100, TLS 1.3", f"{PREDICT} --in-flight 100 --tls", tls=True, raw=False),
    Workload("floats", "unary, 512 floats, 1 × 100", f"{PREDICT} --in-flight 100 --features 512"),
    Workload("one-in-flight", "unary, 1 feature, 1 in flight", f"{PREDICT}", latency=True),
    Workload("open-10k", "unary, 1 feature, 10,000 a second, open loop", f"{PREDICT} --load open --rate 10000", latency=True),
    Workload("generate", "Generate, 128 tokens, 50 in flight", "--method Generate --max-tokens 128 --in-flight 50", unit="token"),
    Workload(
        "streaming", "StreamingPredict, 10 streams × 16 messages in flight",
        "--method StreamingPredict --load streams --streams 10 --in-flight 16", unit="message", raw=False,
    ),
    Workload("large", "unary, 4 MiB of raw_input, 4 in flight", f"{PREDICT} --features 0 --raw-bytes {4 << 20} --in-flight 4"),
    Workload("batch", "BatchPredict, 64 × 512 floats, 8 in flight", "--method BatchPredict --batch 64 --features 512 --in-flight 8"),
    Workload("churn", "connect, one call, close; 10 at once", f"{PREDICT} --load churn --connections 10", unit="connection", raw=False),
    Workload(
        "churn-tls", "the same over TLS 1.3, full handshakes", f"{PREDICT} --load churn --connections 10 --tls",
        unit="connection", tls=True, raw=False,
    ),
    Workload(
        "churn-resumed", "the same, taking up TLS sessions", f"{PREDICT} --load churn --connections 10 --tls --resume",
        unit="connection", tls=True, raw=False, resumes=True,
    ),
    Workload("client", "the client's CPU: unary, 1 feature, 1 connection × 100 in flight", "--in-flight 100", raw=False, client=True),
    Workload(
        "idle-connections", "memory of 1,000 idle connections, after one call each",
        f"{PREDICT} --load idle --connections 1000 --streams 0", unit="connection", raw=False, memory="bytes_per_connection",
    ),
    Workload(
        "idle-streams", "memory of 50 × 100 idle streams, after one message each way",
        "--method StreamingPredict --load idle --connections 50 --streams 100", unit="stream", raw=False,
        memory="bytes_per_stream",
    ),
]
BY_NAME = {workload.name: workload for workload in WORKLOADS}
# A look at everything that counts, in a few minutes.
SHORT = ["unary", "unary-1x100", "floats", "one-in-flight", "open-10k", "generate", "streaming", "large", "batch", "client"]


def chosen(names: str) -> list[Workload]:
    """The workloads of a list of names with commas between them, or all. ValueError for a name that is none."""
    wanted = list(BY_NAME) if names == "all" else [name for name in names.split(",") if name]
    unknown = [name for name in wanted if name not in BY_NAME]
    if unknown or not wanted:
        raise ValueError(f"no such workload: {', '.join(unknown) or repr(names)}; there are {', '.join(BY_NAME)}")
    return [BY_NAME[name] for name in wanted]
