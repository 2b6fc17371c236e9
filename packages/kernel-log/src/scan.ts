import { KernelLogError } from './error.ts';
import type { Incident } from './incident.ts';
import type { LogFormat } from './log-record.ts';
import type { LogRule } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import { checkRules, createRuleSet } from './rule-set.ts';
import { defaultRules } from './rules/rules.ts';
import type { Scanner } from './scanner.ts';
import { createScanner } from './scanner.ts';
import { createTextBlocks, maxLineLength } from './text-blocks.ts';
import { pull } from './pull.ts';

/** Options of {@link scanKernelLog} and {@link scanKernelText}. */
export interface ScanOptions {
  /**
   * Name of the livepatch module that incidents are attributed to. Without it each module that the log itself shows to be
   * a livepatch is: by the letter K, by the kernel's lines about it, or by the prefix `kpatch_`, `livepatch_` or `klp_`.
   * It filters nothing.
   */
  readonly module?: string;
  /** `auto` (the default) tells each line by its form. `kmsg` and `dmesg` force one. */
  readonly format?: 'auto' | LogFormat;
  /** Give out hardware, memory-pressure and user-space trouble too, as kind `external`. Default false. */
  readonly all?: boolean;
  /** Sequence number of the last record before the module was loaded: an incident up to it is attributed `none`. */
  readonly loadedSeq?: number;
  /** What to look for; the default is {@link defaultRules}. */
  readonly rules?: readonly LogRule[];
  /**
   * How long a live source may be silent, in milliseconds, before an incident that could still grow is given out.
   * Default 1000; `Infinity` waits for the next line or the end.
   */
  readonly settleMs?: number;
  /** Stops the scan; the reason is thrown as it is. */
  readonly signal?: AbortSignal;
}

/** How long a live source may be silent before what is open is given out. */
export const defaultSettleMs = 1000;

/**
 * Finds incidents in a kernel log, one for each fault. Each string is a whole record: one line, or what one read of
 * /dev/kmsg gave. Memory is bounded whatever the length of the log. Throws {@link KernelLogError} for wrong options; the
 * log itself is never a reason.
 *
 * Leaving the loop returns the source. A source that waits for new lines should know the same signal, since a read that
 * is under way cannot be taken back.
 *
 * @example
 * ```ts
 * import { scanKernelLog } from '@klpkit/kernel-log';
 *
 * const lines = ['[   10.100000] Kernel panic - not syncing: Fatal exception'];
 * for await (const incident of scanKernelLog(lines)) console.log(incident.kind, incident.title);
 * ```
 */
export async function* scanKernelLog(
  lines: Iterable<string> | AsyncIterable<string>,
  options: ScanOptions = {},
): AsyncGenerator<Incident, void, undefined> {
  const scanner = prepare(options).scanner;
  yield* drive(scanner, lines, options, {
    // After a record of /dev/kmsg its dictionary may come, which says nothing about incidents.
    push: (record) => {
      for (const line of record.split('\n')) scanner.read(line.slice(0, maxLineLength));
    },
    end: () => undefined,
  });
}

/**
 * The same over text that is cut anywhere, such as the chunks of a file: the fast way for large logs, since it looks at
 * lines only where a search over the whole chunk found something. Chunks of 64 KiB, what
 * `createReadStream` gives by itself, are best: larger ones were seen to cost two to three times as much, most of it for memory.
 *
 * @example
 * ```ts
 * import { scanKernelText } from '@klpkit/kernel-log';
 *
 * const chunks = ['[   10.100000] Kernel panic - not', ' syncing: Fatal exception\n'];
 * for await (const incident of scanKernelText(chunks)) console.log(incident.title);
 * ```
 */
export async function* scanKernelText(
  chunks: Iterable<string> | AsyncIterable<string>,
  options: ScanOptions = {},
): AsyncGenerator<Incident, void, undefined> {
  const { scanner, rules } = prepare(options);
  yield* drive(scanner, chunks, options, createTextBlocks(scanner, rules.hint));
}

function prepare(options: ScanOptions): { scanner: Scanner; rules: RuleSet } {
  if (options.module !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(options.module)) {
    throw invalid('module', 'a module name: letters, digits, _ and -, at most 64');
  }
  const settleMs = options.settleMs ?? defaultSettleMs;
  if (Number.isNaN(settleMs) || settleMs < 0) throw invalid('settleMs', 'a number of milliseconds from 0 on');
  const list = options.rules ?? defaultRules;
  if (list !== defaultRules) checkRules(list);
  const all = options.all ?? false;
  const rules = createRuleSet(list, { all });
  const scanner = createScanner({
    rules,
    format: options.format ?? 'auto',
    // The kernel prints names with _ where files have -.
    module: options.module?.replaceAll('-', '_'),
    loadedSeq: options.loadedSeq,
    all,
  });
  return { scanner, rules };
}

function invalid(name: string, what: string): KernelLogError {
  return new KernelLogError('INVALID_OPTION', `Option ${name} must be ${what}.`);
}

interface Sink {
  push(text: string): void;
  end(): void;
}

async function* drive(
  scanner: Scanner,
  source: Iterable<string> | AsyncIterable<string>,
  options: ScanOptions,
  sink: Sink,
): AsyncGenerator<Incident, void, undefined> {
  const { signal } = options;
  signal?.throwIfAborted();
  const settleMs = options.settleMs ?? defaultSettleMs;
  const restMs = (): number => (scanner.idle() ? Infinity : settleMs);
  for await (const text of pull(source, restMs, signal)) {
    if (text === null) scanner.settle();
    else sink.push(text);
    yield* scanner.take();
  }
  sink.end();
  scanner.settle();
  yield* scanner.take();
}
