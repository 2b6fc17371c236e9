/** Exit codes of every command. */
export const exitCode = {
  /** Yes; done. */
  yes: 0,
  /** No: refused, found, not allowed. */
  no: 1,
  /** Wrong use, or input that cannot be read. */
  usage: 2,
  /** Neither yes nor no. */
  undecided: 3,
} as const;

/** One of {@link exitCode}. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Of several answers the one that says most: wrong use, then no, then undecided, then yes. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  return [exitCode.usage, exitCode.no, exitCode.undecided].find((code) => codes.includes(code)) ?? exitCode.yes;
}
