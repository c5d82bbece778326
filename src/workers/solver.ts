/** Makes the solver that a config names. */

import { createOracleSolver } from '../adapters/solvers/oracle.js';
import { openReplaySolver } from '../adapters/solvers/replay.js';
import { createSimpleSolver } from '../adapters/solvers/simple.js';
import { createToolCallingSolver } from '../adapters/solvers/tool-calling.js';
import type { Environment } from '../core/environment.js';
import { NelError } from '../core/errors.js';
import type { GenerationSettings } from '../core/model.js';
import type { Solver } from '../core/solver.js';
import type { ServiceSpec, SolverSpec } from '../core/spec.js';

/** @throws NelError of kind `config` for a solver that does not suit the service or the benchmark, `data` for unreadable recordings */
export async function createSolver(options: {
  readonly spec: SolverSpec;
  /** Null for solvers that ask none. */
  readonly service: ServiceSpec | null;
  readonly generation: GenerationSettings;
  readonly environment: Environment;
  /** How many of the environment's problems the run asks: given when it is planned, to see whether recordings suit them. */
  readonly problems?: number;
}): Promise<Solver> {
  const { spec, service, generation, environment, problems } = options;
  switch (spec.type) {
    case 'oracle':
      return createOracleSolver(environment);
    case 'replay':
      return openReplaySolver({
        file: spec.file,
        key: spec.key,
        ...(problems === undefined
          ? {}
          : { problems: { count: problems, seed: (problemIdx) => environment.seed(problemIdx, 0, new AbortController().signal) } }),
      });
    case 'simple':
      return createSimpleSolver({ ...endpointOf(service), generation });
    case 'vlm':
      return createSimpleSolver({ ...chatOf(service, spec.type), generation });
    case 'tool_calling':
      return createToolCallingSolver({
        ...chatOf(service, spec.type),
        generation,
        environment,
        maxTurns: spec.max_turns,
        concurrency: service?.concurrency ?? 1,
      });
  }
}

function endpointOf(service: ServiceSpec | null): Pick<ServiceSpec, 'protocol' | 'model'> {
  if (service === null) throw new NelError('config', 'the solver needs a service');
  return { protocol: service.protocol, model: service.model };
}

/** Images and tools travel in chat messages only. */
function chatOf(service: ServiceSpec | null, solver: string): Pick<ServiceSpec, 'protocol' | 'model'> {
  const endpoint = endpointOf(service);
  if (endpoint.protocol === 'chat_completions') return endpoint;
  throw new NelError('config', `the solver ${solver} needs the protocol chat_completions, the service has ${endpoint.protocol}`);
}
