#!/usr/bin/env bash
# Hands in nel-gsm8k-0a1b2c3d4e: its shards, and the merge for when all of them have succeeded. Written by nel.
set -euo pipefail

cd -- /lustre/nel/gsm8k
mkdir -p logs

# Only this user can read them, and each job removes its own.
umask 077
mkdir -p attempt-1/secrets
for shard in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  for name in HF_TOKEN NVIDIA_API_KEY; do
    printf 'export %s=%q\n' "$name" "${!name:?is not set here, and the jobs need it}"
  done >attempt-1/secrets/shard-"$shard".env
done
umask 022

jobs=$(sbatch --parsable attempt-1/shards.sh)
sbatch --dependency="afterok:${jobs%%;*}" --kill-on-invalid-dep=yes merge.sh
printf 'jobs %s; then: squeue --me\n' "$jobs"
