/** What has to run for a night to happen, said where it may be missing. */

import type { Schedules } from '../client/schedules.js';
import { SHARED_TASK_QUEUE } from '../client/task-queue.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

export async function warnWithoutWorker(schedules: Schedules, taskQueue: string): Promise<void> {
  const queue = taskQueue === SHARED_TASK_QUEUE ? '' : ` --task-queue ${taskQueue}`;
  const command = `nel worker${schedules.embedded ? ' --embedded' : ''}${queue}`;
  if (!(await schedules.hasWorker(taskQueue))) say(`no worker polls the task queue ${taskQueue} yet: keep one running with \`${command}\``);
}
