/** Conversions of metric units and times: made here, and solved here from their text alone, as the practice models do. */

export interface UnitProblem {
  readonly question: string;
  readonly answer: string;
  readonly category: string;
}

/** Units of one quantity, each as a multiple of the smallest. */
const QUANTITIES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  length: { millimetres: 1, centimetres: 10, metres: 1000, kilometres: 1_000_000 },
  mass: { grams: 1, kilograms: 1000, tonnes: 1_000_000 },
  time: { seconds: 1, minutes: 60, hours: 3600, days: 86_400 },
  volume: { millilitres: 1, centilitres: 10, litres: 1000 },
};

/** From, to, and amounts whose results are short numbers. */
const CONVERSIONS: readonly (readonly [string, string, readonly number[]])[] = [
  ['metres', 'centimetres', [3.5, 12, 0.75, 8.2, 41, 6.04]],
  ['kilometres', 'metres', [2, 0.35, 7.25, 14, 1.08, 42.2]],
  ['centimetres', 'millimetres', [9, 3.4, 120, 0.8, 15.5, 66]],
  ['centimetres', 'metres', [250, 80, 1240, 35, 5, 999]],
  ['metres', 'kilometres', [1500, 320, 45_000, 75, 8800, 10]],
  ['kilograms', 'grams', [4, 0.25, 1.75, 12.5, 0.08, 30]],
  ['grams', 'kilograms', [500, 2250, 90, 10_000, 7, 1375]],
  ['tonnes', 'kilograms', [3, 0.6, 1.25, 18, 0.045, 2.2]],
  ['hours', 'minutes', [2, 1.5, 7, 0.25, 24, 3.75]],
  ['minutes', 'seconds', [5, 2.5, 45, 0.5, 90, 13]],
  ['days', 'hours', [3, 0.5, 14, 30, 1.25, 365]],
  ['minutes', 'hours', [90, 240, 15, 600, 3, 1440]],
  ['litres', 'millilitres', [2, 0.33, 1.5, 12, 0.075, 4.2]],
  ['centilitres', 'litres', [50, 330, 1200, 75, 4, 2500]],
];

/** All conversions, in the order of the table's columns, so that the first few have every kind. */
export function unitProblems(): UnitProblem[] {
  const longest = Math.max(...CONVERSIONS.map(([, , amounts]) => amounts.length));
  return Array.from({ length: longest }, (_, column) =>
    CONVERSIONS.flatMap(([from, to, amounts]) => {
      const amount = amounts[column];
      const found = quantityOf(from, to);
      if (amount === undefined || found === null) return [];
      return [{ question: `How many ${to} are ${amount} ${from}?`, answer: String(converted(amount, found)), category: found.quantity }];
    }),
  ).flat();
}

/** The result of `How many <unit> are <number> <unit>?`; null for any other text. */
export function solveUnits(question: string): number | null {
  const [, to = '', amount = '', from = ''] = /How many (\w+) are (\d+(?:\.\d+)?) (\w+)\?/.exec(question) ?? [];
  const found = quantityOf(from, to);
  return found === null ? null : converted(Number(amount), found);
}

function quantityOf(from: string, to: string): { quantity: string; multiplier: number; divisor: number } | null {
  for (const [quantity, units] of Object.entries(QUANTITIES)) {
    const [multiplier, divisor] = [units[from], units[to]];
    if (multiplier !== undefined && divisor !== undefined) return { quantity, multiplier, divisor };
  }
  return null;
}

/** Twelve digits: more would show that 0.1 is no binary fraction. */
function converted(amount: number, { multiplier, divisor }: { multiplier: number; divisor: number }): number {
  return Number(((amount * multiplier) / divisor).toPrecision(12));
}
