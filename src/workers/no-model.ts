/** The model of solvers that ask none (oracle, replay): always up, never called. */

import type { Model } from '../core/model.js';

export function noModel(solver: string): Model {
  return {
    endpoint: solver,
    call: () => Promise.reject(new Error(`the solver ${solver} asks no model`)),
    probe: () => Promise.resolve({ up: true }),
    close: () => Promise.resolve(),
  };
}
