/** The fixed parts of job scripts: functions of bash 4.2 and later, without any program that a compute node may lack. */

/** What every script begins with, after its directives. Lines of the user's own may source files that are only there. */
export const PRELUDE = (hasSetup: boolean): string => `# shellcheck disable=SC2317  # some functions are called by traps only
${hasSetup ? '# shellcheck disable=SC1090,SC1091  # setup lines may read files that are on the cluster only\n' : ''}set -euo pipefail

log() { printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\\n' -1 "$*"; }`;

export const SERVICE_FUNCTIONS = `# Process groups of the services that this job started, their names and their logs.
services=()
service_names=()
service_logs=()

# TERM to all of them, and KILL to what is left after 20 seconds.
stop_services() {
  local group
  for group in \${services[@]+"\${services[@]}"}; do kill -TERM -- "-$group" 2>/dev/null || true; done
  for group in \${services[@]+"\${services[@]}"}; do
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

# take_port HOST FIRST STEP: sets \`port\` to the first from FIRST on, in steps, that nothing listens on and no job of this user has taken:
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
    printf 'GET %s HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n' "$3" "$1" >&3
    IFS=' ' read -r -t 5 _ status _ <&3 || exit 1
    [[ $status == 200* ]]
  ) 2>/dev/null
}

# lost_service: whether a service has ended; the log then says which one, with the end of its own.
lost_service() {
  local i code=0
  for i in "\${!services[@]}"; do
    if kill -0 "\${services[i]}" 2>/dev/null; then continue; fi
    wait "\${services[i]}" || code=$?
    log "service \${service_names[i]} has ended with exit code $code; the end of \${service_logs[i]}:"
    tail -n 20 -- "\${service_logs[i]}" || true
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
}`;

/** Ends a script whatever way it ends: services stopped, exit code left where it can be found without accounting. */
export const FINISH = (hasServices: boolean, statusFile: string | null): string =>
  [
    'finish() {',
    '  local code=$?',
    "  trap '' TERM",
    ...(hasServices ? ['  stop_services'] : []),
    '  log "exit code $code"',
    ...(statusFile === null ? [] : [`  printf '%s\\n' "$code" >"${statusFile}"`]),
    '  exit "$code"',
    '}',
    'trap finish EXIT',
  ].join('\n');

/** Slurm's TERM, some time before it kills: the program drains, then the script ends with the code that says "go on later". */
export const DRAIN = (drainedCode: number): string => `program=""
draining=""
drain() {
  draining=yes
  log "TERM: draining"
  if [[ -z $program ]]; then exit ${drainedCode}; fi
  kill -TERM "$program" 2>/dev/null || true
}
trap drain TERM`;

/** Waits for the program in the background: only then bash runs the trap at once. */
export const AWAIT_PROGRAM = (drainedCode: number): string => `program=$!
# A trap ends the wait before the program has ended.
while kill -0 "$program" 2>/dev/null; do wait "$program" || true; done
code=0
wait "$program" || code=$?
program=""
if [[ -n $draining && $code -ne 0 ]]; then code=${drainedCode}; fi
exit "$code"`;

/**
 * The same beside services: one that ends before the program ends the job with a failure, whatever the program makes of it. Otherwise it
 * would wait for the endpoint until the walltime, or be answered by whoever takes the port next.
 */
export const AWAIT_PROGRAM_AND_SERVICES = (drainedCode: number): string => `program=$!
lost=""
while kill -0 "$program" 2>/dev/null; do
  # A trap ends the wait.
  sleep 1 &
  wait $! || true
  if [[ -n $lost ]]; then
    if ((SECONDS >= lost + ${ENDING_SECONDS})); then kill -KILL "$program" 2>/dev/null || true; fi
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
  code=${drainedCode}
fi
exit "$code"`;

/** Until a program that lost its service and was told to end is killed: calls to other services may still come back. */
const ENDING_SECONDS = 60;
