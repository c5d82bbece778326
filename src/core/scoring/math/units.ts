/** The unit words that the math scorer takes off the end of an answer, as math-verify does. */

/**
 * The words of math-verify 0.9.0 (through latex2sympy2_extended 1.11.0), each also with `s` or `es` behind it; `·` stands for
 * any one character. Surprising ones (`t`, `h`, `c`, `o`, `per`, `by`) are the reference's: `3t` loses its t there too.
 */
const WORDS = [
  'a · m|a ·|ab|acre|am|apple|are|b ·|bc|by|c|c ·|cc|cent|children ticket|cm|cm 2|coin|cu cm|cu · m|cube|cubic|d|d ·|day|decrease',
  'deg|degree|digit|dm|e ·|east|edge|excess|f ·|feet|ft|g|g ·|gain|gal|gallon|gm|h|h ·|hectare|hour|hr|inch|inches|increase',
  'integerpoint|kg|km|kmh|kmph|l|lb|less|liter|litre|loss|lt|m|m square| m east|man|mark|meal|men|meter|metre|mile|min|minute|minw',
  'mm|monkey|month|more|mp|mph|mt|mtr|multiple|no change|noon|number|o|ohm|p · m|per|pi sq m|pie|pm|pound|prime|profit',
  'profit of rs|pure|q ·|ratio|rd|rise|rounds|rs|rs ·|rupee|s|s ·|sec|second|soldier|sq|sq inch|sq m|sq · m|square|st|student|sue',
  'Surface|t|th|tile|toy|unit|v â € ™|way|west|woman|women|yard|year|yr|° f|∏ cm ³|π r 2',
];

const UNIT = WORDS.join('|').replaceAll('·', '.');

/** No unit word is longer than this, spaces included. */
const LONGEST = 40;

const AT_END = new RegExp(String.raw`([\d}\s])\s*(?:${UNIT})(?:s|es)?\s*$`);

/** The text without the unit word at its end, behind a digit, a closing brace or a space. Looks at the last characters only. */
export function withoutUnit(text: string): string {
  const from = Math.max(0, text.length - LONGEST);
  const shortened = text.slice(from).replace(AT_END, '$1');
  return text.slice(0, from) + shortened;
}
