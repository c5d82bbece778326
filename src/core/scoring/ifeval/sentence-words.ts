/** The words that decide where English sentences end: abbreviations, initials, and words that begin sentences. Read by sentences.ts. */

const list = (words: string): string[] => words.split(' ');

/**
 * Written without their last period. Which of the common ones nltk's model knows is told in nltk's own tracker (its issues 2500 and
 * 2543): titles, companies, months, American states and countries it does; `e.g`, `i.e`, `etc`, `al`, `no` and `fig` it does not.
 */
export const ABBREVIATIONS: ReadonlySet<string> = new Set([
  ...list('mr mrs ms messrs dr prof st jr sr ph.d m.b.a'),
  ...list('gen col lt maj adm sen rep reps'),
  ...list('inc ltd corp co cos bros cie s.p.a'),
  ...list('jan feb aug sep sept oct nov dec tues wed fri'),
  ...list('ala ariz calif colo conn fla ga ill kan ky mich minn nev okla ore pa tenn va vt wash wis w.va'),
  ...list('u.s.a u.s.s.r vs ave ft yr ct mg ok'),
  // What is left of `. . .` without its last period.
  '. . ',
  ...list('c d e f g h k l m n p r s t v w'),
]);

/** Pairs of letters that are no abbreviations to nltk's model; `U.S.`, `a.m.` and people's initials are. */
export const SPLIT_INITIALS: ReadonlySet<string> = new Set(list('b.a b.c b.s d.j e.g i.d i.e i.q m.a m.d m.s p.s q.e r.v t.v'));

/** Words that in capitals, after an abbreviation, begin a sentence. */
export const STARTERS: ReadonlySet<string> = new Set([
  ...list('a an the this that these those it its he his she her they their we our you your my'),
  ...list('there here then thus so and but or yet nor if when while after before since because although though unless until once'),
  ...list('in on at by for from with without of to as about among during despite through under over between'),
  ...list('what who whose which how why where whether some many most both each every all any no not only also even just'),
  ...list('however moreover meanwhile still instead therefore furthermore finally today now next first one two'),
  ...list('please let do does did is are was were will would can could should may might must have has had'),
]);
