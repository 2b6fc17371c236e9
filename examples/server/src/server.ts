import type { RunningServer, ServerConfig } from './config.ts';

/**
 * Starts the server: certificate, database, migrations, HTTP.
 *
 * @throws ServerError when the configuration, the state folder or the database do not allow it; the message says what to change.
 */
export function startServer(config: ServerConfig, options: { signal?: AbortSignal } = {}): Promise<RunningServer> {
  options.signal?.throwIfAborted();
  return Promise.reject(new Error(`not built yet: ${config.stateDir}`));
}
