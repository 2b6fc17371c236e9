/** ln k! for k = 0, 1, …; grows as it is asked, up to the most runs that a comparison takes. */
const lnFactorials: number[] = [0];

function lnFactorial(n: number): number {
  for (let k = lnFactorials.length; k <= n; k++) lnFactorials.push((lnFactorials[k - 1] as number) + Math.log(k));
  return lnFactorials[n] as number;
}

/** ln of the binomial coefficient; `-Infinity` where there is no way to choose. */
export function lnChoose(n: number, k: number): number {
  return k < 0 || k > n ? Number.NEGATIVE_INFINITY : lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k);
}
