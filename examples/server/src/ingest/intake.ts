import type { Ping } from '@klpkit/pings';
import type { Clock } from '../config.ts';
import { ServerError, type ServerErrorCode } from '../errors.ts';
import type { Published } from '../publish/published.ts';
import type { GroupCommit } from './group-commit.ts';
import type { TakenPing } from './ping-log.ts';

/** A ping that was not taken, and why. The others of its batch were. */
export interface RefusedPing {
  readonly id: string;
  readonly code: ServerErrorCode;
  readonly message: string;
}

/** What became of a batch: all of it is durable, was there already, or is refused for good. */
export interface IntakeResult {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly RefusedPing[];
}

interface IntakeOptions {
  readonly published: Published;
  readonly log: Pick<GroupCommit<TakenPing>, 'add'>;
  /** The plan's tiers: counts are kept for these and no others, or a sender could make the tables grow without end. */
  readonly tiers: ReadonlySet<string>;
  readonly clock: Clock;
  /** Called after each commit. */
  readonly onCommit: () => void;
}

/** Takes parsed pings and answers when they are durable. */
export function createIntake(
  options: IntakeOptions,
): (pings: readonly Ping[], tier: string | undefined) => Promise<IntakeResult> {
  return async (pings, tier) => {
    const good: Ping[] = [];
    const refused: RefusedPing[] = [];
    for (const ping of pings) {
      const why = refuse(ping, options, tier);
      if (why === undefined) good.push(ping);
      else refused.push(why);
    }
    const [first] = refused;
    if (good.length === 0 && first !== undefined) throw new ServerError(first.code, first.message);
    const receivedAt = options.clock();
    const isNew = await options.log.add(good.map((ping) => ({ ping, receivedAt })));
    options.onCommit();
    const accepted = isNew.filter(Boolean).length;
    return { accepted, duplicates: good.length - accepted, refused };
  };
}

function refuse(ping: Ping, options: IntakeOptions, tokenTier: string | undefined): RefusedPing | undefined {
  const no = (code: ServerErrorCode, message: string): RefusedPing => ({ id: ping.id, code, message });
  if (tokenTier !== undefined && ping.tier !== tokenTier)
    return no('FORBIDDEN', `This token is for pings of the tier ${tokenTier}. Use the token of the tier ${ping.tier}.`);
  if (!options.tiers.has(ping.tier))
    return no('TIER_UNKNOWN', `There is no tier ${ping.tier} here. Use one of ${[...options.tiers].join(', ')}.`);
  if (ping.release === null) return undefined;
  const known = options.published.current().byKey.get(ping.release);
  if (known === undefined)
    return no(
      'RELEASE_UNKNOWN',
      `There is no release ${ping.release} here. Drop this ping, or send it to the server that published it.`,
    );
  const fits = known.release.kernel === ping.kernel && known.release.arch === ping.arch;
  if (fits) return undefined;
  return no(
    'PING_MISMATCH',
    `${ping.release} is for ${known.release.kernel} (${known.release.arch}) and not for ${ping.kernel} (${ping.arch}). Drop this ping.`,
  );
}
