#!/usr/bin/env bash
# Starts a whole Slurm cluster on this host for the tests: accounting, a controller, a few nodes and an sshd as the login node.
#
#   up.sh            start what is not running yet; print the coordinates of the login node (also in $NEL_SLURM_LAB/lab.env)
#   down.sh          stop it again
#
# Nothing but the programs is needed: no systemd, no container, no cgroups, no root (as another user, Slurm runs that user's jobs only).
# All daemons listen on the loopback address, all files are in one directory. Debian:
#   apt-get install -y slurm-wlm slurmdbd munge openssh-server openssh-client mariadb-server
#
# Settings:
#   NEL_SLURM_LAB        directory of the lab                            [/tmp/nel-slurm-lab-<uid>]
#   NEL_SLURM_LAB_PORT   first of the 20 ports that it takes             [27700]
#   NEL_SLURM_LAB_NODES  nodes, at most 8                                [4]
set -euo pipefail

lab=${NEL_SLURM_LAB:-/tmp/nel-slurm-lab-$(id -u)}
port=${NEL_SLURM_LAB_PORT:-27700}
nodes=${NEL_SLURM_LAB_NODES:-4}
me=$(id -un)
host=$(hostname -s)
last=$((nodes - 1))
export PATH=$PATH:/usr/sbin:/sbin
export SLURM_CONF=$lab/etc/slurm.conf

fail() {
  printf 'slurm lab: %s\n' "$*" >&2
  exit 1
}

for program in munged mariadbd mariadb-install-db slurmdbd slurmctld slurmd sbatch sshd ssh-keygen; do
  command -v "$program" >/dev/null || fail "$program is missing; install slurm-wlm slurmdbd munge openssh-server openssh-client mariadb-server"
done

# alive NAME: the daemon of that pid file runs (and its number was not given to another program).
alive() {
  local number
  number=$(tr -dc 0-9 2>/dev/null <"$lab/run/$1.pid") || return 1
  [[ -n $number && $(cat "/proc/$number/comm" 2>/dev/null) == "${1%%-*}" ]]
}

# eventually WHAT COMMAND…: tries for half a minute.
eventually() {
  local what=$1
  shift
  for _ in {1..300}; do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  fail "$what does not come up; see $lab/log"
}

mkdir -p "$lab"/{etc,log,run,ssh,gpu,tmp} "$lab"/{state,database}
chmod 755 "$lab" "$lab"/{etc,log,run}
chmod 700 "$lab"/{state,database,ssh}

start_munge() {
  alive munged && return
  [[ -s $lab/etc/munge.key ]] || (umask 077 && head -c 1024 /dev/urandom >"$lab/etc/munge.key")
  rm -f "$lab"/run/munge.socket*
  # --force: a directory above may be writable for all, as /tmp is.
  munged --force --key-file="$lab/etc/munge.key" --socket="$lab/run/munge.socket" --pid-file="$lab/run/munged.pid" \
    --log-file="$lab/log/munged.log" --seed-file="$lab/run/munge.seed" 2>"$lab/log/munged.start" || fail "munged: $(cat "$lab/log/munged.start")"
  eventually munged munge --no-input --socket="$lab/run/munge.socket"
}

# Slurm listens where the host's name leads: on the loopback address only if the name leads there.
address=$(getent ahosts "$host" 2>/dev/null | awk '$1 ~ /^127\./ { print $1; exit }') || true
only_loopback=""
if [[ -n $address ]]; then only_loopback=CommunicationParameters=NoInAddrAny,NoCtldInAddrAny; fi
address=${address:-127.0.0.1}

write_configuration() {
  local node gpu
  # Any character device passes for a GPU.
  for gpu in 0 1 2 3; do ln -sfn /dev/null "$lab/gpu/$gpu"; done
  printf 'NodeName=nel[0-%s] Name=gpu File=%s/gpu/[0-3]\n' "$last" "$lab" >"$lab/etc/gres.conf"
  cat >"$SLURM_CONF" <<CONF
ClusterName=nel
SlurmctldHost=$host($address)
SlurmctldPort=$port
SlurmUser=$me
SlurmdUser=$me
$only_loopback
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket=$lab/run/munge.socket,cred_expire=5
StateSaveLocation=$lab/state
SlurmdSpoolDir=$lab/spool-%n
SlurmctldPidFile=$lab/run/slurmctld.pid
SlurmdPidFile=$lab/run/slurmd-%n.pid
SlurmctldLogFile=$lab/log/slurmctld.log
SlurmdLogFile=$lab/log/slurmd-%n.log
# What needs cgroups or real hardware is off; nodes are what this file says they are.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SlurmdParameters=config_overrides
ReturnToService=2
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=5
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,sched_min_interval=50000,batch_sched_delay=0,bf_interval=2,bf_resolution=60,requeue_delay=1
# Short waits: a dead node is noticed in 10 s, a job that ignores TERM is killed after 3 s.
SlurmctldTimeout=10
SlurmdTimeout=10
BatchStartTimeout=10
KillWait=3
InactiveLimit=0
MinJobAge=60
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 1))
AccountingStoragePass=$lab/run/munge.socket
AccountingStoreFlags=job_comment
AccountingStorageTRES=gres/gpu
# As on shared clusters: an account must exist, and its limits hold.
AccountingStorageEnforce=associations,limits,qos
CONF
  for ((node = 0; node < nodes; node++)); do
    # The stock packages refuse two nodes of one host name: each gets a name that nobody looks up.
    printf 'NodeName=nel%s NodeHostName=nel%s NodeAddr=%s Port=%s CPUs=2 RealMemory=2000 Gres=gpu:4 State=UNKNOWN\n' \
      "$node" "$node" "$address" "$((port + 10 + node))"
  done >>"$SLURM_CONF"
  cat >>"$SLURM_CONF" <<CONF
