/** `nel schedule`: nightly gates. Everything heavy is loaded when a command runs. */

import { type Command, InvalidArgumentError, Option } from 'commander';

export interface CreateOptions {
  readonly cron: string;
  readonly config: string;
  readonly policy: string;
  readonly baseline: string;
  readonly timezone: string;
  readonly notify?: string;
  readonly notifySecretEnv: string;
  readonly outputDir: string;
  readonly firstRunIsBaseline?: boolean;
  readonly timeLimit: string;
  readonly catchUp: string;
  readonly taskQueue?: string;
  readonly paused?: boolean;
}

export interface ShowOptions {
  readonly limit: number;
  readonly format: 'text' | 'json';
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 is expected.');
  return value;
}

type Actions = typeof import('./schedule-actions.js');

export function registerSchedule(program: Command): void {
  const schedule = program.command('schedule').description('nightly gates: evaluate by the clock, hold against a baseline, tell');
  const act = async <K extends keyof Actions>(name: K): Promise<Actions[K]> => (await import('./schedule-actions.js'))[name];
  registerCreate(schedule);
  schedule
    .command('list')
    .description('all schedules of this Temporal server')
    .action(async () => (await act('listSchedules'))());
  schedule
    .command('show <name>')
    .description('past verdicts, the trend of scores, the baseline and the next times')
    .option('--limit <n>', 'how many of the latest nights', wholeNumber, 14)
    .addOption(new Option('--format <format>', 'what is printed').choices(['text', 'json']).default('text'))
    .action(async (name: string, options: ShowOptions) => (await act('showSchedule'))(name, options));
  schedule
    .command('trigger <name>')
    .description('start a night now, unless one is under way')
    .option('--wait', 'until it has ended; exits 0 for GO, 1 for NO-GO, 2 for INCONCLUSIVE, 4 without a verdict')
    .action(async (name: string, { wait }: { readonly wait?: boolean }) => {
      process.exitCode = await (await act('triggerSchedule'))(name, wait ?? false);
    });
  schedule
    .command('pause <name>')
    .description('start no more nights; one under way goes on')
    .option('--note <text>', 'why, for whoever looks', '')
    .action(async (name: string, { note }: { readonly note: string }) => (await act('pauseSchedule'))(name, note));
  schedule
    .command('resume <name>')
    .description('start nights again')
    .action(async (name: string) => (await act('resumeSchedule'))(name));
  schedule
    .command('accept <name> <run>')
    .description('make a finished run the baseline of --baseline last-go: a run id of the schedule, or an output directory')
    .action(async (name: string, run: string) => (await act('acceptRun'))(name, run));
  schedule
    .command('delete <name>')
    .description('start no more nights, for good; the folder with its runs and its history stays')
    .action(async (name: string) => (await act('deleteSchedule'))(name));
}

function registerCreate(schedule: Command): void {
  schedule
    .command('create <name>')
    .description('evaluate a config by the clock and gate each night')
    .requiredOption('--cron <expression>', 'when: "minute hour day month weekday"')
    .requiredOption('--config <file>', 'eval config (YAML), read anew each night')
    .requiredOption('-p, --policy <file>', 'gate policy (YAML), read anew each night')
    .requiredOption('--baseline <what>', 'last-go (the latest run that passed or was accepted), a results directory, or a run id')
    .option('--timezone <name>', 'IANA name, such as Europe/Berlin', 'UTC')
    .option('--notify <where>', 'webhook that is told of each night: a URL without secrets, or env:NAME, a variable of the worker')
    .option('--notify-secret-env <name>', 'variable of the worker with the key that signs notifications', 'NEL_NOTIFY_SECRET')
    .option('-o, --output-dir <dir>', 'folder of schedules: nights are kept in DIR/<name>', './nightly')
    .option('--first-run-is-baseline', 'with last-go and no baseline yet, the first finished run becomes it')
    .option('--time-limit <duration>', 'an evaluation that takes longer has failed (90m, 12h)', '12h')
    .option('--catch-up <duration>', 'a night missed by less, because no server ran, is made up for', '12h')
    .option('--task-queue <name>', 'queue of the workers (env NEL_TASK_QUEUE; default: nel)')
    .option('--paused', 'create it paused')
    .addHelpText(
      'after',
      `
Examples:
  $ nel schedule create gsm8k --cron "0 2 * * *" --timezone Europe/Berlin \\
      --config eval_config.yaml --policy policy.yaml --baseline last-go --notify env:SLACK_WEBHOOK
  $ nel worker --embedded`,
    )
    .action(async (name: string, options: CreateOptions) => {
      const { createSchedule } = await import('./schedule-create.js');
      await createSchedule(name, options);
    });
}
