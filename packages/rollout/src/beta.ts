/**
 * x at which the regularised incomplete beta function I_x(a, b) is `probability`. By bisection: slower than Newton's way and never lost.
 *
 * @param a Above 0.
 * @param b Above 0.
 */
export function betaQuantile(probability: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let round = 0; round < 1100; round++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (betaCdf(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** I_x(a, b), by the continued fraction of DLMF 8.17.22 on the side where it converges fast. */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const lnFront = a * Math.log(x) + b * Math.log1p(-x) - lnBeta(a, b);
  if (x < (a + 1) / (a + b + 2)) return (Math.exp(lnFront) * fraction(x, a, b)) / a;
  return 1 - (Math.exp(lnFront) * fraction(1 - x, b, a)) / b;
}

/** Lentz's method; a tiny number stands for zero, as is usual with it. */
function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const kept = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return result;
}

/**
 * ln B(a, b). The large parts of the three gammas are taken together, because they cancel almost wholly where n is large.
 */
function lnBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (small < 10)
    return large < 10
      ? lnGamma(small) + lnGamma(large) - lnGamma(small + large)
      : lnGamma(small) + lnRatio(small, large);
  const sum = small + large;
  const corrections = stirling(small) + stirling(large) - stirling(sum);
  return (
    0.5 * Math.log((2 * Math.PI) / small) +
    0.5 * Math.log(sum / large) +
    small * Math.log(small / sum) -
    large * Math.log1p(small / large) +
    corrections
  );
}

/** ln Γ(b) - ln Γ(a + b) for b of 10 or more. */
function lnRatio(a: number, b: number): number {
  return a - (b - 0.5) * Math.log1p(a / b) - a * Math.log(a + b) + stirling(b) - stirling(a + b);
}

/** ln Γ(x) for x above 0: shifted up to where Stirling's series is exact. */
function lnGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 10; z++) shift += Math.log(z);
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + stirling(z) - shift;
}

/** What Stirling's formula leaves over, DLMF 5.11.1, for z of 10 or more. */
function stirling(z: number): number {
  const square = z * z;
  return (
    (1 / 12 -
      (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360_360 / square) / square) / square) / square) / square) /
    z
  );
}
