import { isVerifiedModule, type VerifiedModule } from '@klpkit/payload';
import { type Context, contextOf } from './context.ts';
import { errnoOf } from './errno.ts';
import { KernelError } from './error.ts';
import { defaultInsertDeadlineMs, type InsertOptions } from './insert-options.ts';
import { findKernelLine, markLog } from './kernel-line.ts';
import { checkPatchName } from './patch-name.ts';
import { insertRefusal } from './refusal.ts';
import { readModuleState } from './transition-read.ts';

/** A module that is still `coming` after this time was not put there by a load that goes well. */
const stuckAfterMs = 500;

/** How long a killed inserter may take to say how it ended. */
const lastWordsMs = 1000;

/** Longest parameter string; the kernel's own limit is far above. */
const maxParamsBytes = 4096;

/**
 * Loads a verified livepatch into the kernel. The system call is made in a process of its own with a deadline, so that the
 * caller gets an answer whatever the kernel does: it resolves once the module is live (its transition may still run, see
 * {@link watchTransition}), and rejects with a code, the errno by name and the kernel's own log line where there is one.
 *
 * After `INSERTER_DIED` or `INSERTER_HUNG` the module's name is stuck until a reboot: insert nothing more.
 *
 * `signal` is checked before the kernel is touched. Once the insertion began it is not heard: the promise tells what the kernel did.
 *
 * @throws {@link KernelError} `NOT_VERIFIED`, `NOT_A_LIVEPATCH`, `INVALID_ARGUMENT`, `NAME_STUCK`, `INSERTER_DIED`,
 * `INSERTER_HUNG`, `INSERTER_FAILED`, and the codes of a refusal: `PERMISSION_DENIED`, `ALREADY_LOADED`, `BUSY`, `KEY_REJECTED`,
 * `SIGNATURE_MALFORMED`, `WRONG_FORMAT`, `UNKNOWN_SYMBOL`, `OUT_OF_MEMORY`, `NOT_SUPPORTED`, `REJECTED`.
 *
 * @example
 * ```ts
 * import { insertModule, watchTransition } from '@klpkit/kernel';
 * import { type Trust, verifyModule } from '@klpkit/payload';
 *
 * export async function apply(bytes: Uint8Array, sha256: string, trust: Trust): Promise<void> {
 *   const module = await verifyModule(bytes, { trust, sha256 });
 *   await insertModule(module);
 *   for await (const state of watchTransition(module.name)) console.log(state.kind);
 * }
 * ```
 */
export async function insertModule(module: VerifiedModule, options: InsertOptions = {}): Promise<void> {
  const { signal, params = '', deadlineMs = defaultInsertDeadlineMs } = options;
  signal?.throwIfAborted();
  checkSubject(module);
  checkOptions(params, deadlineMs);
  const context = contextOf(options);
  const wasLoaded = (await refuseStuckName(module.name, context)) !== undefined;
  const mark = await markLog(context);
  signal?.throwIfAborted();
  const outcome = await insertWithDeadline(module, params, deadlineMs, context);
  if (outcome.kind === 'loaded') return;
  // The process may be gone and the load have gone well all the same: the kernel's word counts.
  if (outcome.kind !== 'failed' && !wasLoaded && readModuleState(context.root, module.name) === 'live') return;
  throw await explain(outcome, module.name, deadlineMs, mark, context);
}

type Answer = { readonly kind: 'loaded' } | { readonly kind: 'failed' | 'died'; readonly cause: unknown };
type Outcome = Answer | { readonly kind: 'hung' };

function checkSubject(module: VerifiedModule): void {
  if (!isVerifiedModule(module)) {
    throw new KernelError(
      'NOT_VERIFIED',
      'The module was not made by verifyModule of the same copy of @klpkit/payload: verify the bytes and pass its result.',
    );
  }
  checkPatchName(module.name);
  if (!module.livepatch) {
    throw new KernelError(
      'NOT_A_LIVEPATCH',
      `Module ${module.name} has no livepatch=Y in its .modinfo: this package loads livepatches only.`,
    );
  }
}

