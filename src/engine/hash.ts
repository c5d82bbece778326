/** SHA-256 of texts and canonical JSON, as they stand in run.json, bundles and trajectories. */

import { hash } from 'node:crypto';
import { canonicalJson } from '../core/json.js';

/** `sha256:` and 64 hex digits. */
export function sha256(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}

export function hashJson(value: unknown): string {
  return sha256(canonicalJson(value));
}
