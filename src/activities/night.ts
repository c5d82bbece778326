/** The activities of a scheduled night, each a step that the engine carries out and that may be repeated. */

import type { NightSteps } from '../workflows/contract.js';
import { oneByOne, underHeartbeat } from './attempt.js';
import type { ActivityDeps } from './engine-port.js';

type NightActivities = { readonly [S in keyof NightSteps]: (ref: NightSteps[S]['ref']) => Promise<NightSteps[S]['result']> };

export function createNightSteps(deps: ActivityDeps): NightActivities {
  const step =
    <S extends keyof NightSteps>(name: S) =>
    (ref: NightSteps[S]['ref']): Promise<NightSteps[S]['result']> =>
      // A second attempt in this process must not write beside the first.
      oneByOne(`${ref.dir}\0${ref.run_id}\0${name}`, (earlier) =>
        underHeartbeat(
          () => name,
          async ({ stop }) => {
            await earlier;
            return deps.engine.night(name, ref, stop);
          },
        ),
      );
  return {
    prepareNight: step('prepareNight'),
    nightBaseline: step('nightBaseline'),
    finishNight: step('finishNight'),
    notifyNight: step('notifyNight'),
  };
}
