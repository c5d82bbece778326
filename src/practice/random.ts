/** Numbers that look random and are the same everywhere: what the practice problems are made with, and the practice models err by. */

/** 32 bits of a text: FNV-1a over its UTF-16 units, then mixed so that near texts are far apart. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number in [0, 1) that depends on the text only. */
export function share(text: string): number {
  return hash32(text) / 2 ** 32;
}

/** A whole number from `low` to `high`, both included. */
export function between(low: number, high: number, text: string): number {
  return low + Math.floor(share(text) * (high - low + 1));
}

/** One of `items`. @throws TypeError when there is none */
export function pick<T>(items: readonly T[], text: string): T {
  if (items.length === 0) throw new TypeError('nothing to pick from');
  return items[Math.floor(share(text) * items.length)] as T;
}

/** `items` in another order. */
export function shuffled<T>(items: readonly T[], text: string): T[] {
  return items
    .map((item, i) => ({ item, place: share(`${text}#${i}`) }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
