#!/usr/bin/env bash
# Hands in nel-gsm8k-0a1b2c3d4e: its shards, and the merge for when all of them have succeeded. Written by nel.
set -euo pipefail

cd -- /lustre/nel/gsm8k
mkdir -p logs

ids=()
for shard in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  # At most 2 at once: each waits for the end of the one 2 before it.
  turn=()
  if ((${#ids[@]} >= 2)); then turn=("--dependency=afterany:${ids[${#ids[@]} - 2]}"); fi
  id=$(sbatch --parsable --job-name=nel-gsm8k-0a1b2c3d4e-a1-s"$shard" ${turn[@]+"${turn[@]}"} attempt-1/shards.sh "$shard")
  ids+=("${id%%;*}")
done
jobs=$(IFS=:; printf '%s' "${ids[*]}")
sbatch --dependency="afterok:${jobs%%;*}" --kill-on-invalid-dep=yes merge.sh
printf 'jobs %s; then: squeue --me\n' "$jobs"
