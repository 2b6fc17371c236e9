/** Starts a line that is a result and not a message of a scenario. */
export const resultMark = '\u001f';
