/** z at which the standard normal distribution function is `probability`, for those from 1/2 on; by bisection. */
export function normalQuantile(probability: number): number {
  let low = 0;
  let high = 9; // above it the function is 1 in double precision
  for (let round = 0; round < 200; round++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (normalCdf(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** By the series of DLMF 7.6.2, whose terms are all positive: nothing cancels. */
function normalCdf(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * 1e-18; n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
