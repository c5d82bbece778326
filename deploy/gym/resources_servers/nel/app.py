"""The resources server `nel` as NeMo Gym starts it: turns into `nel serve --gym-compat`, or stands in for one that runs elsewhere.

Gym starts every server of its config by an entrypoint in Python and ends when one of them does. This one reads its own part of the
config that Gym hands over, then replaces itself by `nel serve` on the port that Gym chose. With `external: true` it starts nothing and
only stays, because the config's `host` and `port` name a server that is already there.
"""

import ctypes
import os
import shlex
import signal
import sys
import threading

CONFIG = "NEMO_GYM_CONFIG_DICT"
CONFIG_PATH = "NEMO_GYM_CONFIG_PATH"


def own_config() -> dict:
    """This server's part of the config: `<top-level name>.resources_servers.nel`."""
    import yaml

    config = yaml.safe_load(os.environ[CONFIG])
    return config[os.environ[CONFIG_PATH]]["resources_servers"]["nel"]


def serve_command(config: dict) -> list[str]:
    """`nel serve` with the benchmark and address of the config; `nel_command` and `nel_args` are split as a shell would."""
    command = shlex.split(config.get("nel_command") or os.environ.get("NEL_COMMAND") or "nel")
    address = ["--host", str(config["host"]), "--port", str(config["port"])]
    return [*command, "serve", "-b", str(config["benchmark"]), "--gym-compat", *address, *shlex.split(config.get("nel_args") or "")]


def end_with_parent() -> None:
    """Gym kills the shell between it and its servers, which would leave them running. Linux only; elsewhere they are left to the user."""
    if not sys.platform.startswith("linux"):
        return
    set_parent_death_signal = 1
    parent = os.getppid()
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")


def main() -> None:
    config = own_config()
    end_with_parent()
    if config.get("external"):
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        stop.wait()
        return
    command = serve_command(config)
    print("starting", shlex.join(command), flush=True)
    # What Gym's servers are told of its config is none of nel's business.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEMO_GYM_CONFIG")}
    os.execvpe(command[0], command, environment)


if __name__ == "__main__":
    main()
