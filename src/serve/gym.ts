/**
 * NeMo Gym's protocol: the collector sends whole rows and wants them back with a reward. As recorded from nemo-gym 0.7.0, in its
 * row form and its typed form (`resources_session_id`). Nothing is kept between requests: a row says all that judging it needs.
 */

import { randomUUID } from 'node:crypto';
import type { Verification } from '../core/environment.js';
import { isJsonObject } from '../core/json.js';
import { type Body, member } from './bodies.js';
import { quoted, Refusal } from './refusal.js';

/** Members by which a body shows that a Gym server sent it. */
const SEED_MARKS = ['responses_create_params', 'resources_session_id', 'task_data', '_ng_task_index'];
const VERIFY_MARKS = ['responses_create_params', 'expected_answer', 'resources_session_id', 'task_data', '_ng_task_index'];

/** True when a body of /seed_session is Gym's: a row, or its typed form. */
export function isGymSeed(body: Body): boolean {
  return SEED_MARKS.some((mark) => Object.hasOwn(body, mark));
}

/** Which protocol a body of /verify speaks; where it has the marks of neither, the server's mode decides. */
export function isGymVerify(body: Body, gymCompat: boolean): boolean {
  if (Object.hasOwn(body, 'responses_create_params')) return true;
  if (Object.hasOwn(body, 'expected')) return false;
  return VERIFY_MARKS.some((mark) => Object.hasOwn(body, mark)) || gymCompat;
}

/** The typed form's single-turn client gives up when /seed_session sets no cookie. */
export function sessionCookie(): string {
  return `nel_session=${randomUUID()}; Path=/; HttpOnly; SameSite=Lax`;
}

/** Reply of /seed_session and /close_session: the session's id where the request has one. @throws Refusal 422 for an id that is no text */
export function sessionReply(body: Body): Record<string, unknown> {
  const id = member(body, 'resources_session_id');
  if (id === undefined || id === null) return {};
  if (typeof id !== 'string') throw new Refusal(422, `resources_session_id: a text is expected, not ${quoted(id)}`);
  return { resources_session_id: id };
}

/** The row of a body: the typed form carries it in `task_data`, with the answer beside it. @throws Refusal 422 when that is no object */
export function gymRow(body: Body): Body {
  const data = member(body, 'task_data');
  if (data === undefined || data === null) return body;
  if (!isJsonObject(data)) throw new Refusal(422, `task_data: an object is expected, not ${quoted(data)}`);
  return { ...data, ...body };
}

/**
 * Reply of /verify: the row as it came (`uuid`, `metadata` and what else would be lost are echoed), and the verdict. `response` and
 * `responses_create_params` are the request's own, untouched.
 */
export function gymVerifyReply(row: Body, verification: Verification): Record<string, unknown> {
  const { judge_calls: _calls, ...verdict } = verification;
  return { ...row, ...verdict };
}
