import { decide, type Evidence, type GatePolicy } from './decide.ts';

/** Says in a sentence what the gate decides and why. */
export function explain(evidence: Evidence, policy: GatePolicy): string {
  const { decision } = decide(evidence, policy);
  return `${decision}: ${evidence.failed} of ${evidence.n} failed, ${evidence.open} have not answered yet.`;
}
