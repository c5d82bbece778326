/** The queue between commands and workers. Apart from the worker, which takes a second to load. */

/** Queue that `nel worker` polls, and that runs on a shared server and nights of schedules go to. */
export const SHARED_TASK_QUEUE = 'nel';
