/** What every environment keeps, whatever stands behind it: one suite, run over each of them. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment, Seed } from '../../../src/core/environment.js';
import { NelError } from '../../../src/core/errors.js';
import { never } from './samples.js';

/** Longest that an aborted call may take. Milliseconds. */
const PROMPTLY = 2000;

/**
 * @param name what the tests are called
 * @param open makes a fresh environment of at least three problems, which the suite closes
 */
export function environmentContract(name: string, open: () => Promise<Environment>): void {
  describe(`${name} keeps the contract of environments:`, () => {
    let environment: Environment;
    beforeAll(async () => {
      environment = await open();
    });
    afterAll(() => environment.close());

    const ideal = (seed: Seed): string => environment.idealAnswer?.(seed) ?? seed.expected_answer;
    const seeds = async (of: Environment, repeat = 0): Promise<Seed[]> => {
      const made: Seed[] = [];
      for (let i = 0; i < Math.min(of.dataset.size, 20); i++) made.push(await of.seed(i, repeat, never));
      return made;
    };

    it('it says which data set it has', () => {
      expect(environment.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/);
      expect(environment.dataset).toEqual({
        source: expect.stringMatching(/./) as string,
        revision: environment.dataset.revision,
        fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
        size: environment.dataset.size,
      });
      expect(environment.dataset.size).toBeGreaterThan(2);
    });

    it('a problem has the same seed every time, for every repeat, and in another process', async () => {
      const first = await seeds(environment);
      expect(await seeds(environment)).toEqual(first);
      expect(await seeds(environment, 3)).toEqual(first);
      const other = await open();
      expect(await seeds(other)).toEqual(first);
      expect(other.dataset).toEqual(environment.dataset);
      await other.close();
      expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    });

    it('a seed has a prompt, messages that end with the question, and an answer', async () => {
      for (const { prompt, messages, expected_answer, category } of await seeds(environment)) {
        expect(prompt).not.toBe('');
        expect(messages.at(-1)?.role).toBe('user');
        expect(expected_answer).not.toBe('');
        expect(category === null || typeof category === 'string').toBe(true);
      }
    });

    it('the ideal answer to every problem earns 1, and nothing earns less', async () => {
      for (const seed of await seeds(environment)) {
        const right = await environment.verify(seed, ideal(seed), never);
        expect(right, seed.prompt).toMatchObject({ reward: 1, failure_category: null });
        expect(right.scoring_method).not.toBe('');
        expect(JSON.parse(JSON.stringify(right))).toEqual(right);
        const wrong = await environment.verify(seed, '', never);
        expect(wrong.reward).toBeLessThan(1);
        expect(wrong.failure_category).toBe('empty_response');
      }
    });

    it('verdicts of the same answer are the same, also when many are asked for at once', async () => {
      const verdicts = (of: readonly Seed[]) => Promise.all(of.map(async (seed) => environment.verify(seed, ideal(seed), never)));
      const all = await seeds(environment);
      const once = await verdicts(all);
      const again = await verdicts(all);
      expect(again).toEqual(once);
    });

    it('an aborted call ends with the abort, or had nothing to wait for', { timeout: 10_000 }, async () => {
      const seed = await environment.seed(0, 0, never);
      const aborted = AbortSignal.abort(new Error('stop'));
      const calls = [() => environment.seed(0, 0, aborted), () => environment.verify(seed, ideal(seed), aborted)];
      for (const call of calls) {
        const begun = performance.now();
        let result: unknown;
        try {
          result = call();
        } catch (error) {
          expect(String(error)).toMatch(/stop|abort/i);
          continue;
        }
        if (result instanceof Promise) await expect(result).rejects.toThrow(/stop|abort/i);
        expect(performance.now() - begun).toBeLessThan(PROMPTLY);
      }
    });

    it('a problem that there is not is an error of the data that names it', async () => {
      for (const index of [environment.dataset.size, -1, 0.5, Number.NaN]) {
        const asked = async () => environment.seed(index, 0, never);
        const error: unknown = await asked().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error, String(index)).toBeInstanceOf(NelError);
        expect((error as NelError).kind).toBe('data');
      }
    });

    it('a seed that is not its own is refused', async () => {
      const seed = await environment.seed(0, 0, never);
      const foreign: Seed = { ...seed, metadata: {} };
      const asked = async () => environment.verify(foreign, 'x', never);
      await expect(asked()).rejects.toThrow(/not from this environment/);
    });

    it('it can be closed twice', async () => {
      const other = await open();
      await other.close();
      await other.close();
    });
  });
}
