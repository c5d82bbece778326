/** The process behind `nel worker`: polls until SIGTERM or SIGINT, then lets calls in flight finish and hands the rest back. */

import { connectClient, findTemporal } from '../client/connection.js';
import { registerSearchAttributes } from '../client/search-attributes.js';
import { sharedTaskQueue } from '../client/task-queue.js';
import { NelError } from '../core/errors.js';
import { EngineHost } from '../workers/engine-host.js';
import { createWorker } from '../workers/worker.js';
import { EXIT } from './exit-codes.js';

/** @returns the exit code */
export async function runWorker(taskQueueFlag: string | undefined, embedded: boolean): Promise<number> {
  const { env } = process;
  if (!env['TEMPORAL_ADDRESS'] && !embedded) {
    throw new NelError('usage', 'TEMPORAL_ADDRESS is not set: there is no cluster to serve', {
      hint: "set it to host:port, or give --embedded for the schedules of this machine's own server; `nel eval run` brings its own worker",
    });
  }
  if (env['TEMPORAL_ADDRESS'] && embedded) {
    throw new NelError('usage', 'TEMPORAL_ADDRESS is set, so --embedded would not serve its cluster', { hint: 'leave out one of the two' });
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const taskQueue = sharedTaskQueue(env, taskQueueFlag);
  const target = await findTemporal(env, say);
  const client = await connectClient(target, env);
  await registerSearchAttributes(client);
  const engine = new EngineHost();
  const { worker, close } = await createWorker({ target, client, env, taskQueue, engine, log: say });
  const onSignal = (): void => {
    if (worker.getState() !== 'RUNNING') process.exit(EXIT.INTERRUPTED);
    say('stopping: calls in flight may finish, other workers take over the rest');
    worker.shutdown();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  say(`worker ${process.pid} polls ${taskQueue} at ${target.address}, namespace ${target.namespace}`);
  try {
    await worker.run();
    return EXIT.OK;
  } finally {
    await engine.close();
    await close();
    await client.connection.close();
    await target.release();
  }
}
