/** The configuration file is missing, is no JSON, says something the program does not know, or names a file that cannot be used. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';

  constructor(sentence: string, init: { readonly cause?: unknown } = {}) {
    super(`[CONFIG_INVALID] ${sentence}`, { cause: init.cause });
    this.name = 'ConfigError';
  }
}

/** Whether `e` is a {@link ConfigError}; matches by shape. */
export function isConfigError(e: unknown): e is ConfigError {
  return e instanceof Error && e.name === 'ConfigError';
}
