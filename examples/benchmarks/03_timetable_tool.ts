/**
 * A benchmark whose problems are solved with a tool: the model asks a timetable as often as it likes, then answers on a line of its own.
 * What a tool throws is told to the model, which may mend its call.
 *
 *   nel validate -b ./examples/benchmarks/03_timetable_tool.ts --samples 3
 *   nel eval run --bench ./examples/benchmarks/03_timetable_tool.ts --solver tool_calling -o ./results
 */

import { answerLine, type BenchmarkTool, defineBenchmark } from 'nel';

const DEPARTURES: Readonly<Record<string, readonly string[]>> = {
  harbour: ['06:10', '09:40', '13:25', '18:05'],
  airport: ['05:30', '07:00', '08:30', '22:15'],
  university: ['07:45', '08:15', '12:00'],
};

const departures: BenchmarkTool = {
  name: 'departures',
  description: 'All departures of a day from the central station to a stop, in order.',
  parameters: {
    type: 'object',
    properties: { stop: { type: 'string', enum: Object.keys(DEPARTURES) } },
    required: ['stop'],
    additionalProperties: false,
  },
  run({ stop }) {
    const times = typeof stop === 'string' && Object.hasOwn(DEPARTURES, stop) ? DEPARTURES[stop] : undefined;
    if (times === undefined) throw new Error(`there is no stop ${JSON.stringify(stop)}; there are ${Object.keys(DEPARTURES).join(', ')}`);
    return times.join(' ');
  },
};

export const timetable = defineBenchmark({
  name: 'timetable',
  description: 'Connections that have to be looked up with a tool',
  dataset: [
    { stop: 'harbour', after: '10:00', right: '13:25' },
    { stop: 'airport', after: '08:00', right: '08:30' },
    { stop: 'airport', after: '09:00', right: '22:15' },
    { stop: 'university', after: '06:00', right: '07:45' },
  ],
  prompt:
    'It is {after} at the central station. When does the next bus leave for the stop "{stop}"? ' +
    'Look it up, then end with a line "Answer: HH:MM".',
  targetField: 'right',
  category: 'stop',
  scorer: answerLine(),
  tools: [departures],
});
