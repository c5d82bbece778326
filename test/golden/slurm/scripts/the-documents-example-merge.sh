#!/usr/bin/env bash
# merge of nel-KEY-g0. Written by nel; by hand: sbatch /lustre/me/nel/RUN/merge.sh
#SBATCH --job-name=nel-KEY-g0-merge
#SBATCH --output=/lustre/me/nel/RUN/logs/merge.log
#SBATCH --open-mode=append
#SBATCH --time=04:00:00
#SBATCH --kill-on-invalid-dep=yes
#SBATCH --partition=batch
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:4

# shellcheck disable=SC2317  # some functions are called by traps only
# shellcheck disable=SC1090,SC1091  # setup lines may read files that are on the cluster only
set -euo pipefail

log() { printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$*"; }

cd -- /lustre/me/nel/RUN
log "merge, job $SLURM_JOB_ID, node ${SLURMD_NODENAME:-$(hostname)}, rank ${SLURM_PROCID:-0}"

set +u
module load cuda
source /lustre/me/venv/bin/activate
set -u

exec nel eval merge out
