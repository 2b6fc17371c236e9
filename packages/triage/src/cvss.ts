import cvss from 'ae-cvss-calculator';
import type { Priority } from './priority.ts';
import type { CvssVersion } from './record.ts';

const of3 = { AV: 'NALP', AC: 'LH', PR: 'NLH', UI: 'NR', S: 'UC', C: 'HLN', I: 'HLN', A: 'HLN' };
/** Base metrics of each version with the values that they take (FIRST's specifications). */
const baseMetrics: Readonly<Record<CvssVersion, Readonly<Record<string, string>>>> = {
  '2.0': { AV: 'LAN', AC: 'HML', Au: 'MSN', C: 'NPC', I: 'NPC', A: 'NPC' },
  '3.0': of3,
  '3.1': of3,
  '4.0': {
    AV: 'NALP',
    AC: 'LH',
    AT: 'NP',
    PR: 'NLH',
    UI: 'NPA',
    VC: 'HLN',
    VI: 'HLN',
    VA: 'HLN',
    SC: 'HLN',
    SI: 'HLN',
    SA: 'HLN',
  },
};
const calculators = { '2.0': cvss.Cvss2, '3.0': cvss.Cvss3P0, '3.1': cvss.Cvss3P1, '4.0': cvss.Cvss4P0 };

function versionOf(vector: string): CvssVersion | undefined {
  const [, version] = /^CVSS:(3\.0|3\.1|4\.0)\//.exec(vector) ?? [];
  if (version !== undefined) return version as CvssVersion;
  return /^\(?AV:/.test(vector) ? '2.0' : undefined;
}

/** The base metrics of a vector, or `undefined` where one is missing, double or has no such value. The calculator would let that pass. */
function baseOf(version: CvssVersion, vector: string): string | undefined {
  const parts = vector
    .replace(/^CVSS:[0-9.]+\//, '')
    .replace(/^\((.*)\)$/, '$1')
    .split('/');
  const given = new Map<string, string>();
  for (const part of parts) {
    const [, metric, value] = /^([A-Za-z]{1,3}):([A-Za-z]{1,5})$/.exec(part) ?? [];
    if (metric === undefined || value === undefined || given.has(metric)) return undefined;
    given.set(metric, value);
  }
  const base: string[] = [];
  for (const [metric, allowed] of Object.entries(baseMetrics[version])) {
    const value = given.get(metric);
    if (value?.length !== 1 || !allowed.includes(value)) return undefined;
    base.push(`${metric}:${value}`);
  }
  return version === '2.0' ? base.join('/') : `CVSS:${version}/${base.join('/')}`;
}

/**
 * The version and base score of a CVSS vector of version 2, 3.0, 3.1 or 4.0; `undefined` where it is none. Threat and environmental
 * metrics are left out, because they tell of somebody else's place.
 *
 * @returns the score in tenths: 78 is 7.8
 * @example
 * ```ts
 * import { readCvss } from '@klpkit/triage';
 *
 * const rated = readCvss('CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H'); // { version: '3.1', baseTenths: 78 }
 * ```
 */
export function readCvss(vector: string): { version: CvssVersion; baseTenths: number } | undefined {
  const version = vector.length > 512 ? undefined : versionOf(vector);
  const base = version === undefined ? undefined : baseOf(version, vector);
  if (version === undefined || base === undefined) return undefined;
  const scores = new calculators[version](base).calculateScores();
  if (scores.base === undefined) return undefined;
  return { version, baseTenths: Math.round(scores.base * 10) };
}

/**
 * The band of a base score: 0 is negligible, below 4 low, below 7 medium, below 9 high, from 9 on critical. Version 2 has no critical.
 *
 * @example
 * ```ts
 * import { priorityOfScore } from '@klpkit/triage';
 *
 * const priority = priorityOfScore({ version: '3.1', baseTenths: 78 }); // 'high'
 * ```
 */
export function priorityOfScore({ version, baseTenths }: { version: CvssVersion; baseTenths: number }): Priority {
  if (baseTenths >= 90 && version !== '2.0') return 'critical';
  if (baseTenths >= 70) return 'high';
  if (baseTenths >= 40) return 'medium';
  return baseTenths > 0 ? 'low' : 'negligible';
}
