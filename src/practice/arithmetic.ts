/** Word problems with a whole number as the answer: made here, and solved here from their text alone, as the practice models do. */

import { between, pick } from './random.js';

export interface ArithmeticProblem {
  readonly question: string;
  readonly answer: string;
  readonly category: string;
}

const NAMES = ['Ada', 'Bruno', 'Chiara', 'Deniz', 'Elif', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas'];
const THINGS = ['apples', 'books', 'marbles', 'pencils', 'stamps', 'shells', 'tickets', 'cards', 'buttons', 'lemons'];

/** What the writers of problems draw from; `key` makes each draw another one. */
interface Draw {
  readonly name: string;
  readonly things: string;
  number(low: number, high: number, key: string): number;
}

interface Kind {
  readonly category: string;
  write(draw: Draw): { question: string; answer: number };
  /** Found in this kind's questions only. */
  readonly sign: RegExp;
  /** The answer, from the numbers of the question in order. */
  solve(numbers: readonly number[]): number;
}

const at = (numbers: readonly number[], index: number): number => numbers[index] ?? Number.NaN;

const KINDS: readonly Kind[] = [
  {
    category: 'addition',
    write: ({ name, things, number }) => {
      const [have, more] = [number(12, 96, 'a'), number(5, 58, 'b')];
      return {
        question: `${name} has ${have} ${things} and gets ${more} more. How many ${things} does ${name} have now?`,
        answer: have + more,
      };
    },
    sign: / gets \d+ more\./,
    solve: (n) => at(n, 0) + at(n, 1),
  },
  {
    category: 'subtraction',
    write: ({ things, number }) => {
      const [stock, sold] = [number(120, 480, 'a'), number(15, 110, 'b')];
      return {
        question: `A shop has ${stock} ${things} in the morning and sells ${sold} of them during the day. How many ${things} are left in the evening?`,
        answer: stock - sold,
      };
    },
    sign: /left in the evening/,
    solve: (n) => at(n, 0) - at(n, 1),
  },
  {
    category: 'multiplication',
    write: ({ things, number }) => {
      const [shelves, each] = [number(3, 14, 'a'), number(6, 25, 'b')];
      return {
        question: `There are ${shelves} shelves with ${each} ${things} on each. How many ${things} are there in all?`,
        answer: shelves * each,
      };
    },
    sign: /shelves with/,
    solve: (n) => at(n, 0) * at(n, 1),
  },
  {
    category: 'division',
    write: ({ things, number }) => {
      const [children, each] = [number(3, 12, 'a'), number(4, 20, 'b')];
      return {
        question: `${children * each} ${things} are shared equally among ${children} children. How many ${things} does each child get?`,
        answer: each,
      };
    },
    sign: /shared equally among/,
    solve: (n) => at(n, 0) / at(n, 1),
  },
  {
    category: 'remainder',
    write: ({ things, number }) => {
      const [count, box] = [number(50, 190, 'a'), number(6, 12, 'b')];
      return {
        question: `${count} ${things} are packed into full boxes of ${box}. How many ${things} are left over?`,
        answer: count % box,
      };
    },
    sign: /packed into full boxes/,
    solve: (n) => at(n, 0) % at(n, 1),
  },
  {
    category: 'two steps',
    write: ({ name, things, number }) => {
      const [count, price, extra] = [number(3, 9, 'a'), number(2, 8, 'b'), number(4, 30, 'c')];
      const paid = count * price + extra;
      return {
        question: `${name} buys ${count} ${things} at ${price} coins each and pays with ${paid} coins. How many coins does ${name} get back?`,
        answer: extra,
      };
    },
    sign: /coins each and pays with/,
    solve: (n) => at(n, 2) - at(n, 0) * at(n, 1),
  },
  {
    category: 'percentage',
    write: ({ number }) => {
      const [twenties, percent] = [number(2, 12, 'a'), number(1, 9, 'b') * 5];
      const price = twenties * 20;
      return {
        question: `A coat costs ${price} coins. In the sale it is ${percent}% cheaper. How many coins does the coat cost in the sale?`,
        answer: price - (price * percent) / 100,
      };
    },
    sign: /% cheaper/,
    solve: (n) => at(n, 0) - (at(n, 0) * at(n, 1)) / 100,
  },
  {
    category: 'speed',
    write: ({ number }) => {
      const [speed, hours] = [number(8, 24, 'a') * 5, number(2, 9, 'b')];
      return {
        question: `A train travels at ${speed} kilometres an hour. How many kilometres does it travel in ${hours} hours?`,
        answer: speed * hours,
      };
    },
    sign: /kilometres an hour/,
    solve: (n) => at(n, 0) * at(n, 1),
  },
  {
    category: 'area',
    write: ({ number }) => {
      const [length, width] = [number(7, 30, 'a'), number(3, 15, 'b')];
      return {
        question: `A rectangular garden is ${length} metres long and ${width} metres wide. What is its area in square metres?`,
        answer: length * width,
      };
    },
    sign: /rectangular garden/,
    solve: (n) => at(n, 0) * at(n, 1),
  },
  {
    category: 'average',
    write: ({ name, number }) => {
      const [mean, below, above] = [number(8, 20, 'a'), number(1, 6, 'b'), number(1, 6, 'c')];
      const walks = [mean - below, mean + above, mean + below - above];
      return {
        question: `${name} walks ${walks[0]}, ${walks[1]} and ${walks[2]} kilometres on three days. How many kilometres a day is that on average?`,
        answer: mean,
      };
    },
    sign: /a day is that on average/,
    solve: (n) => (at(n, 0) + at(n, 1) + at(n, 2)) / 3,
  },
];

/** `count` problems, the kinds in turn; the same ones every time. */
export function arithmeticProblems(count: number): ArithmeticProblem[] {
  const seen = new Set<string>();
  const problems: ArithmeticProblem[] = [];
  for (let draw = 0; problems.length < count; draw++) {
    const kind = KINDS[problems.length % KINDS.length] as Kind;
    const key = `arithmetic ${draw}`;
    const { question, answer } = kind.write({
      name: pick(NAMES, `${key} name`),
      things: pick(THINGS, `${key} things`),
      number: (low, high, part) => between(low, high, `${key} ${part}`),
    });
    if (seen.has(question)) continue;
    seen.add(question);
    problems.push({ question, answer: String(answer), category: kind.category });
  }
  return problems;
}

/** The answer to a problem of one of these kinds, from its text; null for any other text. */
export function solveArithmetic(question: string): number | null {
  const kind = KINDS.find(({ sign }) => sign.test(question));
  if (kind === undefined) return null;
  const answer = kind.solve(Array.from(question.matchAll(/\d+/g), ([digits]) => Number(digits)));
  return Number.isFinite(answer) ? answer : null;
}
