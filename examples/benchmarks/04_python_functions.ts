/**
 * A benchmark whose answers are programs: the answer's code runs with tests behind it in the sandbox, never in nel's own process. It also has
 * a parameter: `--param types=true` asks for annotations as well, and counts them.
 *
 *   nel eval run --bench ./examples/benchmarks/04_python_functions.ts -o ./results
 *   nel eval run --bench ./examples/benchmarks/04_python_functions.ts --solver oracle -o ./results/self-test
 */

import { codeExecution, defineParametrized, type Scorer } from 'nel';

/** Without `types` any function that passes; with it the annotations must be there at run time. */
function passes(types: boolean): Scorer {
  const checked = 'assert {name}.__annotations__.get("return") is not None, "no return type"\n';
  return {
    ...codeExecution({
      name: types ? 'passes_typed' : 'passes',
      language: 'python',
      program: ({ code, row }) => `${code}\n${types ? checked.replace('{name}', String(row['name'])) : ''}${String(row['tests'])}\n`,
      limits: { cpu_seconds: 2, memory_mb: 256 },
    }),
    // What the self-test answers: the target in the form that is asked for.
    idealAnswer: (target) => `\`\`\`python\n${target}\n\`\`\``,
    settings: { types },
  };
}

export const pythonFunctions = defineParametrized(
  { types: { type: 'boolean', default: false, description: 'ask for type annotations as well' } },
  ({ types }) => ({
    name: 'python_functions',
    description: 'Small Python functions, judged by their tests',
    dataset: [
      {
        name: 'clamp',
        task: 'takes x, low and high, and gives x, but no less than low and no more than high',
        solution: 'def clamp(x, low, high) -> float:\n    return max(low, min(x, high))',
        tests: 'assert clamp(5, 0, 3) == 3\nassert clamp(-1, 0, 3) == 0\nassert clamp(2, 0, 3) == 2',
      },
      {
        name: 'initials',
        task: 'takes a name and gives the first letters of its words, each in upper case',
        solution: 'def initials(name) -> str:\n    return "".join(word[0].upper() for word in name.split())',
        tests: 'assert initials("ada lovelace") == "AL"\nassert initials("") == ""',
      },
      {
        name: 'runs',
        task: 'takes a text and gives a list of its runs of equal characters, each as a text',
        solution: 'import itertools\n\ndef runs(text) -> list:\n    return ["".join(group) for _, group in itertools.groupby(text)]',
        tests: 'assert runs("aab") == ["aa", "b"]\nassert runs("") == []',
      },
    ],
    requiredFields: ['tests'],
    prompt: `Write a Python function "{name}" that {task}.${types ? ' Annotate its types.' : ''} Answer with one fenced code block.`,
    targetField: 'solution',
    scorer: passes(types),
  }),
);
