/** The deployment files by kind, and the programs that check them: what is in a list here is checked by the tests of this folder. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT = path.resolve(import.meta.dirname, '../../..');
export const NEL = path.join(ROOT, 'dist/cli/main.js');

export const DOCKERFILE = 'Dockerfile';
export const COMPOSE_FILES = ['docker-compose.yaml', 'deploy/docker-compose.yaml'];
export const KUSTOMIZATION = 'deploy/k8s/kustomization.yaml';
export const MANIFESTS = [
  'deploy/k8s/config.yaml',
  'deploy/k8s/eval-indexed-job.yaml',
  'deploy/k8s/eval-job.yaml',
  'deploy/k8s/eval-merge.yaml',
  'deploy/k8s/secret.example.yaml',
  'deploy/k8s/serve-deployment.yaml',
  'deploy/k8s/storage.yaml',
  'deploy/k8s/worker-deployment.yaml',
];
export const GITLAB = 'deploy/gitlab-ci-eval.yml';
export const GITHUB = 'deploy/github-actions-eval.yml';
export const GUIDE = 'docs/guides/deployment.md';
export const RAY = ['deploy/ray_eval.py', 'deploy/ray_launcher.py'];

export const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** The documents of a YAML file; merge keys are followed, as compose files use them. */
export function yamlDocuments<T>(file: string): T[] {
  return parseAllDocuments(read(file), { merge: true }).map((document) => document.toJS() as T);
}

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** A program to its end; its exit code, 127 where there is none, and all it printed. */
export function run(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ran> {
  const { cwd = ROOT, env = process.env } = options;
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 127, output: `${stdout}${stderr}` });
    });
  });
}
