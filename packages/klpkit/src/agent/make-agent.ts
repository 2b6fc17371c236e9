import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Agent, type AgentEvent, createAgent, createFolderStore, type Source } from '@klpkit/agent';
import { createHttpsSource, type HttpsSource } from '@klpkit/agent/https';
import { readKernelInfo } from '@klpkit/kernel';
import { parseTrust } from '@klpkit/payload';
import { folderMirror, httpsMirror, openRepository } from '@klpkit/repository';
import { readMachineId } from '@klpkit/rollout';
import { CliError } from '../cli-error.ts';
import type { Session } from '../command.ts';
import { pathFrom, readInput, readText } from '../files.ts';
import { createRepositorySource } from './repository-source.ts';

/** Options of `klpkit agent run`. */
export interface RunOptions {
  readonly server: string;
  readonly ca?: string;
  readonly tier: string;
  readonly appId: string;
  readonly machineId: string;
  readonly cert: readonly string[];
  readonly state: string;
  readonly repository?: readonly string[];
  readonly root?: string;
  readonly control?: boolean;
  readonly once?: boolean;
}

/** The agent of these options, and what is to be closed after it. */
export async function makeAgent(
  session: Session,
  options: RunOptions,
  onEvent: (event: AgentEvent) => void,
): Promise<{ readonly agent: Agent; readonly close: () => void }> {
  const { folder } = session.terminal;
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(options.tier)) throw new CliError('USAGE', '--tier takes a tier name: updates');
  if (!/^[0-9a-f]{32}$/.test(options.appId)) throw new CliError('USAGE', '--app-id takes 32 lower-case hex digits');
  const authority = options.ca === undefined ? {} : { ca: await readText(folder, options.ca) };
  const server = createHttpsSource({
    url: httpsUrl(options.server),
    downloads: join(pathFrom(folder, options.state), 'downloads'),
    ...authority,
    proxyEnv: { ...session.terminal.environment },
  });
  const certificates = await Promise.all(options.cert.map((path) => readInput(folder, path)));
  const kernel = { ...session.terminal.kernel };
  const agent = createAgent({
    identity: { machineId: await machineIdOf(session, options), appId: options.appId, tier: options.tier },
    kernel,
    trust: await parseTrust({ certificates }),
    source: await sourceOf(session, options, { server, authority }),
    reporter: server,
    store: createFolderStore(pathFrom(folder, options.state)),
    policy: { control: options.control === true },
    hostNames: [hostname()],
    onEvent,
  });
  return { agent, close: () => server.close() };
}

function httpsUrl(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:') {
    throw new CliError('USAGE', '--server takes an address that begins with https://');
  }
  return text;
}

/** None where the machine has none: it then waits for 100 %. */
async function machineIdOf({ terminal }: Session, { machineId }: RunOptions): Promise<string | undefined> {
  const text = await readFile(pathFrom(terminal.folder, machineId), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : readMachineId(text);
}

/** The signed repository where one is named, else the server itself. */
async function sourceOf(
  { terminal }: Session,
  options: RunOptions,
  { server, authority }: { readonly server: HttpsSource; readonly authority: { readonly ca?: string } },
): Promise<Source> {
  const { repository: mirrors, root, state } = options;
  if (mirrors === undefined) return server;
  if (root === undefined) throw new CliError('USAGE', '--repository needs --root, the root.json that came with it');
  const { release, arch } = await readKernelInfo(terminal.kernel ?? {});
  const folder = join(pathFrom(terminal.folder, state), 'repository');
  const repository = openRepository({
    folder,
    trustedRoot: await readInput(terminal.folder, root),
    mirrors: mirrors.map((mirror) =>
      mirror.startsWith('https://') ? httpsMirror(mirror, authority) : folderMirror(pathFrom(terminal.folder, mirror)),
    ),
  });
  return createRepositorySource({ repository, kernel: { kernel: release, arch }, folder: join(folder, 'payloads') });
}
