const maxTitle = 200;

/** Fills a rule's title; where nothing was found for a name, it goes together with the word before it. */
export function renderTitle(template: string, values: ReadonlyMap<string, string>): string {
  const filled = template.replace(/( in| of)?( ?)\{(\w+)\}/g, (_whole, word = '', blank = '', name = '') => {
    const value = values.get(name as string);
    return value === undefined ? '' : `${word as string}${blank as string}${value}`;
  });
  // A title is printed on terminals: what a log holds must not steer them.
  return filled
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .replace(/:$/, '')
    .slice(0, maxTitle);
}

/** Takes out of a kernel's free words what differs from one time to the next: addresses and numbers. */
export function withoutNumbers(text: string): string {
  return text
    .slice(0, maxTitle)
    .replace(/\b0x[0-9a-f]+\b/gi, 'ADDR')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,16}\b/g, 'ADDR')
    .replace(/(?<!\w)\d+(?!\w)/g, 'NUM')
    .replace(/[ .]+$/, '');
}