function checkOptions(params: string, deadlineMs: number): void {
  if (params.includes('\0') || Buffer.byteLength(params) > maxParamsBytes) {
    throw new KernelError('INVALID_ARGUMENT', `params must be at most ${maxParamsBytes} bytes and hold no NUL.`);
  }
  if (!Number.isFinite(deadlineMs) || deadlineMs < 1 || deadlineMs > 3_600_000) {
    throw new KernelError('INVALID_ARGUMENT', `deadlineMs is ${deadlineMs}: it must be from 1 to 3600000.`);
  }
}

/** A second insertion of a name that is stuck in `coming` blocks in the kernel: it is not tried. */
async function refuseStuckName(name: string, { root, clock, signal }: Context): Promise<'live' | 'going' | undefined> {
  let state = readModuleState(root, name);
  if (state === 'coming') {
    await clock.sleep(stuckAfterMs, signal);
    state = readModuleState(root, name);
  }
  if (state !== 'coming') return state;
  throw new KernelError(
    'NAME_STUCK',
    `Module ${name} is stuck in "coming": an earlier load died or hangs in its init. Reboot; nothing less clears the name.`,
    { path: `${root.sysfs}/module/${name}/initstate` },
  );
}

async function insertWithDeadline(
  module: VerifiedModule,
  params: string,
  deadlineMs: number,
  { loader, clock }: Context,
): Promise<Outcome> {
  const abandon = new AbortController();
  const settled = new AbortController();
  const call = async (): Promise<void> => loader.insert(module.toBytes(), params, abandon.signal); // a throw is a rejection too
  const answer = call().then(
    (): Answer => ({ kind: 'loaded' }),
    (cause: unknown): Answer => ({ kind: deathOf(cause) === true ? 'died' : 'failed', cause }),
  );
  const silence = (ms: number): Promise<undefined> =>
    clock.sleep(ms, settled.signal).then(
      () => undefined,
      () => undefined,
    );
  try {
    const outcome = await Promise.race([answer, silence(deadlineMs)]);
    if (outcome !== undefined) return outcome;
    abandon.abort();
    const last = await Promise.race([answer, silence(lastWordsMs)]);
    return last === undefined || !tellsOutcome(last) ? { kind: 'hung' } : last;
  } finally {
    settled.abort();
  }
}

/** What an inserter says of its death: true inside the system call, false before it; undefined from other loaders. */
function deathOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'died' in cause ? cause.died : undefined;
}

/** Whether an answer that came after the deadline still counts: the kernel's word, or the proof that it was never asked. */
function tellsOutcome(answer: Answer): boolean {
  return answer.kind === 'loaded' || errnoOf(answer.cause) !== undefined || deathOf(answer.cause) === false;
}

async function explain(
  outcome: Exclude<Outcome, { kind: 'loaded' }>,
  name: string,
  deadlineMs: number,
  mark: number | null,
  context: Context,
): Promise<KernelError> {
  const kernelLine = await findKernelLine(name, outcome.kind === 'failed' ? 'refused' : 'died', mark, context);
  if (outcome.kind === 'hung') {
    const message = `The kernel did not answer within ${deadlineMs} ms: the init of ${name} hangs. Its name is stuck; insert nothing more and reboot.`;
    return new KernelError('INSERTER_HUNG', message, { kernelLine });
  }
  const { cause } = outcome;
  if (outcome.kind === 'died') {
    const message = `The inserter died inside the system call: the init of ${name} oopsed, or the process was killed. Read the kernel log, insert nothing more and reboot.`;
    return new KernelError('INSERTER_DIED', message, { kernelLine, cause });
  }
  const errno = errnoOf(cause);
  if (errno !== undefined) return insertRefusal(name, errno, kernelLine, cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  const message = `Module ${name} was not inserted, the kernel was not called (${text}): see the cause.`;
  return new KernelError('INSERTER_FAILED', message, { cause });
}
