/** Control characters but newline and tab, and those that turn the direction of writing. */
const steering = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text for a terminal. Names of files, of modules and of signers come from outside; what steers a terminal is shown as an escape
 * instead of being obeyed.
 */
export function printable(text: string): string {
  return text.replace(steering, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}
