/** The words of LaTeX that the math scorer's lexer knows, by token type. Facts of the grammar of latex2sympy2_extended 1.11.0. */

/** Commands and signs that are one token each; of two that fit, the longer one wins. */
const SPELLINGS: Readonly<Record<string, string>> = {
  skip: '\\, \\thinspace \\: \\medspace \\; \\thickspace \\quad \\qquad \\! \\negthinspace \\negmedspace \\negthickspace \\$',
  ignored: '\\vrule \\vcenter \\vbox \\vskip \\vspace \\hfil',
  '+': '+ ∔ ⊕ ⊞',
  '-': '- − ∸',
  '*': '* × ⋅ ⋄ ⊡ ∗ ⋆ ∘ ∙ ⊗ ⊠ ⋈ ⋉ ⋊ \\times \\cdot',
  '/': '/ ÷ ∕ \\over \\div',
  ':': ':',
  mod: '\\mod',
  '(': '(',
  ')': ')',
  '\\(': '\\(',
  '\\)': '\\)',
  lgroup: '\\lgroup',
  rgroup: '\\rgroup',
  '{': '{',
  '}': '}',
  '\\{': '\\{',
  '\\}': '\\}',
  lbrace: '\\lbrace',
  rbrace: '\\rbrace',
  '[': '[',
  ']': ']',
  lbrack: '\\lbrack',
  rbrack: '\\rbrack',
  phantom: '\\phantom',
  boxed: '\\boxed',
  '|': '|',
  lvert: '\\lvert',
  rvert: '\\rvert',
  vert: '\\vert',
  norm: '\\|',
  langle: '\\langle',
  rangle: '\\rangle',
  lfloor: '\\lfloor',
  rfloor: '\\rfloor',
  llcorner: '\\llcorner',
  lrcorner: '\\lrcorner',
  lceil: '\\lceil',
  rceil: '\\rceil',
  ulcorner: '\\ulcorner',
  urcorner: '\\urcorner',
  unsupported:
    '\\lim \\to \\rightarrow \\Rightarrow \\longrightarrow \\Longrightarrow \\int \\xrightarrow \\xRightarrow <-> <=> \\leftrightarrow \\Leftrightarrow \\partial',
  sum: '\\sum',
  prod: '\\prod',
  function:
    '\\log \\ln \\exp \\sin \\cos \\tan \\csc \\sec \\cot \\arcsin \\arccos \\arctan \\arccsc \\arcsec \\arccot \\sinh \\cosh \\tanh ' +
    '\\arsinh \\arcosh \\artanh \\arcsinh \\arccosh \\arctanh \\floor \\ceil \\det \\Gamma \\gamma',
  functions: '\\gcd \\lcm \\max \\min',
  name:
    'arsinh arcsinh arcosh arccosh artanh arctanh floor ceil eye cols rows norm rank trace tr rref nullspace eig eigen diagonalize ' +
    'eigenvals eigenvalues eigenvects eigenvectors svd SVD',
  names: 'gcd lcm zeros ones diag hstack vstack orth ortho orthogonal orthogonalize',
  environment: 'matrix pmatrix bmatrix vmatrix',
  sqrt: '\\sqrt',
  frac: '\\frac \\dfrac \\tfrac \\cfrac',
  binom: '\\binom \\tbinom \\dbinom',
  choose: '\\choose',
  operatorname: '\\operatorname',
  mathit: '\\mathit',
  'matrix-start': '\\begin{matrix} \\begin{pmatrix} \\begin{bmatrix}',
  'matrix-end': '\\end{matrix} \\end{pmatrix} \\end{bmatrix}',
  'array-end': '\\end{array}',
  'det-start': '\\begin{vmatrix}',
  'det-end': '\\end{vmatrix}',
  '&': '&',
  '\\\\': '\\\\',
  _: '_',
  '^': '^',
  ';': ';',
  ',': ',',
  '.': '.',
  transpose: "^T ^{T} ^{\\\\top} '",
  degree: '^\\circ ^\\degree ^\\circle ^° ^{\\circ} ^{\\degree} ^{\\circle} ^{°}',
  e: 'e \\exponentialE',
  E: 'E',
  in: '\\in',
  '=': '= ≡ ≣ ≟ ≎ ≏ ≐ ≑ ≒ ≓ ≔ ≕ ≖ ≗',
  '==': '== \\equiv',
  approx: '~= ≈ ≊ ≋ ≃ ≅ \\approx',
  '<': '< ≪ ≺ ⋖ \\lt',
  '<=': '\\leq \\le \\leqslant ≤ ≦ ≲ ≾ <=',
  '>': '> ≫ ≻ ⋗ \\gt',
  '>=': '\\geq \\ge \\geqslant ≥ ≧ ≳ ≿ >=',
  '!=': '!= !== \\ne \\neq \\not\\equiv ≠ ≁ ≄ ≇ ≉ ≢',
  '!': '!',
  infty: '\\infty',
  N: '\\mathbb{N} ℕ',
  Z: '\\mathbb{Z} ℤ',
  Q: '\\mathbb{Q} ℚ',
  R: '\\mathbb{R} ℝ',
  C: '\\mathbb{C} ℂ',
  P: '\\mathbb{P} ℙ',
  cup: '\\cup ∪',
  cap: '\\cap ∩',
  setminus: '\\setminus ∖',
  pm: '\\pm ± ∓ \\mp',
  empty: '\\emptyset ∅ \\{\\} \\lbrace\\rbrace',
  subset: '\\supseteq ⊇ \\subseteq ⊆',
  notin: '\\notin ∉',
};

