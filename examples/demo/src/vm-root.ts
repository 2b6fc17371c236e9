import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildRoot, packageClosure, type RootImage } from '@klpkit/vm';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
/** Where the example client lies in the machine. */
export const clientProgram = '/app/examples/client/src/main.ts';
/** Its configuration there. */
export const clientConfig = '/etc/klpkit/client.json';

/** What the machine's client is told. */
export interface VmClientOptions {
  /** As the machine sees it. */
  readonly serverUrl: string;
  /** PEM of the authority behind the server's certificate. */
  readonly ca: string;
  /** PEM of the certificate behind the livepatches' signatures. */
  readonly trust: string;
  readonly tier: string;
  readonly healthDelaysMs: readonly [number, number, number, number];
}

/** A root disk with the example client, run from source, and its configuration. */
export async function buildClientRoot(
  options: VmClientOptions,
  folder: string,
  signal: AbortSignal,
): Promise<RootImage> {
  const client = await packageClosure([join(repository, 'examples/client')], { workspace: repository, to: '/app' });
  const config = {
    server: { url: options.serverUrl, ca: 'ca.pem', proxyFromEnvironment: false },
    tier: options.tier,
    appId: '6b6c706b69740000000000000000de40',
    machineIdFile: 'machine-id',
    trust: ['livepatch.pem'],
    stateFolder: '/state/klpkit',
    policy: { always: true }, // one machine: it takes part whatever its bucket
    schedule: { healthDelaysMs: options.healthDelaysMs },
  };
  const file = (to: string, content: string) => ({ kind: 'file', to, content }) as const;
  const entries = [
    ...client,
    file('/app/package.json', '{"type":"module"}'),
    file(clientConfig, JSON.stringify(config)),
    file('/etc/klpkit/ca.pem', options.ca),
    file('/etc/klpkit/livepatch.pem', options.trust),
    file('/etc/klpkit/machine-id', '00000000000040008000000000000001\n'),
  ];
  return buildRoot(entries, { image: join(folder, 'root'), signal });
}
