/**
 * Characters that XML 1.0 cannot hold, and those that turn the direction of text round, by which a name could be made to look like another. They are
 * shown as a replacement character.
 */
const unfit =
  /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]|[\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is safe inside elements and quoted attributes of HTML and XML. */
export function escapeMarkup(text: string): string {
  return text.replaceAll(unfit, '\u{FFFD}').replaceAll(/[&<>"']/g, (each) => entities[each] ?? '');
}

/** Markup that needs no more escaping. */
export interface Markup {
  readonly markup: string;
}

/** What may stand in a template: text is escaped, markup is not, lists are put together, `null` and `false` are nothing. */
export type Part = string | number | Markup | null | false | readonly Part[];

function render(part: Part): string {
  if (part === null || part === false) return '';
  if (typeof part === 'string') return escapeMarkup(part);
  if (typeof part === 'number') return String(part);
  if ('markup' in part) return part.markup;
  return part.map(render).join('');
}

/** A template of HTML or XML: everything that is put in is escaped, unless it came out of such a template. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const text = strings.map((string, index) => string + render(parts[index] ?? null)).join('');
  return { markup: text };
}
