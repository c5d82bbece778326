/** The queue between commands and workers. Apart from the worker, which takes a second to load. */

/** Queue that `nel worker` polls, and that runs on a shared server and nights of schedules go to. */
export const SHARED_TASK_QUEUE = 'nel';

/** The queue of a shared server that a command works with: a flag's, else NEL_TASK_QUEUE's, else the one that all know. Empty counts as not given. */
export function sharedTaskQueue(env: Readonly<Record<string, string | undefined>>, flag?: string): string {
  return flag || env['NEL_TASK_QUEUE'] || SHARED_TASK_QUEUE;
}
