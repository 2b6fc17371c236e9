import type { Priority } from './priority.ts';
import type { VendorWord } from './record.ts';

const meanings: Readonly<Record<string, Priority>> = {
  negligible: 'negligible',
  unimportant: 'negligible',
  none: 'negligible',
  low: 'low',
  medium: 'medium',
  moderate: 'medium',
  high: 'high',
  important: 'high',
  critical: 'critical',
};

/** Words that say that nobody has judged yet. */
const undecided = new Set([
  '',
  'untriaged',
  'unknown',
  'not yet assigned',
  'not-yet-assigned',
  'end-of-life',
  'unspecified',
]);

/** What a vendor's word means; `null`: nobody has judged yet; `undefined`: no such word. Debian's stars mark what is unconfirmed. */
export function readVendorWord(vendor: string, text: string): VendorWord | null | undefined {
  const word = text
    .trim()
    .toLowerCase()
    .replace(/\*{1,2}$/, '');
  if (undecided.has(word)) return null;
  const priority = Object.hasOwn(meanings, word) ? meanings[word] : undefined;
  return priority === undefined ? undefined : { vendor, word: text.trim(), priority };
}
