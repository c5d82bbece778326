#!/usr/bin/env bash
# Shards of nel-gsm8k-0a1b2c3d4e, attempt 1. Written by nel; by hand: sbatch /lustre/nel/gsm8k/attempt-1/shards.sh
#SBATCH --job-name=nel-gsm8k-0a1b2c3d4e-a1
#SBATCH --output=/lustre/nel/gsm8k/logs/attempt-1-shard-%a.log
#SBATCH --open-mode=append
#SBATCH --time=02:00:00
#SBATCH --no-requeue
#SBATCH --signal=B:TERM@120
#SBATCH --array=0-15
#SBATCH --partition=batch
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gres=gpu:4

# shellcheck disable=SC2317  # some functions are called by traps only
set -euo pipefail

log() { printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$*"; }

export NEL_SHARD_IDX=$SLURM_ARRAY_TASK_ID
export NEL_TOTAL_SHARDS=16
export NEL_ATTEMPT=1
cd -- /lustre/nel/gsm8k
mkdir -p -- attempt-1/status logs

# Process groups of the services that this job started, their names and their logs.
services=()
service_names=()
service_logs=()

# TERM to all of them, and KILL to what is left after 20 seconds.
stop_services() {
  local group
  for group in ${services[@]+"${services[@]}"}; do kill -TERM -- "-$group" 2>/dev/null || true; done
  for group in ${services[@]+"${services[@]}"}; do
    for _ in {1..100}; do
      kill -0 -- "-$group" 2>/dev/null || break
      sleep 0.2
    done
    kill -KILL -- "-$group" 2>/dev/null || true
  done
}

# listens HOST PORT: whether something takes connections there.
listens() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# lock_port HOST PORT: whether this job may have the port; the lock goes with the job. Without a place for locks it may.
lock_port() {
  local lock code=0 folder=/tmp
  # On many clusters /tmp is the job's own.
  if [[ -w /var/tmp ]]; then folder=/var/tmp; fi
  { exec {lock}>>"$folder/nel-$UID-$1-$2.lock"; } 2>/dev/null || return 0
  flock -n "$lock" 2>/dev/null || code=$?
  if ((code != 1)); then return 0; fi
  exec {lock}>&-
  return 1
}

# take_port HOST FIRST STEP: sets `port` to the first from FIRST on, in steps, that nothing listens on and no job of this user has taken:
# servers hold their port for minutes before they listen.
take_port() {
  port=$2
  until ! listens "$1" "$port" && lock_port "$1" "$port"; do
    port=$((port + $3))
    if ((port > 65535)); then
      log "no free port from $2 on"
      exit 69
    fi
  done
}

# answers HOST PORT PATH: whether http://HOST:PORT/PATH says 200.
answers() {
  (
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$3" "$1" >&3
    IFS=' ' read -r -t 5 _ status _ <&3 || exit 1
    [[ $status == 200* ]]
  ) 2>/dev/null
}

# lost_service: whether a service has ended; the log then says which one, with the end of its own.
lost_service() {
  local i code=0
  for i in "${!services[@]}"; do
    if kill -0 "${services[i]}" 2>/dev/null; then continue; fi
    wait "${services[i]}" || code=$?
    log "service ${service_names[i]} has ended with exit code $code; the end of ${service_logs[i]}:"
    tail -n 20 -- "${service_logs[i]}" || true
    return 0
  done
  return 1
}

# await_service NAME HOST PORT PATH SECONDS LOG: until it answers; the job ends if that takes too long or a service ends.
await_service() {
  local deadline=$((SECONDS + $5))
  until answers "$2" "$3" "$4"; do
    if lost_service; then exit 69; fi
    if ((SECONDS >= deadline)); then
      log "service $1 did not answer $4 within $5 s; the end of $6:"
      tail -n 20 -- "$6" || true
      exit 69
    fi
    sleep 1
  done
  # Where ours has ended, another's has answered.
  if lost_service; then exit 69; fi
  log "service $1 answers on $2:$3"
}

finish() {
  local code=$?
  trap '' TERM
  stop_services
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

# Service my-judge.
my_judge_host=127.0.0.1
take_port "$my_judge_host" $((8000 + NEL_SHARD_IDX)) 16
my_judge_port=$port
my_judge_log=logs/attempt-1-shard-$NEL_SHARD_IDX-my_judge.log
log "service my_judge starts on $my_judge_host:$my_judge_port; its log is $my_judge_log"
setsid apptainer exec --nv --bind /lustre/nel/gsm8k:/lustre/nel/gsm8k --pwd /lustre/nel/gsm8k /lustre/images/eval.sif python3 -m server --port="$my_judge_port" --model 'org/judge model' "--note=it's" >>"$my_judge_log" 2>&1 &
services+=($!)
service_names+=(my_judge)
service_logs+=("$my_judge_log")
await_service my_judge "$my_judge_host" "$my_judge_port" /health 1800 "$my_judge_log"
export NEL_SERVICE_MY_JUDGE_URL="http://${my_judge_host}:${my_judge_port}/v1"
export NEMO_MODEL_URL="http://${my_judge_host}:${my_judge_port}/v1"
export NEMO_MODEL_ID='org/judge model'

log "evaluating"
apptainer exec --nv --bind /lustre/nel/gsm8k:/lustre/nel/gsm8k --pwd /lustre/nel/gsm8k /lustre/images/eval.sif nel eval run config.yaml -o results &
program=$!
lost=""
while kill -0 "$program" 2>/dev/null; do
  # A trap ends the wait.
  sleep 1 &
  wait $! || true
  if [[ -n $lost ]]; then
    if ((SECONDS >= lost + 60)); then kill -KILL "$program" 2>/dev/null || true; fi
  elif [[ -z $draining ]] && lost_service; then
    lost=$SECONDS
    log "the evaluation ends with it"
    kill -TERM "$program" 2>/dev/null || true
  fi
done
code=0
wait "$program" || code=$?
trap '' TERM
if [[ -z $lost && -z $draining ]] && lost_service; then lost=$SECONDS; fi
if [[ -n $lost ]]; then
  code=69
elif [[ -n $draining && $code -ne 0 ]]; then
  code=75
fi
exit "$code"
