import type { LogRule } from '../rule.ts';
import { pattern } from './patterns.ts';

// Format string: kernel/panic.c, "Kernel panic - not syncing: %s".

const head = 'Kernel panic - not syncing';

/** The machine goes down. Within an incident a panic is its consequence. */
export const panicRules: readonly LogRule[] = [
  {
    id: 'panic-machine-check',
    kind: 'external',
    anchors: [head],
    pattern: pattern(head, ': (?:Fatal |Uncorrected |Timeout: .{0,40})?[Mm]achine check'),
    title: 'kernel panic: machine check',
  },
  {
    id: 'panic-stack-protector',
    kind: 'panic',
    role: 'follow',
    anchors: [head],
    pattern: pattern(
      head,
      String.raw`: stack-protector: Kernel stack is corrupted in: (?:(?<function>[A-Za-z_]\w{0,511})[.+]|\S)`,
    ),
    title: 'kernel panic: stack is corrupted in {function}',
    skip: /stack_chk/,
  },
  {
    id: 'panic-stack-end',
    kind: 'panic',
    role: 'follow',
    anchors: [head],
    pattern: pattern(head, ': corrupted stack end detected inside scheduler'),
    title: 'kernel panic: corrupted stack end in {function}',
    skip: /schedule|retint_kernel/,
    pick: 'stall',
  },
  {
    id: 'panic-on-warn',
    kind: 'panic',
    role: 'follow',
    anchors: [head],
    pattern: pattern(head, String.raw`: (?:.{1,30}: )?panic_on_warn set`),
    title: 'kernel panic: panic_on_warn set',
  },
  {
    id: 'panic-init',
    kind: 'panic',
    role: 'follow',
    anchors: [head],
    pattern: pattern(head, ': Attempted to kill init!'),
    title: 'kernel panic: Attempted to kill init!',
  },
  {
    id: 'panic',
    kind: 'panic',
    role: 'follow',
    anchors: [head],
    pattern: pattern(head, String.raw`(?:: (?<what>[^\n]{1,120}))?`),
    title: 'kernel panic: {what}',
  },
  {
    id: 'panic-end',
    kind: 'panic',
    role: 'follow',
    anchors: ['---[ end Kernel panic'],
    pattern: /---\[ end Kernel panic - not syncing(?:: (?<what>[^\n]{1,120}?))?(?: \]---)?$/,
    title: 'kernel panic: {what}',
  },
];
