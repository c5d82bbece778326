/** Registers this project's search attributes on connect; where that is not allowed, says which of them the server knows. */

import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, type SearchAttributeName } from '../workflows/contract.js';

/** Indexed value types of Temporal's API (temporal.api.enums.v1.IndexedValueType). */
const TYPE_NUMBERS = { KEYWORD: 2, DOUBLE: 4 } as const;
const NAMES = Object.keys(SEARCH_ATTRIBUTES) as SearchAttributeName[];

/** The attributes that may be used: starting a workflow with an unregistered one is refused by the server. */
export async function registerSearchAttributes(client: Client): Promise<SearchAttributeName[]> {
  const { namespace } = client.options;
  const known = async (): Promise<SearchAttributeName[]> => {
    const response = await client.connection.operatorService.listSearchAttributes({ namespace });
    return NAMES.filter((name) => response.customAttributes?.[name] === TYPE_NUMBERS[SEARCH_ATTRIBUTES[name]]);
  };
  try {
    const before = await known();
    const missing = NAMES.filter((name) => !before.includes(name));
    if (missing.length === 0) return before;
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, TYPE_NUMBERS[SEARCH_ATTRIBUTES[name]]]));
    await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes }).catch(() => undefined);
    return await known();
  } catch {
    // No operator service for us (Temporal Cloud, a restricted role): the memo carries the same facts.
    return [];
  }
}
