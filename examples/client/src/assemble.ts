import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Agent, type AgentOptions, createAgent, createFolderStore } from '@klpkit/agent';
import { createHttpsSource } from '@klpkit/agent/https';
import { parseTrust } from '@klpkit/payload';
import { readMachineId } from '@klpkit/rollout';
import type { ClientConfig } from './config.ts';
import { ConfigError } from './error.ts';

/** An agent made from a configuration, and what must be closed after it. */
export interface Assembled {
  readonly agent: Agent;
  close(): void;
}

/** Reads the files that the configuration names and puts the agent together. @throws {@link ConfigError} */
export async function assemble(
  config: ClientConfig,
  rest: Pick<AgentOptions, 'kernel' | 'onEvent'>,
): Promise<Assembled> {
  const { server } = config;
  const ca = server.ca === undefined ? undefined : await text(server.ca, 'server.ca');
  const token =
    server.pingTokenFile === undefined ? undefined : await text(server.pingTokenFile, 'server.pingTokenFile');
  const source = createHttpsSource({
    url: server.url,
    maxPayloadBytes: server.maxPayloadBytes,
    downloads: join(config.stateFolder, 'downloads'),
    ...(ca === undefined ? {} : { ca }),
    ...(token === undefined ? {} : { pingToken: token.trim() }),
    ...(server.proxyFromEnvironment ? { proxyEnv: process.env } : {}),
  });
  const agent = createAgent({
    ...rest,
    identity: { machineId: await machineIdOf(config.machineIdFile), appId: config.appId, tier: config.tier },
    trust: await trustOf(config),
    source,
    reporter: source,
    store: createFolderStore(config.stateFolder),
    schedule: config.schedule,
    policy: config.policy,
    hostNames: [hostname()],
  });
  return { agent, close: () => source.close() };
}

async function trustOf({ trust, revoked }: ClientConfig) {
  const certificates = await Promise.all(trust.map((file) => bytes(file, 'trust')));
  const gone = await Promise.all(revoked.map((file) => text(file, 'revoked')));
  const lines = gone.flatMap((one) =>
    one.includes('-----BEGIN') ? [one] : one.split('\n').filter((line) => line !== ''),
  );
  try {
    return await parseTrust({ certificates, revoked: lines });
  } catch (cause) {
    throw new ConfigError(`The certificates in "trust" or "revoked" cannot be used: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** None where the machine has none: it then waits for 100 %. */
async function machineIdOf(file: string): Promise<string | undefined> {
  try {
    return readMachineId(await readFile(file, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`${file} holds no machine id (${(cause as Error).message}).`, { cause });
  }
}

async function bytes(file: string, setting: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ConfigError(`The file ${file} of "${setting}" cannot be read (${errno}).`, { cause });
  }
}

async function text(file: string, setting: string): Promise<string> {
  return new TextDecoder().decode(await bytes(file, setting));
}
