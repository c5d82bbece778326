#!/usr/bin/env bash
# Shards of nel-gsm8k-0a1b2c3d4e, attempt 1. Written by nel; by hand: sbatch /lustre/nel/gsm8k/attempt-1/shards.sh
#SBATCH --job-name=nel-gsm8k-0a1b2c3d4e-a1
#SBATCH --output=/lustre/nel/gsm8k/logs/attempt-1-shard-%a.log
#SBATCH --open-mode=append
#SBATCH --time=02:00:00
#SBATCH --no-requeue
#SBATCH --signal=B:TERM@120
#SBATCH --array=0
#SBATCH --partition=batch
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:4

# shellcheck disable=SC2317  # some functions are called by traps only
set -euo pipefail

log() { printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$*"; }

export NEL_SHARD_IDX=$SLURM_ARRAY_TASK_ID
export NEL_TOTAL_SHARDS=1
export NEL_ATTEMPT=1
cd -- /lustre/nel/gsm8k
mkdir -p -- attempt-1/status logs

finish() {
  local code=$?
  trap '' TERM
  log "exit code $code"
  printf '%s\n' "$code" >"attempt-1/status/shard-$NEL_SHARD_IDX"
  exit "$code"
}
trap finish EXIT

program=""
draining=""
drain() {
  draining=yes
  log "TERM: draining"
  if [[ -z $program ]]; then exit 75; fi
  kill -TERM "$program" 2>/dev/null || true
}
trap drain TERM

log "shard $NEL_SHARD_IDX of $NEL_TOTAL_SHARDS, attempt $NEL_ATTEMPT, job $SLURM_JOB_ID, node ${SLURMD_NODENAME:-$(hostname)}, rank ${SLURM_PROCID:-0}"

log "evaluating"
nel eval run config.yaml -o results &
program=$!
# A trap ends the wait before the program has ended.
while kill -0 "$program" 2>/dev/null; do wait "$program" || true; done
code=0
wait "$program" || code=$?
program=""
if [[ -n $draining && $code -ne 0 ]]; then code=75; fi
exit "$code"
