/** The fixed parts of job scripts: functions of bash 4.2 and later, without any program that a compute node may lack. */

/** What every script begins with, after its directives. */
export const PRELUDE = `# shellcheck disable=SC2317  # some functions are called by traps only
set -euo pipefail

log() { printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\\n' -1 "$*"; }`;

export const SERVICE_FUNCTIONS = `# Process groups of the services that this job started.
services=()

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

# free_port FIRST STEP: the first port from FIRST on, in steps, that nothing listens on.
free_port() {
  local port=$1
  while listens 127.0.0.1 "$port"; do
    port=$((port + $2))
    if ((port > 65535)); then
      log "no free port from $1 on" >&2
      exit 69
    fi
  done
  printf '%s\\n' "$port"
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

# await_service NAME PROCESS HOST PORT PATH SECONDS LOG: until it answers; the job ends if it dies or takes too long.
await_service() {
  local deadline=$((SECONDS + $6))
  until answers "$3" "$4" "$5"; do
    if ! kill -0 "$2" 2>/dev/null; then
      log "service $1 ended before it answered; the end of $7:"
      tail -n 20 -- "$7" || true
      exit 69
    fi
    if ((SECONDS >= deadline)); then
      log "service $1 did not answer $5 within $6 s; the end of $7:"
      tail -n 20 -- "$7" || true
      exit 69
    fi
    sleep 1
  done
  log "service $1 answers on $3:$4"
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
