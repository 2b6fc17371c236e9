import { pingLimits } from './limits.ts';

/** What {@link redactKernelText} takes out besides what it knows by form. */
export interface RedactOptions {
  /** The machine's own names (host name, domain), of at least 3 characters each; shorter ones are not looked for. */
  readonly hostNames?: readonly string[];
}

// A line of the log as the kernel prints it is ASCII; what is not (a task's name, a torn record) says nothing and is made visible.
const unprintable = /[^\t\u0020-\u007e]/g;

// Linear each: no pattern has two ways to take the same character.
const rules: readonly (readonly [RegExp, string])[] = [
  [/\b(Hardware name: )[^<].*$/g, '$1<hardware>'],
  [/\b(UID: )\d+/g, '$1<uid>'],
  [/(\/(?:home|Users)\/)[^/\s<]+/g, '$1<user>'],
  [/(?<![\w.+-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g, '<email>'],
  [/(?<![\w-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/gi, '<uuid>'],
  [/(?<![\w:])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![\w:])/gi, '<mac>'],
  [/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g, '<ipv4>'],
  [/(?<!\w)(?:0x)?[0-9a-f]{32,}(?!\w)/gi, '<id>'],
  [/(?<!\w)0x[0-9a-f]{7,31}(?!\w)/gi, '<address>'],
  [/(?<!\w)[0-9a-f]{16}(?!\w)/gi, '<address>'],
];

/** Candidates only: a time of day or a PCI address has the same form and is told apart by its colons. */
const ipv6Candidate = /(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/gi;

/**
 * Takes out of a kernel line what could name the machine or undo KASLR: kernel and register addresses, IP and MAC addresses, UUIDs and
 * machine ids, users' names in paths and e-mail addresses, user ids, the hardware's name and, where they are given, host names. Symbols,
 * offsets (`foo+0x1c/0x40`), PIDs and task names stay. What is not printable ASCII becomes `?`. Doing it twice changes nothing; the time taken is linear in the text.
 *
 * @example
 * ```ts
 * import { redactKernelText } from '@klpkit/pings';
 *
 * redactKernelText('RIP: 0010:klp_foo+0x1c/0x40 RSP: 0018:ffffc90000a3fd58 from 10.1.2.3');
 * // 'RIP: 0010:klp_foo+0x1c/0x40 RSP: 0018:<address> from <ipv4>'
 * ```
 */
export function redactKernelText(text: string, options: RedactOptions = {}): string {
  // Once only: a machine that is called "host" would be found again in what stands for it.
  let redacted = hideNames(text.replace(unprintable, '?'), options.hostNames ?? []);
  // What is taken out can set free what stood next to it. Honest lines settle in a round or two.
  for (let round = 0; round < 16; round++) {
    const before = redacted;
    redacted = redactOnce(before);
    if (redacted === before) return redacted;
  }
  return '<redacted>';
}

function redactOnce(text: string): string {
  let redacted = text.replace(ipv6Candidate, (found) => (isIpv6(found) ? '<ipv6>' : found));
  for (const [pattern, replacement] of rules) redacted = redacted.replace(pattern, replacement);
  return redacted;
}

function hideNames(text: string, hostNames: readonly string[]): string {
  let hidden = text;
  for (const name of hostNames) if (name.length >= 3) hidden = hidden.replaceAll(name, '<host>');
  return hidden;
}

function isIpv6(text: string): boolean {
  return text.length > 2 && (text.includes('::') || text.split(':').length === 8) && /[0-9a-f]/i.test(text);
}

/**
 * Makes of a kernel line what a ping may carry: redacted, and cut to `pingLimits.lineLength`.
 *
 * @example
 * ```ts
 * import { pingLine } from '@klpkit/pings';
 *
 * const kernelLine = pingLine('livepatch: failed to find a symbol', { hostNames: ['web-1.example.org'] });
 * ```
 */
export function pingLine(text: string, options: RedactOptions & { maxLength?: number } = {}): string {
  const maxLength = options.maxLength ?? pingLimits.lineLength;
  // Four times the limit is looked at and no more: a line of megabytes is not worth its time.
  let line = redactKernelText(text.slice(0, 4 * maxLength), options).slice(0, maxLength);
  // A cut can make a new address out of a longer number.
  for (let round = 0; round < 16; round++) {
    const again = redactKernelText(line);
    if (again === line) return line;
    line = again.slice(0, maxLength);
  }
  return '<redacted>'.slice(0, maxLength);
}
