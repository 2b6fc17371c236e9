import { affects } from './affected.ts';
import { type Build, unbuiltFiles } from './built.ts';
import { type ConfigHint, defaultConfigHints } from './config-hints.ts';
import { decidePriority, decidingScore, type PriorityAnswer } from './decide-priority.ts';
import { type Effort, unknownEffort } from './effort.ts';
import type { Kernel } from './kernel.ts';
import type { KernelConfig } from './kernel-config.ts';
import { dayMs, defaultTriagePolicy, type Override, type TriagePolicy } from './policy.ts';
import { priorities } from './priority.ts';
import type { AffectedAnswer, IneligibleReason, QueueEntry } from './queue-entry.ts';
import type { Vulnerability } from './record.ts';

/** What to judge by. */
export interface TriageOptions {
  readonly kernel: Kernel;
  readonly policy?: TriagePolicy;
  /** Configuration of the kernel. */
  readonly config?: KernelConfig;
  /** All modules of the kernel's build, built-in ones included. */
  readonly modules?: ReadonlySet<string>;
  /** Estimates from the upstream fixes, by CVE; what has none is `unknown`. */
  readonly efforts?: ReadonlyMap<string, Effort>;
  /** Epoch ms. */
  readonly now: number;
  readonly signal?: AbortSignal;
}

interface Case {
  readonly flaw: Vulnerability;
  readonly override: Override | undefined;
  readonly affected: AffectedAnswer;
  readonly effort: Effort;
  readonly priority: PriorityAnswer;
}

interface Judge {
  readonly kernel: Kernel;
  readonly policy: TriagePolicy;
  readonly build: Build;
  readonly fixed: ReadonlySet<string>;
  readonly hints: readonly ConfigHint[];
}

interface Verdict {
  readonly reason: IneligibleReason | null;
  readonly message: string;
}

/** First what a fact rules out, then what the policy does, then what cannot be done: each says more than the one after it. */
function verdictOn({ flaw, affected, effort, priority }: Case, judge: Judge): Verdict {
  if (flaw.rejected !== null) return { reason: 'rejected', message: `The id was rejected: ${flaw.rejected}` };
  if (affected.status === 'unaffected') return { reason: 'not-affected', message: affected.because };
  if (judge.fixed.has(flaw.cve)) return { reason: 'already-fixed', message: 'The running livepatch has the fix.' };
  const unbuilt = unbuiltFiles(flaw.programFiles, judge.build, judge.hints);
  if (unbuilt[0] !== undefined) {
    return { reason: 'config-not-built', message: `${unbuilt[0]} is not built into this kernel or a module of it.` };
  }
  if (!judge.policy.eligible.includes(priority.priority)) {
    return {
      reason: 'below-the-line',
      message: `Its priority is ${priority.priority}; livepatches are made for ${judge.policy.eligible.join(', ')}.`,
    };
  }
  if (effort.class === 'impossible') {
    const blocking = effort.signs.find(({ blocks }) => blocks);
    const why = blocking === undefined ? 'the fix changes no code of the kernel' : `${blocking.kind}: ${blocking.what}`;
    return {
      reason: 'cannot-be-livepatched',
      message: `A livepatch cannot carry the fix (${why}); the kernel has to be updated.`,
    };
  }
  return { reason: null, message: affected.because };
}

function affectedBy(flaw: Vulnerability, override: Override | undefined, kernel: Kernel): AffectedAnswer {
  if (override?.affected === undefined) return affects(flaw, kernel);
  return {
    status: override.affected ? 'affected' : 'unaffected',
    because: `${override.by} decided: ${override.reason}`,
  };
}

