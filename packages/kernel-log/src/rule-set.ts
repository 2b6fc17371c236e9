import { KernelLogError } from './error.ts';
import type { LogRule } from './rule.ts';

/** Rules made ready for work. */
export interface RuleSet {
  /** Finds in a block of text, from `lastIndex` on, where an incident or a line about livepatches may be. */
  readonly hint: RegExp;
  /** The first rule that matches at the start of a message, and the groups it found. */
  match(message: string): RuleMatch | undefined;
}

/** A rule and what its named groups found. */
export interface RuleMatch {
  readonly rule: LogRule;
  readonly groups: Readonly<Record<string, string | undefined>>;
}

/** Lines by which the kernel and kpatch name their livepatches; see `livepatch-watch.ts`. */
export const livepatchAnchors: readonly string[] = ['livepatch: ', 'TAINT_LIVEPATCH', 'kpatch: '];

/** Longer messages are cut for the rules: a kernel record holds 1024 bytes, so nothing of the kernel's is lost. */
const maxMatched = 4096;

/**
 * Throws INVALID_RULE unless all rules are well formed: a kebab-case id used once, anchors, a pattern without flags.
 *
 * @example
 * ```ts
 * import { checkRules, defaultRules } from '@klpkit/kernel-log';
 *
 * checkRules(defaultRules);
 * ```
 */
export function checkRules(rules: readonly LogRule[]): void {
  const seen = new Set<string>();
  if (rules.length === 0) throw invalid('(none)', 'the list is empty; leave the option out for the default rules');
  for (const rule of rules) {
    if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(rule.id)) throw invalid(rule.id, 'the id must be kebab-case');
    if (seen.has(rule.id)) throw invalid(rule.id, 'the id is used twice');
    seen.add(rule.id);
    if (rule.anchors.length === 0 || !rule.anchors.every((anchor) => /^\S.{1,}$/.test(anchor))) {
      throw invalid(rule.id, 'it needs anchors of at least 2 characters that begin with no blank and hold no newline');
    }
    if (rule.pattern.flags !== '') throw invalid(rule.id, 'the pattern must have no flags');
    if (rule.details?.some((detail) => detail.flags !== '')) throw invalid(rule.id, 'its details must have no flags');
  }
}

function invalid(id: string, why: string): KernelLogError {
  return new KernelLogError('INVALID_RULE', `Rule ${JSON.stringify(id)} is not well formed: ${why}.`);
}

/** The texts that are looked for in a block of log; one that begins with another is left out. */
export function hintTexts(rules: readonly LogRule[]): readonly string[] {
  const all = [...new Set([...rules.flatMap((rule) => rule.anchors), ...livepatchAnchors])];
  return all.filter((text) => !all.some((other) => other !== text && text.startsWith(other))).toSorted();
}

/**
 * Makes rules ready; they must have passed {@link checkRules}. Without `all` nothing is looked for on behalf of external
 * rules; they still have their turn in a line that was found, so that a process named like a fault is told from one.
 */
export function createRuleSet(rules: readonly LogRule[], options: { readonly all: boolean }): RuleSet {
  const compiled = rules.map((rule) => ({ rule, start: new RegExp(`^(?:${rule.pattern.source})`) }));
  const texts = hintTexts(options.all ? rules : rules.filter(({ kind }) => kind !== 'external'));
  const either = texts.map(escapeRegExp).join('|');
  const mayMatch = createFirstLook(rules, texts, either);
  return {
    // An engine skips fast to the few characters that can stand in front: this makes the search five times as fast.
    hint: new RegExp(`[\\n;>\\] "](?:${either})`, 'g'),
    match(message) {
      const head = message.length > maxMatched ? message.slice(0, maxMatched) : message;
      if (!mayMatch(head)) return undefined;
      for (const { rule, start } of compiled) {
        const match = start.exec(head);
        if (match !== null) return { rule, groups: match.groups ?? {} };
      }
      return undefined;
    },
  };
}

/** Most lines with a hint are harmless: for each hint in a message, the rules that it belongs to are tried as one pattern. */
function createFirstLook(
  rules: readonly LogRule[],
  texts: readonly string[],
  either: string,
): (head: string) => boolean {
  const owners = new Map(
    texts.map((text) => {
      const own = rules.filter((rule) => rule.anchors.some((anchor) => anchor.startsWith(text)));
      const patterns = own.map(({ pattern }) => withoutNames(pattern.source));
      return [text, patterns.length === 0 ? /$^/ : new RegExp(`^(?:${patterns.join('|')})`)] as const;
    }),
  );
  const hints = new RegExp(`(?:^|[>\\] ])(${either})`, 'g');
  return (head) => {
    hints.lastIndex = 0;
    for (let hit = hints.exec(head); hit !== null; hit = hints.exec(head)) {
      if (owners.get(hit[1] ?? '')?.test(head) === true) return true;
      hints.lastIndex = hit.index + 1; // the blank at the end of one hint may stand in front of the next
    }
    return false;
  };
}

/** A group's name may stand only once in a pattern. */
function withoutNames(source: string): string {
  return source.replace(/\(\?<\w+>/g, '(?:');
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
