/** Longest title that is kept. */
const maxTitle = 200;

/** One line for people out of text that nobody vouches for: no control characters, no direction marks, at most 200 characters. */
export function oneLine(text: string): string {
  const plain = text
    .slice(0, 4 * maxTitle)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return plain.length > maxTitle ? `${plain.slice(0, maxTitle - 1)}…` : plain;
}

/** A date as the records write it, epoch ms; `null` where it is not one. ISO 8601 without a zone is UTC, as in Ubuntu's tracker. */
export function dateFrom(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))? ?(Z|UTC|[+-]\d\d:?\d\d)?$/.exec(
    text.trim(),
  );
  if (match === null) return null;
  const [, day, time = '00:00', zone = 'Z'] = match;
  const at = Date.parse(`${day}T${time}${zone === 'UTC' ? 'Z' : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(at) || at < 0 ? null : at;
}

/** Whether a text is a CVE id. */
export function isCve(text: string): boolean {
  return /^CVE-[0-9]{4}-[0-9]{4,19}$/.test(text);
}

/** First of each, in order. */
export function unique<T>(values: Iterable<T>): T[] {
  return [...new Set(values)];
}
