#!/usr/bin/env bash
# Hands in nel-KEY-g0: its shards, and the merge for when all of them have succeeded. Written by nel.
set -euo pipefail

cd -- /lustre/me/nel/RUN
mkdir -p logs

jobs=$(sbatch --parsable attempt-1/shards.sh)
sbatch --dependency="afterok:${jobs%%;*}" --kill-on-invalid-dep=yes merge.sh
printf 'jobs %s; then: squeue --me\n' "$jobs"
