/** Complex doubles and the functions of them that the math scorer evaluates. Principal values, as in most algebra systems. */

export interface Complex {
  readonly re: number;
  readonly im: number;
}

export function complex(re: number, im = 0): Complex {
  return { re, im };
}

export const NAN: Complex = { re: Number.NaN, im: Number.NaN };

export function plus(a: Complex, b: Complex): Complex {
  return { re: a.re + b.re, im: a.im + b.im };
}

export function minus(a: Complex, b: Complex): Complex {
  return { re: a.re - b.re, im: a.im - b.im };
}

export function times(a: Complex, b: Complex): Complex {
  if (a.im === 0 && b.im === 0) return complex(a.re * b.re);
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
}

export function over(a: Complex, b: Complex): Complex {
  const size = b.re * b.re + b.im * b.im;
  if (size === 0) return NAN;
  return { re: (a.re * b.re + a.im * b.im) / size, im: (a.im * b.re - a.re * b.im) / size };
}

export function magnitude(a: Complex): number {
  return Math.hypot(a.re, a.im);
}

export function exp(a: Complex): Complex {
  const size = Math.exp(a.re);
  return a.im === 0 ? complex(size) : { re: size * Math.cos(a.im), im: size * Math.sin(a.im) };
}

export function log(a: Complex): Complex {
  const size = magnitude(a);
  return size === 0 ? NAN : { re: Math.log(size), im: Math.atan2(a.im, a.re) };
}

export function sqrt(a: Complex): Complex {
  if (a.im === 0) return a.re >= 0 ? complex(Math.sqrt(a.re)) : complex(0, Math.sqrt(-a.re));
  const size = magnitude(a);
  const re = Math.sqrt((size + a.re) / 2);
  return { re, im: Math.sign(a.im) * Math.sqrt((size - a.re) / 2) };
}

/** Small whole exponents by multiplication, halves by the root, the rest through logarithms. */
export function pow(base: Complex, exponent: Complex): Complex {
  if (exponent.im === 0 && Number.isInteger(exponent.re) && Math.abs(exponent.re) <= 1024) return wholePower(base, exponent.re);
  if (exponent.im === 0 && exponent.re === 0.5) return sqrt(base);
  if (base.re === 0 && base.im === 0) return exponent.re > 0 ? complex(0) : NAN;
  if (base.im === 0 && base.re > 0 && exponent.im === 0) return complex(base.re ** exponent.re);
  return exp(times(exponent, log(base)));
}

function wholePower(base: Complex, exponent: number): Complex {
  if (exponent < 0) return over(complex(1), wholePower(base, -exponent));
  let result = complex(1);
  for (let [square, left] = [base, exponent]; left > 0; left = Math.floor(left / 2), square = times(square, square)) {
    if (left % 2 === 1) result = times(result, square);
  }
  return result;
}

const I = complex(0, 1);

export function sin(a: Complex): Complex {
  return { re: Math.sin(a.re) * Math.cosh(a.im), im: Math.cos(a.re) * Math.sinh(a.im) };
}

export function cos(a: Complex): Complex {
  return { re: Math.cos(a.re) * Math.cosh(a.im), im: -Math.sin(a.re) * Math.sinh(a.im) };
}

export function sinh(a: Complex): Complex {
  return over(minus(exp(a), exp({ re: -a.re, im: -a.im })), complex(2));
}

export function cosh(a: Complex): Complex {
  return over(plus(exp(a), exp({ re: -a.re, im: -a.im })), complex(2));
}

export function arcsin(a: Complex): Complex {
  if (a.im === 0 && Math.abs(a.re) <= 1) return complex(Math.asin(a.re));
  return times({ re: 0, im: -1 }, log(plus(times(I, a), sqrt(minus(complex(1), times(a, a))))));
}

export function arccos(a: Complex): Complex {
  return minus(complex(Math.PI / 2), arcsin(a));
}

export function arctan(a: Complex): Complex {
  if (a.im === 0) return complex(Math.atan(a.re));
  const turned = times(I, a);
  return times(complex(0, -0.5), minus(log(plus(complex(1), turned)), log(minus(complex(1), turned))));
}

export function arcsinh(a: Complex): Complex {
  return log(plus(a, sqrt(plus(times(a, a), complex(1)))));
}

export function arccosh(a: Complex): Complex {
  return log(plus(a, times(sqrt(plus(a, complex(1))), sqrt(minus(a, complex(1))))));
}

export function arctanh(a: Complex): Complex {
  return times(complex(0.5), minus(log(plus(complex(1), a)), log(minus(complex(1), a))));
}

/** Lanczos's coefficients for g = 7 (Lanczos 1964; values as in Godfrey's note of 2001): about 15 digits. */
const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** The gamma function at real numbers; NaN elsewhere and at its poles. */
export function gamma(a: Complex): Complex {
  if (a.im !== 0) return NAN;
  if (Number.isInteger(a.re)) {
    if (a.re < 1 || a.re > 171) return NAN;
    let value = 1;
    for (let factor = 2; factor < a.re; factor++) value *= factor;
    return complex(value);
  }
  if (a.re < 0.5) return complex(Math.PI / (Math.sin(Math.PI * a.re) * gamma(complex(1 - a.re)).re));
  const x = a.re - 1;
  const base = x + 7.5;
  const series = LANCZOS.reduce((sum, coefficient, at) => (at === 0 ? coefficient : sum + coefficient / (x + at)), 0);
  return complex(Math.sqrt(2 * Math.PI) * base ** (x + 0.5) * Math.exp(-base) * series);
}
