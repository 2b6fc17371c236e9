import { checkTarget, isVerifyError, type Trust, type VerifiedModule, verifyModule } from '@klpkit/payload';
import { isReleaseError, parseRelease, type Release, releaseKey } from '@klpkit/release';
import { type RolloutPlan, startRollout } from '@klpkit/rollout';
import { appendAudit } from '../database/audit.ts';
import type { Database, Sql } from '../database/database.ts';
import { plainMessage, ServerError } from '../errors.ts';
import type { PayloadStore } from '../files/payload-store.ts';

/** What is needed to judge and publish. */
export interface PublishContext {
  readonly payloads: PayloadStore;
  readonly trust: Trust;
  readonly plan: RolloutPlan;
  readonly maxPayloadBytes: number;
  /** As in the audit rows. */
  readonly actor: string;
  readonly now: number;
}

/**
 * Verifies a payload as a machine will: what no machine would take is refused here already.
 *
 * @throws ServerError `PAYLOAD_REFUSED`
 */
export async function judgePayload(
  bytes: Uint8Array,
  options: { sha256: string; trust: Trust; maxBytes: number },
): Promise<VerifiedModule> {
  try {
    const module = await verifyModule(bytes, {
      trust: options.trust,
      sha256: options.sha256,
      maxBytes: options.maxBytes,
    });
    if (module.livepatch) return module;
  } catch (cause) {
    if (!isVerifyError(cause)) throw cause;
    throw refused(cause.message, cause);
  }
  throw new ServerError(
    'PAYLOAD_REFUSED',
    'This kernel module is no livepatch (its .modinfo has no livepatch=Y). Publish the module that the livepatch build made.',
  );
}

function refused(why: string, cause?: unknown): ServerError {
  return new ServerError(
    'PAYLOAD_REFUSED',
    `Machines would refuse this payload (${why}). Publish one that they take.`,
    { cause },
  );
}

/**
 * Publishes a release whose payload is in the store: it begins in the first phase of the plan. Publishing the very same document
 * again changes nothing and is no error, so that a script can be run twice.
 *
 * @throws ServerError `RELEASE_MALFORMED`, `PAYLOAD_UNKNOWN`, `PAYLOAD_REFUSED`, `RELEASE_EXISTS`
 */
export async function publishRelease(
  database: Database,
  json: unknown,
  context: PublishContext,
): Promise<{ key: string; isNew: boolean }> {
  const release = parse(json);
  const key = releaseKey(release);
  await judgeAgainstPayload(release, context);
  const isNew = await database.transaction((sql) => insert(sql, { key, release }, context));
  return { key, isNew };
}

function parse(json: unknown): Release {
  try {
    return parseRelease(json);
  } catch (cause) {
    if (isReleaseError(cause)) throw new ServerError('RELEASE_MALFORMED', plainMessage(cause), { cause });
    throw cause;
  }
}

async function judgeAgainstPayload(release: Release, context: PublishContext): Promise<void> {
  const size = await context.payloads.size(release.sha256);
  if (size === undefined) {
    throw new ServerError(
      'PAYLOAD_UNKNOWN',
      `There is no payload ${release.sha256}. Send it first: PUT /v1/admin/payloads/${release.sha256}.`,
    );
  }
  if (size !== release.size)
    throw new ServerError(
      'PAYLOAD_REFUSED',
      `The payload has ${size} bytes, the release says ${release.size}. Correct the release.`,
    );
  const bytes = await context.payloads.readAll(release.sha256);
  const module = await judgePayload(bytes, {
    sha256: release.sha256,
    trust: context.trust,
    maxBytes: context.maxPayloadBytes,
  });
  const fit = checkTarget(module, { release: release.kernel, arch: release.arch });
  if (!fit.fits) throw refused(fit.message);
}

async function insert(
  sql: Sql,
  published: { key: string; release: Release },
  context: PublishContext,
): Promise<boolean> {
  const { key, release } = published;
  const { actor, now } = context;
  const { rowCount } = await sql.query(
    'insert into releases (key, kernel, arch, document, published_at) values ($1, $2, $3, $4, $5) on conflict (key) do nothing',
    [key, release.kernel, release.arch, JSON.stringify(release), now],
  );
  if (rowCount === 0) {
    const { rowCount: same } = await sql.query('select 1 from releases where key = $1 and document = $2::jsonb', [
      key,
      JSON.stringify(release),
    ]);
    if (same === 1) return false;
    throw new ServerError(
      'RELEASE_EXISTS',
      `${key} is published already and says something else. Give this one a new version or re-roll number.`,
    );
  }
  const state = startRollout(context.plan, key, now);
  await sql.query('insert into rollouts (release, state, updated_at) values ($1, $2, $3)', [
    key,
    JSON.stringify(state),
    now,
  ]);
  await appendAudit(sql, { at: now, actor, action: 'release-published', release: key, detail: { release } });
  return true;
}
