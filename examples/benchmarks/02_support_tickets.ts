/**
 * A benchmark over a CSV file beside this one, with a scorer of our own: full credit for the right queue, none for any other, and
 * a format error where the model names no queue at all.
 *
 *   nel eval run --bench ./examples/benchmarks/02_support_tickets.ts -o ./results
 */

import { answerFailure, defineBenchmark, type ScorerInput, type ScorerResult } from 'nel';

const QUEUES = ['billing', 'account', 'shipping', 'technical'];

function queueNamed({ response, target }: ScorerInput): ScorerResult {
  const named = QUEUES.filter((queue) => response.toLowerCase().includes(queue));
  const [queue] = named;
  if (queue === undefined || named.length > 1) return { reward: 0, extracted: null, failure: answerFailure(response) };
  return { reward: queue === target ? 1 : 0, extracted: queue };
}

export const supportTickets = defineBenchmark({
  name: 'support_tickets',
  description: 'Which queue a support ticket belongs to',
  dataset: './02_support_tickets.csv',
  systemPrompt: 'You sort support tickets. You answer with one word.',
  prompt: `Queues: ${QUEUES.join(', ')}.\n\nSubject: {subject}\n\n{body}\n\nWhich queue?`,
  targetField: 'queue',
  category: 'language',
  metadataFields: ['id'],
  scorer: queueNamed,
});