/** Greek letters: the command or the sign, and the name that the letter gets. */
const GREEK_SIGNS: Readonly<Record<string, string>> = {
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  Gamma: 'Γ',
  delta: 'δ',
  Delta: 'Δ',
  epsilon: 'ε',
  varepsilon: 'ϵ',
  zeta: 'ζ',
  eta: 'η',
  theta: 'θ',
  Theta: 'Θ',
  vartheta: 'ϑ',
  iota: 'ι',
  kappa: 'κ',
  lambda: 'λ',
  Lambda: 'Λ',
  mu: 'μ',
  nu: 'ν',
  xi: 'ξ',
  Xi: 'Ξ',
  omicron: 'ο',
  pi: 'π',
  Pi: 'Π',
  varpi: 'ϖ',
  rho: 'ρ',
  varrho: 'ϱ',
  sigma: 'σ',
  Sigma: 'Σ',
  varsigma: 'ς',
  tau: 'τ',
  upsilon: 'υ',
  Upsilon: 'Υ',
  phi: 'φ',
  Phi: 'Φ',
  varphi: 'ϕ',
  chi: 'χ',
  psi: 'ψ',
  omega: 'ω',
  Omega: 'Ω',
};

/** `\Psi` is the one capital that the grammar has no command for. */
const OTHER_SYMBOLS =
  'Bbbk wp nabla bigstar angle nexists diagdown measuredangle eth diagup sphericalangle clubsuit varnothing Diamond complement ' +
  'diamondsuit imath Finv triangledown heartsuit jmath Game triangle spadesuit ell hbar vartriangle hslash blacklozenge lozenge ' +
  'blacksquare mho blacktriangle sharp prime Im flat square backprime Re natural surd circledS';

export const ACCENTS =
  'acute|bar|overline|breve|check|widecheck|dot|ddot|grave|hat|tilde|widetilde|vec|overrightarrow|bm|boldsymbol|text|textit|textbf|' +
  'textnormal|mathbb|mathbin|mathbf|mathcal|mathclap|mathclose|mathellipsis|mathfrak|mathinner|mathit|mathnormal|mathop|mathopen|' +
  'mathord|mathpunct|mathrel|mathring|mathrlap|mathrm|mathscr|mathsf|mathsterling|mathtt|mbox';

/** Spelling → token type. */
export const TOKEN_TYPES: ReadonlyMap<string, string> = new Map([
  ...Object.keys(GREEK_SIGNS).flatMap((name): [string, string][] => [
    [`\\${name}`, 'greek'],
    [GREEK_SIGNS[name] as string, 'greek'],
  ]),
  ...OTHER_SYMBOLS.split(' ').map((name): [string, string] => [`\\${name}`, 'other']),
  ...['ℵ', 'ℶ', 'ℷ', 'ℸ'].map((sign): [string, string] => [sign, 'other']),
  ...Object.entries(SPELLINGS).flatMap(([type, words]) => words.split(' ').map((word): [string, string] => [word, type])),
]);

/** The longest spelling, in characters. */
export const LONGEST_SPELLING = Math.max(...[...TOKEN_TYPES.keys()].map((word) => word.length));

/** The name of the letter that a command or sign stands for: `π` and `\pi` are both `pi`, `\ell` is `ell`. */
export function letterName(text: string): string {
  const bare = text.startsWith('\\') ? text.slice(1) : text;
  return Object.keys(GREEK_SIGNS).find((name) => GREEK_SIGNS[name] === bare) ?? bare;
}
