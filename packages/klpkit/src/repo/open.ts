import { createFolderStore, openPublisher, type Publisher } from '@klpkit/repository';
import type { Session } from '../command.ts';
import { pathFrom } from '../files.ts';
import { readKeys } from './key-folder.ts';

/** Options that all acts have in common. */
export interface KeyOptions {
  /** Folder of the keys at hand. */
  readonly keys: string;
}

/** Opens a repository that is a folder, with the keys at hand. */
export async function openFolder(
  session: Session,
  folder: string,
  options: Partial<KeyOptions> = {},
): Promise<Publisher> {
  const { terminal } = session;
  const keys = options.keys === undefined ? [] : await readKeys(terminal.folder, options.keys);
  return openPublisher(createFolderStore(pathFrom(terminal.folder, folder)), {
    signers: keys.map(({ signer }) => signer),
    signal: terminal.signal,
  });
}
