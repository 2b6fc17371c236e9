import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTrust } from '@klpkit/payload';
import {
  addRelease,
  createFolderStore,
  createRepository,
  generateSigner,
  onlineRoles,
  openPublisher,
  type RepositoryKeys,
  repositoryRoles,
} from '@klpkit/repository';
import { signTestModule, type TestAuthority, tinyModule } from '@klpkit-internal/testkit';
import { kernel, until } from './harness.ts';

/** A signed repository whose offline keys are not on the server. */
export interface TestRepository {
  readonly folder: string;
  /** Folder with the online keys, for the server. */
  readonly keys: string;
  /** Adds a release with the offline key, as a person does with `klpkit repo add`. */
  addOffline(name: string): Promise<void>;
}

/** Makes one in `root`. */
export async function makeRepository(root: string, authority: TestAuthority): Promise<TestRepository> {
  const [folder, keysFolder] = [join(root, 'tuf'), join(root, 'keys')];
  await mkdir(keysFolder);
  const made = repositoryRoles.map((role) => ({ role, ...generateSigner() }));
  const signers = made.map(({ signer }) => signer);
  for (const { role, pem } of made)
    if (onlineRoles.includes(role)) await writeFile(join(keysFolder, `${role}.pem`), pem, { mode: 0o600 });
  const keys = Object.fromEntries(
    made.map(({ role, signer }) => [role, { keys: [signer], threshold: 1 }]),
  ) as unknown as RepositoryKeys;
  await createRepository(createFolderStore(folder), { keys, signers });
  const addOffline = async (name: string): Promise<void> => {
    const publisher = await openPublisher(createFolderStore(folder), { signers });
    const module = await signTestModule(tinyModule({ name: `livepatch_${name}`, release: kernel }), authority);
    const init = { name, version: '1', fixes: ['CVE-2024-1086'], endOfLife: null, evidence: null };
    const trust = await parseTrust({ certificates: [authority.certificate] });
    await until(() =>
      addRelease(publisher, module, init, { trust }).then(
        () => true,
        (error: { code?: string }) => {
          // The server may be signing at this moment.
          if (error.code === 'LOCKED') return false;
          throw error;
        },
      ),
    );
  };
  return { folder, keys: keysFolder, addOffline };
}
