"""One evaluation as shards on a Ray cluster: every shard is a `nel` process in a Ray task, the driver merges what they leave.

The output directory has to be the same storage on all nodes (NFS and the like). A shard that fails is started again, on another node if need be,
and goes on from its journal. Keys come from the environment of the Ray nodes (NEMO_API_KEY), never from arguments, which Ray shows to everybody.

    import ray
    from ray_eval import merge, run_shard

    ray.init()
    shards = [
        run_shard.remote("gsm8k", shard_idx=i, total_shards=8, model_url=URL, model_id=MODEL, n_repeats=5, output_dir="/shared/results")
        for i in range(8)
    ]
    bundles = ray.get(shards)  # one a shard
    merge("/shared/results")
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Sequence

import ray

# nel's exit codes for usage, config and data: another attempt would end in the same way.
HOPELESS = 3


class ShardFailed(Exception):
    """A shard's process ended with an error that another attempt may not meet."""


class ShardRefused(Exception):
    """The shard's settings or data are wrong."""


def nel_command() -> list[str]:
    """How to call nel: NEL_COMMAND, in one or several words, else `nel`."""
    return shlex.split(os.environ.get("NEL_COMMAND", "nel"))


def shard_arguments(
    benchmark: str, model_url: str, model_id: str, n_repeats: int, output_dir: str, nel_args: Sequence[str] = ()
) -> list[str]:
    """The arguments of `nel eval run`, the same for all shards: which share is its own, a process learns from its environment."""
    return [
        *("eval", "run", "--bench", benchmark, "--repeats", str(n_repeats)),
        *("--model-url", model_url, "--model-id", model_id, "--output-dir", output_dir, *nel_args),
    ]


def evaluate_shard(arguments: Sequence[str], shard_idx: int, total_shards: int) -> None:
    """Runs one shard to its end on this machine. Raises ShardRefused or ShardFailed."""
    environment = {**os.environ, "NEL_SHARD_IDX": str(shard_idx), "NEL_TOTAL_SHARDS": str(total_shards)}
    # Its output goes to the task's log, which Ray keeps and the dashboard shows.
    code = subprocess.run([*nel_command(), *arguments], env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    if code == 0:
        return
    error = ShardRefused if code == HOPELESS else ShardFailed
    raise error(f"shard {shard_idx} of {total_shards} ended with exit code {code}")


def shard_bundle(output_dir: str, shard_idx: int) -> dict[str, Any] | None:
    """The bundle that a shard left; None for a shard without problems."""
    bundles = sorted(path for path in Path(output_dir).rglob("eval-*.json") if f"shard_{shard_idx}" in path.parts)
    return json.loads(bundles[-1].read_text()) if bundles else None


# The work is done by the model's endpoint: a shard needs a processor to itself at most, and no GPU.
@ray.remote(num_cpus=1, max_retries=3, retry_exceptions=[ShardFailed])
def run_shard(
    benchmark: str,
    shard_idx: int,
    total_shards: int,
    model_url: str,
    model_id: str,
    n_repeats: int = 1,
    output_dir: str = "./eval_results/ray",
    nel_args: Sequence[str] = (),
) -> dict[str, Any] | None:
    """Evaluates problems of one shard. Returns its bundle; the files are under `output_dir`, which should be an absolute path."""
    arguments = shard_arguments(benchmark, model_url, model_id, n_repeats, output_dir, nel_args)
    evaluate_shard(arguments, shard_idx, total_shards)
    return shard_bundle(output_dir, shard_idx)


def merge(output_dir: str) -> None:
    """Makes one result of all shards, on this machine. Raises subprocess.CalledProcessError."""
    sys.stdout.flush()
    subprocess.run([*nel_command(), "eval", "merge", output_dir], stdin=subprocess.DEVNULL, check=True)
