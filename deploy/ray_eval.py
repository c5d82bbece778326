"""One evaluation as shards on a Ray cluster: every shard is a `nel` process in a Ray task, the driver merges what they leave.

The output directory has to be the same storage on all nodes (NFS and the like), or an s3:// address. A shard that fails is started again, on another
node if need be, and goes on from its journal. One whose task is killed ends with it (on Linux). Keys come from the environment of the Ray nodes (NEMO_API_KEY), never from arguments, which Ray shows to everybody.

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
import time
from collections import deque
from pathlib import Path
from typing import Any, Sequence

import ray

# nel's exit codes for usage, config and data: another attempt would end in the same way.
HOPELESS = 3
# But for one: a killed task's process is still ending, and holds the shard's folder while its calls in flight finish.
IN_USE = " is in use by "
# Seconds until such a process is taken for somebody else's, and between two attempts.
IN_USE_LIMIT_S = 120.0
IN_USE_PAUSE_S = 2.0
# Lines of an error that are kept to be looked at.
LAST_LINES = 20
# Turns into the command behind it, which then ends when its parent does: Ray kills a task's worker (out of memory, for one), and what that has started
# would go on, and go on paying. Said by the child itself, since nothing but a new program is safe in a fork of a worker, which has threads. Linux only.
END_WITH_PARENT = f"""
import ctypes, os, signal, sys
set_parent_death_signal = 1
parent, *command = sys.argv[1:]
if sys.platform.startswith("linux"):
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit("the task that started this shard is gone")
try:
    os.execvp(command[0], command)
except OSError as error:
    print(f"{{command[0]}}: {{error.strerror}} (NEL_COMMAND says how nel is called)", file=sys.stderr)
    sys.exit({HOPELESS})
"""


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
    code, said = run_to_end([*nel_command(), *arguments], environment)
    deadline = time.monotonic() + IN_USE_LIMIT_S
    while code == HOPELESS and IN_USE in said and time.monotonic() < deadline:
        time.sleep(IN_USE_PAUSE_S)
        code, said = run_to_end([*nel_command(), *arguments], environment)
    if code == 0:
        return
    error = ShardRefused if code == HOPELESS else ShardFailed
    raise error(f"shard {shard_idx} of {total_shards} ended with exit code {code}")


def run_to_end(command: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
    """Runs a process that ends with this one. Returns its exit code and the last lines of its standard error.

    All that it prints goes to the task's log, which Ray keeps and the dashboard shows.
    """
    sys.stdout.flush()
    words = [sys.executable, "-c", END_WITH_PARENT, str(os.getpid()), *command]
    process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    last: deque[str] = deque(maxlen=LAST_LINES)
    try:
        for line in process.stderr:
            last.append(line)
            print(line, end="", file=sys.stderr, flush=True)
        return process.wait(), "".join(last)
    finally:
        # A task that is cancelled: calls in flight may finish.
        if process.poll() is None:
            process.terminate()
            process.wait()


def place(output_dir: str) -> str:
    """An address (s3://…) as it is, a folder as an absolute path, because tasks may run in folders of their own.

    Raises ValueError for a folder in the copy of the working directory that Ray makes for a job: it is removed with the job.
    """
    if "://" in output_dir:
        return output_dir
    folder = Path(output_dir).resolve()
    if any(part.startswith("_ray_pkg_") for part in folder.parts):
        raise ValueError(f"{output_dir} lies in the temporary folder that Ray runs the job in: name an absolute path or an s3:// address")
    return str(folder)


def shard_bundle(output_dir: str, shard_idx: int) -> dict[str, Any] | None:
    """The bundle that a shard left in a folder; None for a shard without problems, and for one whose files are at an address."""
    if "://" in output_dir:
        return None
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
    """Evaluates problems of one shard. Returns its bundle, if it is in a folder; the files are under `output_dir`.

    That should be an absolute path or an s3:// address: a relative one is looked for where the task runs, and refused where Ray removes it afterwards.
    """
    try:
        output_dir = place(output_dir)
    except ValueError as error:
        raise ShardRefused(str(error)) from None
    arguments = shard_arguments(benchmark, model_url, model_id, n_repeats, output_dir, nel_args)
    evaluate_shard(arguments, shard_idx, total_shards)
    return shard_bundle(output_dir, shard_idx)


def merge(output_dir: str) -> None:
    """Makes one result of all shards, on this machine. Raises subprocess.CalledProcessError."""
    sys.stdout.flush()
    subprocess.run([*nel_command(), "eval", "merge", output_dir], stdin=subprocess.DEVNULL, check=True)
