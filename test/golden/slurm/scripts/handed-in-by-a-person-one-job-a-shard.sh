#!/usr/bin/env bash
# Hands in nel-gsm8k-0a1b2c3d4e: its shards, and the merge for when all of them have succeeded. Written by nel.
set -euo pipefail

cd -- /lustre/nel/gsm8k
mkdir -p logs

ids=()
for shard in 0 1 2; do
  id=$(sbatch --parsable --job-name=nel-gsm8k-0a1b2c3d4e-a1-s"$shard" attempt-1/shards.sh "$shard")
  ids+=("${id%%;*}")
done
jobs=$(IFS=:; printf '%s' "${ids[*]}")
sbatch --dependency="afterok:${jobs%%;*}" --kill-on-invalid-dep=yes merge.sh
printf 'jobs %s; then: squeue --me\n' "$jobs"
