"""Evaluates a benchmark as shards on a Ray cluster and merges them; made for `ray job submit`.

    ray job submit --working-dir deploy -- python ray_launcher.py \\
        --bench gsm8k --shards 8 --repeats 5 --model-url https://… --model-id … --output-dir /shared/results

Flags of `nel eval run` follow behind `--`, for example `-- --max-problems 100 --seed 1`. Started again with the same output directory it goes on.
Exit codes: 0 done, 3 wrong settings or data, 4 a shard or the merge failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import Any, Sequence

import ray

from ray_eval import ShardFailed, ShardRefused, merge, place, run_shard


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The settings of a run; `nel_args` is what stands behind `--`. Ends the process with 3 where they are wrong."""
    end = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(description="Evaluates a benchmark as shards on a Ray cluster and merges them.")
    parser.error = lambda message: parser.exit(3, f"ray_launcher.py: {message}\n")  # type: ignore[method-assign]
    parser.add_argument("--bench", "--benchmark", required=True, help="a benchmark of nel")
    parser.add_argument("--shards", type=int, default=8, help="how many, of equal size (default: 8)")
    parser.add_argument("--repeats", type=int, default=1, help="answers to each problem (default: 1)")
    parser.add_argument("--model-url", required=True, help="OpenAI-compatible endpoint")
    parser.add_argument("--model-id", required=True, help="model name in requests")
    parser.add_argument("--output-dir", required=True, help="a folder on storage that all nodes share, or an s3:// address")
    settings = parser.parse_args(argv[:end])
    if settings.shards < 1:
        parser.error("--shards has to be 1 or more")
    settings.nel_args = list(argv[end + 1 :])
    try:
        settings.output_dir = place(settings.output_dir)
    except ValueError as error:
        parser.error(f"--output-dir {error}")
    return settings


def launch(settings: argparse.Namespace) -> list[Any]:
    """Starts a task for each shard and returns their futures, in order."""
    return [
        run_shard.remote(
            settings.bench,
            shard_idx=index,
            total_shards=settings.shards,
            model_url=settings.model_url,
            model_id=settings.model_id,
            n_repeats=settings.repeats,
            output_dir=settings.output_dir,
            nel_args=settings.nel_args,
        )
        for index in range(settings.shards)
    ]


def follow(futures: Sequence[Any]) -> int:
    """Waits for every shard, also when some fail: what they wrote is kept. Returns the exit code."""
    left, code = list(futures), 0
    while left:
        (done,), left = ray.wait(left, num_returns=1)
        index = futures.index(done)
        try:
            ray.get(done)
            print(f"shard {index}: done, {len(left)} to go", flush=True)
        # Ray raises what a task raised as an error that is of both classes.
        except ShardRefused as error:
            print(f"shard {index}: refused: {error}", file=sys.stderr, flush=True)
            code = 3
        except (ShardFailed, ray.exceptions.RayError) as error:
            print(f"shard {index}: failed: {error}", file=sys.stderr, flush=True)
            code = code or 4
    return code


def main(argv: Sequence[str]) -> int:
    settings = parse(argv)
    ray.init()
    print(f"{settings.shards} shards of {settings.bench} to {settings.output_dir}", flush=True)
    code = follow(launch(settings))
    if code != 0:
        print("not merged; start it again to go on with the shards that failed", file=sys.stderr)
        return code
    try:
        merge(settings.output_dir)
    except subprocess.CalledProcessError as error:
        print(f"the merge ended with exit code {error.returncode}", file=sys.stderr)
        return error.returncode if error.returncode in (3, 4) else 4
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
