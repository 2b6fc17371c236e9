/** Parts that many rules share. All are linear: no repeat within a repeat. */

/** `func+0x1a/0x40 [module]` as the group `ip`: where it happened. */
export const ip = String.raw`(?<ip>[A-Za-z_$][\w.$]{0,511}\+0x[0-9a-f]{1,16}\/0x[0-9a-f]{1,16}(?: [\w./-]+:\d+)?(?: \[[\w-]{1,64}(?: [0-9a-f]{40})?\])?)`;

/**
 * The number that the kernel counts its oopses with. It ends the line, or words in capitals follow (`SMP`, `PREEMPT`): a process
 * may be named `Oops: 0002 [#1]`, which is followed by other things.
 */
export const oopsNumber = String.raw`\[#(?<number>\d{1,9})\](?=[:,]?\s*$| [A-Z])`;

/** A task's name: user space chooses it, blanks and colons included. */
export const comm = '(?<comm>[^]{1,40}?)';

/** Lockdep's headings stood in brackets before 4.14. */
export const lockdepHead = String.raw`(?:\[ )?`;

/** Where lockdep says that a lock was taken. */
export const lockPlace = /\bat: (?:\[<[0-9a-f]{4,16}>\] *)?(?<function>[A-Za-z_]\w{0,511})[.+]/;

/** A pattern from parts. */
export function pattern(...parts: readonly string[]): RegExp {
  return new RegExp(parts.join(''));
}
