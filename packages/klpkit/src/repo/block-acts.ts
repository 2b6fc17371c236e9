import type { BlockAction, BlockEntry } from '@klpkit/blocklist';
import { blockRelease, liftRelease, refresh as refreshRepository, showRepository } from '@klpkit/repository';
import { CliError } from '../cli-error.ts';
import type { Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { formatPercent } from './micro-percent.ts';
import { type KeyOptions, openFolder } from './open.ts';

const actions: readonly BlockAction[] = ['no-offer', 'no-apply', 'disable'];

/** Options of `repo block` and `repo lift`. */
export interface BlockOptions extends KeyOptions {
  readonly reason: string;
  readonly action?: string;
  readonly kernel?: readonly string[];
  readonly sha256?: string;
}

/** `repo block DIR KEY`: nobody new gets the release, and what has it follows the action. */
export async function block(session: Session, folder: string, key: string, options: BlockOptions): Promise<ExitCode> {
  const action = actions.find((known) => known === (options.action ?? 'no-apply'));
  if (action === undefined) throw new CliError('USAGE', `--action is one of ${actions.join(', ')}`);
  const entry: BlockEntry = {
    release: key,
    sha256: options.sha256?.toLowerCase() ?? null,
    kernels: options.kernel ?? '*',
    action,
    reason: options.reason,
    since: Date.now(),
  };
  const { blocklist, versions } = await blockRelease(await openFolder(session, folder, options), entry);
  session.answer(
    { ok: true, entry, blocklist: { epoch: blocklist.epoch, version: blocklist.version }, versions },
    `${key} is blocked (${action}) for ${options.reason}`,
  );
  return exitCode.yes;
}

/** `repo lift DIR KEY`: takes the block of a release back. */
export async function lift(session: Session, folder: string, key: string, options: BlockOptions): Promise<ExitCode> {
  const publisher = await openFolder(session, folder, options);
  const { blocklist: current } = await showRepository(publisher);
  const entry = current.entries.find(({ release }) => release === key);
  if (entry === undefined) throw new CliError('NOT_BLOCKED', `${key} is not blocked here`, { exit: exitCode.no });
  const lifted = { release: key, sha256: entry.sha256, since: entry.since, at: Date.now(), reason: options.reason };
  const { blocklist, versions } = await liftRelease(publisher, lifted);
  session.answer(
    { ok: true, lifted, blocklist: { epoch: blocklist.epoch, version: blocklist.version }, versions },
    `the block of ${key} is lifted`,
  );
  return exitCode.yes;
}

/** `repo refresh DIR`: proves that the repository is alive. */
export async function refresh(session: Session, folder: string, options: KeyOptions): Promise<ExitCode> {
  const { due, versions } = await refreshRepository(await openFolder(session, folder, options));
  const warnings = due.map(({ role, expires }) => `; bring the ${role} key before ${new Date(expires).toISOString()}`);
  session.answer({ ok: true, due, versions }, `refreshed${warnings.join('')}`);
  return exitCode.yes;
}

/** `repo show DIR`: all that is published. */
export async function show(session: Session, folder: string): Promise<ExitCode> {
  const contents = await showRepository(await openFolder(session, folder));
  const lines = contents.releases.map(({ key, release, rollout }) => {
    const tiers =
      rollout?.tiers.map(({ tier, microPercent }) => `${tier} ${formatPercent(microPercent)}`).join(', ') ??
      'not handed out';
    return `${key}  ${release.kernel} ${release.arch}  ${rollout?.paused === true ? 'paused at ' : ''}${tiers}`;
  });
  const blocked = contents.blocklist.entries.map(
    ({ release, action, reason }) => `blocked: ${release} (${action}, ${reason})`,
  );
  const fresh = `fresh until ${new Date(contents.expires.timestamp).toISOString()}`;
  session.answer({ ok: true, ...contents }, [...lines, ...blocked, fresh].join('\n'));
  return exitCode.yes;
}