function entryOf(one: Case, judge: Judge, now: number): QueueEntry {
  const { flaw, affected, effort, priority } = one;
  const { reason, message } = verdictOn(one, judge);
  const days = judge.policy.deadlineDays[priority.priority];
  const deadline =
    reason !== null || days === null || flaw.publishedAt === null ? null : Math.round(flaw.publishedAt + days * dayMs);
  const { cve, title, files, publishedAt, fixCommits, programFiles, conflicts } = flaw;
  return {
    cve,
    file: files[0] ?? '',
    files,
    title,
    ...priority,
    eligible: reason === null,
    reason,
    message,
    affected,
    effort: effort.class,
    estimate: effort,
    deadline,
    overdue: deadline !== null && deadline < now,
    publishedAt,
    score: decidingScore(flaw.scores),
    fixCommits,
    programFiles,
    conflicts,
  };
}

const efforts = ['easy', 'medium', 'complex', 'unknown', 'impossible'] as const;

/** CVE ids by year and number; as text 10000 would come before 9999. */
function compareIds(a: string, b: string): number {
  const [left, right] = [a.slice('CVE-2000-'.length), b.slice('CVE-2000-'.length)];
  const byYear = a.slice(0, 8) < b.slice(0, 8) ? -1 : a.slice(0, 8) > b.slice(0, 8) ? 1 : 0;
  return byYear || left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

function compareWork(a: QueueEntry, b: QueueEntry): number {
  return (
    Number(b.eligible) - Number(a.eligible) ||
    priorities.indexOf(b.priority) - priorities.indexOf(a.priority) ||
    Number(b.overdue) - Number(a.overdue) ||
    efforts.indexOf(a.effort) - efforts.indexOf(b.effort) ||
    (a.deadline ?? Number.MAX_SAFE_INTEGER) - (b.deadline ?? Number.MAX_SAFE_INTEGER) ||
    (a.estimate.score ?? 0) - (b.estimate.score ?? 0) ||
    compareIds(a.cve, b.cve)
  );
}

/**
 * Judges CVEs for one kernel and puts them in the order of work: what gets a livepatch first, by priority; of one priority what is overdue
 * first, then what is easy, then by deadline. What gets none comes after, each with its reason. A kernel for which it is not known whether
 * it is affected counts as affected: somebody has to look.
 *
 * @example
 * ```ts
 * import { describeKernel, mergeRecords, readRecords, triage } from '@klpkit/triage';
 *
 * const records = readRecords('CVE-2024-38550 (a flaw)\n\t- linux 6.8.12-1\n', { file: 'list' });
 * const queue = triage(mergeRecords(records), { kernel: describeKernel('6.12.48+deb13-amd64'), now: 1_764_000_000_000 });
 * const next = queue.find(({ eligible }) => eligible);
 * ```
 */
export function triage(flaws: readonly Vulnerability[], options: TriageOptions): QueueEntry[] {
  const { kernel, policy = defaultTriagePolicy, config = null, modules = null, now, signal } = options;
  const fixedIn = [...(policy.fixedInPatch['*'] ?? []), ...(policy.fixedInPatch[kernel.release] ?? [])];
  const judge: Judge = {
    kernel,
    policy,
    build: { config, modules, arch: kernel.arch },
    fixed: new Set(fixedIn),
    hints: [...policy.configHints, ...defaultConfigHints],
  };
  const overrides = new Map(policy.overrides.map((override) => [override.cve, override]));
  const distribution = kernel.package?.distribution;
  const entries = flaws.map((flaw) => {
    signal?.throwIfAborted();
    const override = overrides.get(flaw.cve);
    const estimate = options.efforts?.get(flaw.cve) ?? unknownEffort;
    const effort = override?.effort === undefined ? estimate : { ...estimate, class: override.effort };
    const priority = decidePriority(flaw, {
      policy: { ...policy, overrides: override === undefined ? [] : [override] },
      ...(distribution === undefined ? {} : { distribution }),
    });
    return entryOf({ flaw, override, effort, priority, affected: affectedBy(flaw, override, kernel) }, judge, now);
  });
  return entries.toSorted(compareWork);
}
