import { parseTrust } from '@klpkit/payload';
import { parseReleaseKey } from '@klpkit/release';
import { addRelease, changeRollout, type RepositoryRole } from '@klpkit/repository';
import type { Rollout } from '@klpkit/rollout';
import { CliError } from '../cli-error.ts';
import type { Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { readInput } from '../files.ts';
import { formatPercent, parseMicroPercent } from './micro-percent.ts';
import { readEvidence } from './evidence.ts';
import { readFixes } from './fixes.ts';
import { type KeyOptions, openFolder } from './open.ts';

/** Tiers in the order of promotion. */
export const tierOrder = ['internal', 'proposed', 'updates', 'stable'] as const;

/** Options of `repo add`. */
export interface AddOptions extends KeyOptions {
  readonly cert: readonly string[];
  readonly release: string;
  readonly fixes?: readonly string[];
  readonly fixesFrom?: string;
  readonly endOfLife?: string;
  readonly evidence?: string;
  readonly evidenceKey?: readonly string[];
  readonly requireEvidence?: boolean;
}

/** `repo add DIR FILE`: verifies a livepatch as machines will, and publishes it. */
export async function add(session: Session, folder: string, file: string, options: AddOptions): Promise<ExitCode> {
  const { terminal } = session;
  const payload = await readInput(terminal.folder, file);
  const certificates = await Promise.all(options.cert.map((path) => readInput(terminal.folder, path)));
  const trust = await parseTrust({ certificates });
  if (options.evidence === undefined && options.evidenceKey !== undefined)
    throw new CliError('USAGE', '--evidence-key wants --evidence, the file that it is to verify');
  const evidence =
    options.evidence === undefined
      ? undefined
      : await readEvidence(session, options.evidence, options.evidenceKey ?? []);
  const init = {
    ...parseReleaseKey(options.release),
    fixes: await readFixes(terminal.folder, options),
    endOfLife: parseDay(options.endOfLife),
    evidence: null,
  };
  const publisher = await openFolder(session, folder, options);
  const { release, versions } = await addRelease(publisher, payload, init, {
    trust,
    requireEvidence: options.requireEvidence ?? false,
    ...(evidence === undefined ? {} : { evidence }),
    signal: terminal.signal,
  });
  session.answer(
    { ok: true, release, versions },
    `published ${options.release} for ${release.kernel} on ${release.arch}; nobody gets it before "repo rollout"`,
  );
  return exitCode.yes;
}

/** Options of `repo rollout` and `repo promote`. */
export interface RolloutOptions extends KeyOptions {
  readonly tier?: string;
  readonly percent?: string;
  readonly pause?: boolean;
  readonly resume?: boolean;
}

/** `repo rollout DIR KEY`: how far a release is in a tier, or whether it is paused. */
export async function rollout(
  session: Session,
  folder: string,
  key: string,
  options: RolloutOptions,
): Promise<ExitCode> {
  if (options.percent === undefined && options.pause !== true && options.resume !== true) {
    throw new CliError('USAGE', 'say what to change: --tier with --percent, --pause or --resume');
  }
  if (options.pause === true && options.resume === true)
    throw new CliError('USAGE', '--pause and --resume exclude each other');
  const share = options.percent === undefined ? undefined : parseMicroPercent(options.percent);
  return change(session, folder, key, options, (current) => {
    const paused = options.pause === true || (options.resume === true ? false : current.paused);
    return share === undefined
      ? { ...current, paused }
      : { ...withShare(current, options.tier ?? 'updates', share), paused };
  });
}

/** `repo promote DIR KEY`: opens the next tier in order. */
export async function promote(
  session: Session,
  folder: string,
  key: string,
  options: RolloutOptions,
): Promise<ExitCode> {
  const share = parseMicroPercent(options.percent ?? '100');
  return change(session, folder, key, options, (current) => {
    if (current.paused) throw new CliError('PAUSED', `${key} is paused: resume it first`, { exit: exitCode.no });
    const next =
      options.tier ??
      tierOrder.find((tier) => !current.tiers.some((open) => open.tier === tier && open.microPercent > 0));
    if (next === undefined)
      throw new CliError('NOTHING_TO_PROMOTE', `${key} is in every tier already`, { exit: exitCode.no });
    return withShare(current, next, share);
  });
}

async function change(
  session: Session,
  folder: string,
  key: string,
  options: KeyOptions,
  next: (current: Rollout) => Rollout,
): Promise<ExitCode> {
  const publisher = await openFolder(session, folder, options);
  const result = await changeRollout(publisher, key, (current) =>
    next(current ?? { release: key, paused: false, tiers: [] }),
  );
  const tiers = result.rollout.tiers
    .map(({ tier, microPercent }) => `${tier} ${formatPercent(microPercent)}`)
    .join(', ');
  session.answer(
    { ok: true, ...result },
    `${key}: ${result.rollout.paused ? 'paused at ' : ''}${tiers === '' ? 'no tier yet' : tiers}`,
  );
  return exitCode.yes;
}

function withShare(current: Rollout, tier: string, microPercent: number): Rollout {
  const known = current.tiers.some((open) => open.tier === tier);
  const tiers = known
    ? current.tiers.map((open) => (open.tier === tier ? { tier, microPercent } : open))
    : [...current.tiers, { tier, microPercent }];
  return { ...current, tiers };
}

function parseDay(text: string | undefined): number | null {
  if (text === undefined) return null;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new CliError('USAGE', '--end-of-life wants a day, YYYY-MM-DD');
  return time;
}

/** The roles whose keys an act needs, for its help. */
export const neededKeys: Readonly<Record<string, readonly RepositoryRole[]>> = {
  add: ['releases', 'snapshot', 'timestamp'],
  policy: ['targets', 'snapshot', 'timestamp'],
  rollout: ['rollout', 'snapshot', 'timestamp'],
  block: ['blocklist', 'snapshot', 'timestamp'],
  lift: ['lifted', 'blocklist', 'snapshot', 'timestamp'],
  refresh: ['rollout', 'blocklist', 'snapshot', 'timestamp'],
};
