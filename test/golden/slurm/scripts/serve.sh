#!/usr/bin/env bash
# serve of nel-gsm8k-0a1b2c3d4e. Written by nel; by hand: sbatch /lustre/nel/gsm8k/serve.sh
#SBATCH --job-name=nel-gsm8k-0a1b2c3d4e-serve
#SBATCH --output=/lustre/nel/gsm8k/logs/serve.log
#SBATCH --open-mode=append
#SBATCH --time=02:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --partition=batch
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:4

# shellcheck disable=SC2317  # some functions are called by traps only
set -euo pipefail

log() { printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$*"; }

cd -- /lustre/nel/gsm8k
log "serve, job $SLURM_JOB_ID, node ${SLURMD_NODENAME:-$(hostname)}, rank ${SLURM_PROCID:-0}"

rm -f -- /lustre/nel/gsm8k/endpoint.txt

program=""
draining=""
drain() {
  draining=yes
  log "TERM: draining"
  if [[ -z $program ]]; then exit 0; fi
  kill -TERM "$program" 2>/dev/null || true
}
trap drain TERM
trap 'rm -f -- /lustre/nel/gsm8k/endpoint.txt' EXIT
nel serve -b gsm8k --port 0 -o /lustre/nel/gsm8k &
program=$!
# A trap ends the wait before the program has ended.
while kill -0 "$program" 2>/dev/null; do wait "$program" || true; done
code=0
wait "$program" || code=$?
program=""
if [[ -n $draining && $code -ne 0 ]]; then code=0; fi
exit "$code"