PartitionName=batch Nodes=nel[0-$last] Default=YES MaxTime=04:00:00 DefaultTime=10 PriorityTier=1 State=UP
PartitionName=urgent Nodes=nel[0-$last] MaxTime=04:00:00 DefaultTime=10 PriorityTier=10 State=UP
PartitionName=closed Nodes=nel[0-$last] MaxTime=04:00:00 State=INACTIVE
CONF
}

sql() { mariadb --no-defaults --user=root --socket="$lab/run/mariadb.sock" "$@"; }

start_accounting() {
  # A MariaDB that starts removes the temporary tables of all others in the same folder.
  local -x TMPDIR=$lab/tmp
  if [[ ! -d $lab/database/mysql ]]; then
    mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --user="$me" --datadir="$lab/database" \
      >"$lab/log/mariadb-install.log" 2>&1 || fail "mariadb-install-db; see $lab/log"
  fi
  if ! alive mariadbd; then
    # A database that a power cut may empty is good enough here, and quick.
    setsid mariadbd --no-defaults --user="$me" --datadir="$lab/database" --bind-address=127.0.0.1 --port=$((port + 2)) \
      --socket="$lab/run/mariadb.sock" --pid-file="$lab/run/mariadbd.pid" --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 \
      --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --skip-log-bin --skip-name-resolve </dev/null >"$lab/log/mariadbd.log" 2>&1 &
  fi
  eventually mariadbd sql --execute='select 1'
  sql --execute="create database if not exists accounting; create user if not exists 'slurm'@'127.0.0.1' identified by 'slurm';
    grant all on accounting.* to 'slurm'@'127.0.0.1'"
  if ! alive slurmdbd; then
    (
      umask 077
      cat >"$lab/etc/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$lab/run/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$((port + 1))
${only_loopback%%,*}
SlurmUser=$me
PidFile=$lab/run/slurmdbd.pid
LogFile=$lab/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((port + 2))
StorageUser=slurm
StoragePass=slurm
StorageLoc=accounting
CONF
    )
    slurmdbd >"$lab/log/slurmdbd.start" 2>&1 || fail "slurmdbd; see $lab/log"
  fi
  eventually slurmdbd sacctmgr --noheader list cluster
  # The controller does not start in a cluster that accounting has never heard of. Each of these is a no-op the second time.
  sacctmgr --immediate add cluster nel >/dev/null 2>&1 || true
  sacctmgr --immediate add account research >/dev/null 2>&1 || true
  # An account that may have no CPU at all: its jobs wait for ever.
  sacctmgr --immediate add account broke GrpTRES=cpu=0 >/dev/null 2>&1 || true
  sacctmgr --immediate add user "$me" account=research DefaultAccount=research >/dev/null 2>&1 || true
  sacctmgr --immediate add user "$me" account=broke >/dev/null 2>&1 || true
}

start_slurm() {
  local node
  alive slurmctld || slurmctld >"$lab/log/slurmctld.start" 2>&1 || fail "slurmctld: $(tail -n 3 "$lab/log/slurmctld.start")"
  for ((node = 0; node < nodes; node++)); do
    mkdir -p "$lab/spool-nel$node"
    alive "slurmd-nel$node" || slurmd -N "nel$node" >"$lab/log/slurmd-nel$node.start" 2>&1 || fail "slurmd of nel$node; see $lab/log"
  done
}

start_sshd() {
  local key
  for key in host client; do
    [[ -s $lab/ssh/$key ]] || ssh-keygen -q -t ed25519 -N '' -C "nel-lab-$key" -f "$lab/ssh/$key"
  done
  cp "$lab/ssh/client.pub" "$lab/ssh/authorized_keys"
  printf '[127.0.0.1]:%s %s\n' $((port + 3)) "$(cut -d' ' -f1,2 "$lab/ssh/host.pub")" >"$lab/ssh/known_hosts"
  cat >"$lab/etc/sshd_config" <<CONF
ListenAddress 127.0.0.1:$((port + 3))
HostKey $lab/ssh/host
PidFile $lab/run/sshd.pid
AuthorizedKeysFile $lab/ssh/authorized_keys
AllowUsers $me
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
# The lab may be below /tmp, which is writable for all.
StrictModes no
Subsystem sftp internal-sftp
# What a site's profile would set.
SetEnv SLURM_CONF=$SLURM_CONF
CONF
  alive sshd && return
  # sshd demands this empty directory when it runs as root.
  if [[ $(id -u) == 0 ]]; then mkdir -p /run/sshd; fi
  "$(command -v sshd)" -f "$lab/etc/sshd_config" -E "$lab/log/sshd.log"
}

in_service() { [[ $(sinfo --noheader --Node --partition=batch --format=%t 2>/dev/null | grep -cE '^(idle|alloc|mix)$') -ge $nodes ]]; }

start_munge
write_configuration
start_accounting
start_slurm
start_sshd
eventually slurmctld scontrol ping
in_service || scontrol update "nodename=nel[0-$last]" state=resume >/dev/null 2>&1 || true
eventually "the nodes" in_service

cat >"$lab/lab.env" <<CONF
SSH_HOST=127.0.0.1
SSH_PORT=$((port + 3))
SSH_USER=$me
SSH_KEY=$lab/ssh/client
SSH_KNOWN_HOSTS=$lab/ssh/known_hosts
SSH_FINGERPRINT=$(ssh-keygen -lf "$lab/ssh/host.pub" | cut -d' ' -f2)
SLURM_CONF=$SLURM_CONF
CONF
cat "$lab/lab.env"
