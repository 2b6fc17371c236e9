import type { BlockEntry } from './blocklist.ts';
import type { BlockSubject } from './decide-apply.ts';

/**
 * The crash guard's word as an entry of this machine alone: the patch was live or going in when the machine went down. Goes into
 * `decideApply`'s `local`.
 *
 * @param now Epoch ms.
 * @example
 * ```ts
 * import { decideApply, localEntry } from '@klpkit/blocklist';
 *
 * const subject = { release: 'lp-6.1-3', sha256: 'ab'.repeat(32), kernel: '6.1.0-50-cloud-amd64' };
 * const { reason } = decideApply(undefined, subject, 're-apply', Date.now(), { local: [localEntry(subject, Date.now())] });
 * // 'blocked-here'
 * ```
 */
export function localEntry(subject: BlockSubject, now: number, options: { reason?: string } = {}): BlockEntry {
  return {
    release: subject.release,
    sha256: subject.sha256,
    kernels: subject.kernel === null ? '*' : [subject.kernel],
    action: 'no-apply',
    reason: options.reason ?? 'crashed-here',
    since: now,
  };
}
