/** The deployment matrix of the guide: every cell links to a file that some test checks. */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMPOSE_FILES, DOCKERFILE, GITHUB, GITLAB, GUIDE, KUSTOMIZATION, MANIFESTS, RAY, read } from './files.js';

/** Checked by this folder's tests. Guides and references are run and generated elsewhere (test/integration/docs, npm run check). */
const CHECKED = [DOCKERFILE, ...COMPOSE_FILES, KUSTOMIZATION, ...MANIFESTS, GITLAB, GITHUB, ...RAY];

const isChecked = (file: string): boolean => CHECKED.includes(file) || /^docs\/(guides|reference)\/[\w-]+\.md$|^examples\//.test(file);

const lines = read(GUIDE).split('\n');
const first = lines.indexOf('|---|---|---|---|---|') + 1;
const rows = lines.slice(first, lines.indexOf('', first)).map((line) => line.slice(2, -2).split(' | '));

describe('the deployment matrix', () => {
  it('has a row for each place', () => {
    expect(rows.map(([name]) => name?.replaceAll(/\[|\].*/g, ''))).toEqual([
      'one machine',
      'Docker',
      'Slurm',
      'Kubernetes',
      'Ray',
      'Temporal cluster',
      'GitLab CI',
      'GitHub Actions',
    ]);
  });

  it.each(rows.map((row) => [row[0] as string, row.slice(1)] as const))(
    'links each cell of %s to a file that is checked',
    (_name, cells) => {
      expect(cells).toHaveLength(4);
      for (const cell of cells) {
        const files = [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) =>
          (target as string).startsWith('#') ? GUIDE : path.join(path.dirname(GUIDE), (target as string).replace(/#.*/, '')),
        );
        expect(files, cell).not.toEqual([]);
        expect(files.filter((file) => !isChecked(file))).toEqual([]);
      }
    },
  );
});

it('the row of a cluster of nodes leads to its guide', () => {
  const row = rows.find(([name]) => name?.includes('Slurm')) as string[];
  expect([row[0], row[1], row[4]]).toEqual([
    '[Slurm](slurm.md)',
    '[`cluster: {type: slurm, shards: …}`](../../examples/configs/07_slurm.yaml)',
    '[medium](slurm.md)',
  ]);
});

describe('the deployment files', () => {
  it('are all described in the guide', () => {
    const text = read(GUIDE);
    const missing = [...COMPOSE_FILES, DOCKERFILE, KUSTOMIZATION, ...MANIFESTS, GITLAB, GITHUB, ...RAY].filter(
      (file) => !text.includes(`(../../${file})`),
    );
    expect(missing).toEqual([]);
  });

  it('explain every variable that the pipelines read', () => {
    const used = [GITLAB, GITHUB].flatMap((file) => [...read(file).matchAll(/\b(?:NEL|NEMO)_[A-Z_]+\b/g)].map(([name]) => name));
    const guide = read(GUIDE);
    expect([...new Set(used)].filter((name) => name !== 'NEL_SIDE' && !guide.includes(name))).toEqual([]);
  });
});
