/** What has to be closed, in the opposite order of its opening. */
export interface Closers {
  add(close: () => Promise<void> | void): void;
  /** Closes everything once, even where one of them fails; then rejects with the first failure. */
  closeAll(): Promise<void>;
}

/** Gathers what a start has opened, so that a start that fails and a stop leave the same nothing behind. */
export function createClosers(): Closers {
  const stack: (() => Promise<void> | void)[] = [];
  let closing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let close = stack.pop(); close !== undefined; close = stack.pop()) {
      await (async () => close())().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  return {
    add: (close) => {
      stack.push(close);
    },
    closeAll: () => {
      closing ??= run();
      return closing;
    },
  };
}
