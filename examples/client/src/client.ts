import type { Client, ClientPorts } from './ports.ts';

/** Makes the client of one machine; touches nothing until {@link Client.start}. */
export function createClient(_ports: ClientPorts): Client {
  throw new Error('being written');
}
