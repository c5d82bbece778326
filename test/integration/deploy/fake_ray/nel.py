"""Stands in for `nel` under the Ray launcher: writes down how it was called and leaves a bundle. NEL_FAKE_EXITS='{"2": [4, 0]}' are the exit codes of
shard 2, attempt by attempt; 0 where nothing is said, "in use" for the refusal of a folder that another process holds, "killed" where the task's worker
is killed meanwhile. With NEL_FAKE_REAL, the command of the real one, that does what ends with 0."""

import json
import os
import shlex
import signal
import sys
import time
from pathlib import Path

args = sys.argv[1:]
shard = os.environ.get("NEL_SHARD_IDX")
out = Path(args[args.index("--output-dir") + 1] if "--output-dir" in args else args[-1])
out.mkdir(parents=True, exist_ok=True)
name = "merge" if shard is None or args[1] == "merge" else f"shard_{shard}"
calls = out / f"calls-{name}.jsonl"
attempt = len(calls.read_text().splitlines()) if calls.exists() else 0
with calls.open("a") as file:
    print(json.dumps({"args": args, "shard": shard, "total": os.environ.get("NEL_TOTAL_SHARDS")}), file=file)
exits = json.loads(os.environ.get("NEL_FAKE_EXITS", "{}")).get(shard if name != "merge" else "merge", [])
code = exits[min(attempt, len(exits) - 1)] if exits else 0
if code == "in use":
    print(f"error: {out} is in use by process 4711 on this-host", file=sys.stderr)
    sys.exit(3)
if code == "killed":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit((out / f"ended-{name}").touch()))
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
if code == 0 and "NEL_FAKE_REAL" in os.environ:
    command = shlex.split(os.environ["NEL_FAKE_REAL"])
    os.execvp(command[0], [*command, *args])
if code == 0 and name != "merge":
    folder = out / name / "gsm8k"
    folder.mkdir(parents=True)
    (folder / "eval-1.json").write_text(json.dumps({"shard": shard}))
sys.exit(code)
