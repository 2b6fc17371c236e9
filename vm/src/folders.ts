import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const repositoryFolder = fileURLToPath(new URL('../..', import.meta.url));
/** The C of the test livepatches, GPL-2.0. */
export const livepatchesFolder = fileURLToPath(new URL('../livepatches', import.meta.url));
/** The built livepatch that the demo signs. */
export const vectorsFolder = fileURLToPath(new URL('../../vectors/livepatch', import.meta.url));
