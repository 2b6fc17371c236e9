/** ln of sum(weight * exp(term)), without overflow; a term of `-Infinity` is zero. */
export function lnWeightedSum(weights: readonly number[], terms: readonly number[]): number {
  const highest = Math.max(...terms);
  if (highest === -Infinity) return -Infinity;
  return (
    highest + Math.log(terms.reduce((sum, term, index) => sum + (weights[index] ?? 0) * Math.exp(term - highest), 0))
  );
}

/** ln of the mean of exp(terms), without overflow; at least one term. */
export function lnMean(terms: Float64Array): number {
  let highest = -Infinity;
  for (const term of terms) if (term > highest) highest = term;
  if (highest === -Infinity) return -Infinity;
  let sum = 0;
  for (const term of terms) sum += Math.exp(term - highest);
  return highest + Math.log(sum / terms.length);
}
