/** The script with which a person hands in the jobs of a run: the same commands as the run itself would give, to be read and changed. */

import { quoteWord } from '../quote.js';
import { checkedPath } from './directives.js';
import { type JobScript, renderShardScript, type ShardJob, secretsFile, variableName } from './script.js';

/** Secrets are taken from the environment of the shell that runs it. @param merge runs once all shards have succeeded */
export function renderSubmitScript(job: ShardJob, merge: JobScript): JobScript {
  const { workdir, cluster, shards, attempt } = job;
  const script = renderShardScript(job);
  const list = shards.join(' ');
  const most = cluster.max_concurrent_shards;
  const secrets = cluster.secret_env.map(variableName);
  const jobs =
    script.submission === 'array'
      ? [`jobs=$(sbatch --parsable ${script.path})`]
      : [
          'ids=()',
          `for shard in ${list}; do`,
          ...(most === null ? [] : turnLines(most)),
          `  id=$(sbatch --parsable --job-name=${quoteWord(script.jobName)}-s"$shard"${most === null ? '' : ' ${turn[@]+"${turn[@]}"}'} ${script.path} "$shard")`,
          // sbatch of a federation prints `id;cluster`.
          '  ids+=("${id%%;*}")',
          'done',
          'jobs=$(IFS=:; printf \'%s\' "${ids[*]}")',
        ];
  return {
    path: 'submit.sh',
    jobName: merge.jobName,
    text: `${[
      '#!/usr/bin/env bash',
      `# Hands in ${job.key}: its shards, and the merge for when all of them have succeeded. Written by nel.`,
      'set -euo pipefail',
      '',
      `cd -- ${quoteWord(checkedPath('cluster.workdir', workdir))}`,
      'mkdir -p logs',
      ...(secrets.length === 0 ? [] : ['', ...secretLines(secrets, attempt, list)]),
      '',
      ...jobs,
      `sbatch --dependency="afterok:\${jobs%%;*}" --kill-on-invalid-dep=yes ${merge.path}`,
      `printf 'jobs %s; then: squeue --me\\n' "$jobs"`,
    ].join('\n')}\n`,
  };
}

/** What `%` does for an array. */
function turnLines(most: number): readonly string[] {
  return [
    `  # At most ${most} at once: each waits for the end of the one ${most} before it.`,
    '  turn=()',
    `  if ((\${#ids[@]} >= ${most})); then turn=("--dependency=afterany:\${ids[\${#ids[@]} - ${most}]}"); fi`,
  ];
}

/** A copy a shard, which each removes once it has read it. */
function secretLines(names: readonly string[], attempt: number, list: string): readonly string[] {
  return [
    '# Only this user can read them, and each job removes its own.',
    'umask 077',
    `mkdir -p ${secretsFile(attempt, '').replace(/\/[^/]*$/, '')}`,
    `for shard in ${list}; do`,
    `  for name in ${names.join(' ')}; do`,
    '    printf \'export %s=%q\\n\' "$name" "${!name:?is not set here, and the jobs need it}"',
    `  done >${secretsFile(attempt, '"$shard"')}`,
    'done',
    'umask 022',
  ];
}
