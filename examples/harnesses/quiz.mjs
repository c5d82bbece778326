// An evaluation program as teams have them: it asks the model by itself, scores by itself and writes a file of results.
// node quiz.mjs URL MODEL OUTPUT_DIR [MAX_PROBLEMS]

import { writeFileSync } from 'node:fs';
import path from 'node:path';

const [url, model, outputDir, limit] = process.argv.slice(2);
const QUESTIONS = [
  { topic: 'countries', question: 'What is the capital of Peru?', answer: 'Lima' },
  { topic: 'countries', question: 'What is the capital of Kenya?', answer: 'Nairobi' },
  { topic: 'chemistry', question: 'What is the symbol of iron?', answer: 'Fe' },
  { topic: 'chemistry', question: 'What is the symbol of tin?', answer: 'Sn' },
];

const rows = [];
for (const { topic, question, answer } of limit ? QUESTIONS.slice(0, Number(limit)) : QUESTIONS) {
  const reply = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env.OPENAI_API_KEY ?? ''}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: question }] }),
  });
  if (!reply.ok) throw new Error(`the endpoint answered ${reply.status}: ${await reply.text()}`);
  const said = (await reply.json()).choices[0].message.content;
  rows.push({ topic, question, answer, said, right: said.includes(answer), words: said.split(/\s+/).length });
  console.log(`${rows.length} of ${QUESTIONS.length}`);
}
writeFileSync(path.join(outputDir, 'scores.json'), JSON.stringify({ quiz: 'four questions', rows }));
