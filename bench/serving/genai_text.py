"""Text by OpenVINO GenAI's continuous batching; run by text.py with the importer's Python.

    python genai_text.py VERSION, and on stdin JSON {"prompts": [...], "tokens": 128, "sequences": [1, 8, 32], "threads": 2}

Prints a JSON line for each number of sequences: {"sequences", "tokens_per_second", "first_token_ms"}."""

import json
import sys
import time

import openvino_genai as genai


def pipeline_of(version: str, threads: int) -> genai.ContinuousBatchingPipeline:
    scheduler = genai.SchedulerConfig()
    scheduler.cache_size, scheduler.max_num_batched_tokens = 1, 256
    scheduler.enable_prefix_caching = True
    return genai.ContinuousBatchingPipeline(
        version, scheduler_config=scheduler, device="CPU",
        properties={"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads},
    )


def measure(pipeline, prompts: list[str], tokens: int, first_id: int) -> tuple[float, float]:
    """Tokens a second, and the median time to a first token, of all prompts begun at once."""
    config = genai.GenerationConfig(max_new_tokens=tokens, do_sample=False, ignore_eos=True)
    began = time.perf_counter()
    open_ = {first_id + index: pipeline.add_request(first_id + index, prompt, config) for index, prompt in enumerate(prompts)}
    firsts, made = {}, 0
    while pipeline.has_non_finished_requests():
        pipeline.step()
        now = time.perf_counter()
        for number, handle in open_.items():
            while handle.can_read():
                for output in handle.read().values():
                    made += len(output.generated_ids)
                    firsts.setdefault(number, now - began)
    times = sorted(firsts.values())
    return made / (time.perf_counter() - began), 1000 * times[len(times) // 2]


def main() -> None:
    wanted = json.load(sys.stdin)
    pipeline = pipeline_of(sys.argv[1], wanted["threads"])
    measure(pipeline, wanted["prompts"][:4], 16, 0)
    for number, sequences in enumerate(wanted["sequences"], 1):
        prompts = [wanted["prompts"][index % len(wanted["prompts"])] for index in range(sequences)]
        rate, first = measure(pipeline, prompts, wanted["tokens"], 10_000 * number)
        print(json.dumps({"sequences": sequences, "tokens_per_second": rate, "first_token_ms": first}), flush=True)


if __name__ == "__main__":
    main()
