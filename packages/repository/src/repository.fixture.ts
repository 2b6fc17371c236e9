import { randomUUID } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TempFolder, signTestModule, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { parseTrust, type Trust } from '@klpkit/payload';
import {
  createFolderStore,
  createRepository,
  folderMirror,
  generateSigner,
  type Mirror,
  openPublisher,
  openRepository,
  type Publisher,
  type Repository,
  type RepositoryKeys,
  type RepositoryRole,
  type RepositorySigner,
  repositoryRoles,
} from './index.ts';

/** A kernel that the fixture's modules are for. */
export const kernel = { kernel: '6.1.0-56-cloud-amd64', arch: 'x86_64' };

/** A repository in a folder, with all of its keys. */
export interface Fixture {
  readonly folder: string;
  readonly keys: RepositoryKeys;
  readonly signers: Readonly<Record<RepositoryRole, RepositorySigner>>;
  readonly root: Uint8Array;
  readonly trust: Trust;
  /** The publisher with these roles' keys at hand; all of them where none is named. */
  readonly publisher: (roles?: readonly RepositoryRole[], now?: number) => Promise<Publisher>;
  /** A new machine, or the one that was made with this name before. */
  readonly machine: (name?: string, mirrors?: readonly Mirror[]) => Repository;
  /** A signed livepatch for `kernel`, different for each name. */
  readonly module: (name: string, release?: string) => Promise<Uint8Array>;
  /** Copies the repository as it is now: what an attacker who keeps old files has. */
  readonly snapshot: () => Promise<string>;
  /** Replaces a file of the repository. */
  readonly tamper: (path: string, change: (text: string) => string) => Promise<void>;
}

/** One key a role, every threshold 1. */
export function oneKeyEach(): { readonly keys: RepositoryKeys; readonly signers: Fixture['signers'] } {
  const signers = Object.fromEntries(
    repositoryRoles.map((role) => [role, generateSigner().signer]),
  ) as unknown as Fixture['signers'];
  const keys = Object.fromEntries(
    repositoryRoles.map((role) => [role, { keys: [signers[role]], threshold: 1 }]),
  ) as unknown as RepositoryKeys;
  return { keys, signers };
}

/** Makes a fresh repository. */
export async function makeFixture(temp: TempFolder): Promise<Fixture> {
  const folder = join(temp.path, 'repository');
  const { keys, signers } = oneKeyEach();
  const root = await createRepository(createFolderStore(folder), { keys, signers: Object.values(signers) });
  const authority = testAuthority('rsa-2048');
  const trust = await parseTrust({ certificates: [authority.certificate] });
  return {
    folder,
    keys,
    signers,
    root,
    trust,
    publisher: (roles = repositoryRoles, now) =>
      openPublisher(createFolderStore(folder), {
        signers: roles.map((role) => signers[role]),
        ...(now === undefined ? {} : { clock: () => now }),
      }),
    machine: (name = randomUUID(), mirrors = [folderMirror(folder)]) =>
      openRepository({ folder: join(temp.path, 'machines', name), trustedRoot: root, mirrors }),
    module: async (name, release = kernel.kernel) =>
      signTestModule(
        tinyModule({ name, vermagic: `${release} SMP preempt mod_unload modversions `, livepatch: true }),
        authority,
      ),
    snapshot: async () => {
      const copy = join(temp.path, randomUUID());
      await cp(folder, copy, { recursive: true });
      return copy;
    },
    tamper: async (path, change) => {
      const file = join(folder, path);
      await writeFile(file, change(await readFile(file, 'utf8')));
    },
  };
}
