#!/usr/bin/env bash
# merge of nel-gsm8k-0a1b2c3d4e. Written by nel; by hand: sbatch /lustre/nel/gsm8k/merge.sh
#SBATCH --job-name=nel-gsm8k-0a1b2c3d4e-merge
#SBATCH --output=/lustre/nel/gsm8k/logs/merge.log
#SBATCH --open-mode=append
#SBATCH --time=00:30:00
#SBATCH --kill-on-invalid-dep=yes
#SBATCH --partition=batch
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:4

# shellcheck disable=SC2317  # some functions are called by traps only
set -euo pipefail

log() { printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$*"; }

cd -- /lustre/nel/gsm8k
log "merge, job $SLURM_JOB_ID, node ${SLURMD_NODENAME:-$(hostname)}, rank ${SLURM_PROCID:-0}"

exec nel eval merge results
