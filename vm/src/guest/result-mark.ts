/** Starts a line that is a result and not a message of a scenario. */
export const resultMark = '\u001f';

/** Tells the host that all of the program is loaded and its work begins: from here on nothing is repeated. */
export function sayBegun(): void {
  console.log(`${resultMark}${JSON.stringify({ begun: true })}`);
}
