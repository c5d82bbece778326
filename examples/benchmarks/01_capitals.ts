/**
 * A benchmark in one file: rows in an array, a prompt template, the answer on a line of its own.
 *
 *   nel validate -b ./examples/benchmarks/01_capitals.ts --samples 3
 *   nel eval run --bench ./examples/benchmarks/01_capitals.ts -o ./results
 */

import { answerLine, defineBenchmark } from 'nel';

export const capitals = defineBenchmark({
  name: 'capitals',
  description: 'Capitals that are easily taken for another city',
  dataset: [
    { country: 'Australia', capital: 'Canberra', continent: 'Oceania' },
    { country: 'New Zealand', capital: 'Wellington', continent: 'Oceania' },
    { country: 'Brazil', capital: 'Brasília', continent: 'America' },
    { country: 'Canada', capital: 'Ottawa', continent: 'America' },
    { country: 'Ecuador', capital: 'Quito', continent: 'America' },
    { country: 'Turkey', capital: 'Ankara', continent: 'Asia' },
    { country: 'Vietnam', capital: 'Hanoi', continent: 'Asia' },
    { country: 'Kazakhstan', capital: 'Astana', continent: 'Asia' },
    { country: 'Morocco', capital: 'Rabat', continent: 'Africa' },
    { country: 'Nigeria', capital: 'Abuja', continent: 'Africa' },
    { country: 'Tanzania', capital: 'Dodoma', continent: 'Africa' },
    { country: 'Liechtenstein', capital: 'Vaduz', continent: 'Europe' },
  ],
  prompt: 'What is the capital of {country}? Think as long as you like, then end with a line "Answer: <city>".',
  targetField: 'capital',
  category: 'continent',
  scorer: answerLine(),
});
