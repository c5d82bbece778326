#!/usr/bin/env bash
# Stops what up.sh started in the same $NEL_SLURM_LAB, and nothing else. With --purge its jobs end and its directory goes too.
set -uo pipefail

lab=${NEL_SLURM_LAB:-/tmp/nel-slurm-lab-$(id -u)}
export SLURM_CONF=$lab/etc/slurm.conf
[[ -f $SLURM_CONF ]] || exit 0

# number NAME: the process of that pid file, if it still is that daemon.
number() {
  local pid
  pid=$(tr -dc 0-9 2>/dev/null <"$lab/run/$1.pid") || return 1
  [[ -n $pid && $(cat "/proc/$pid/comm" 2>/dev/null) == "${1%%-*}" ]] && echo "$pid"
}

# stop NAME: TERM, and KILL after five seconds.
stop() {
  local pid
  pid=$(number "$1") || return 0
  kill "$pid" 2>/dev/null
  for _ in {1..50}; do
    number "$1" >/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null
}

if [[ ${1-} == --purge ]]; then
  timeout 10 scancel --user="$(id -un)" 2>/dev/null
  for _ in {1..50}; do
    [[ -z $(timeout 5 squeue --noheader 2>/dev/null) ]] && break
    sleep 0.1
  done
fi
stop sshd
for file in "$lab"/run/slurmd-*.pid; do
  if [[ -e $file ]]; then stop "$(basename "$file" .pid)"; fi
done
for daemon in slurmctld slurmdbd mariadbd munged; do stop "$daemon"; done
if [[ ${1-} == --purge ]]; then rm -rf -- "$lab"; fi
exit 0
