/**
 * The release document of a livepatch and its key: the one word that every other klpkit package shares.
 *
 * @packageDocumentation
 */
export { parseEndOfLifeNotice, type EndOfLifeNotice } from './end-of-life-notice.ts';
export { isReleaseError, ReleaseError, type ReleaseErrorCode, type ReleaseIssue } from './error.ts';
export { archSchema, kernelSchema, sha256Schema, timeSchema } from './fields.ts';
export { maxFixes, maxPayloadBytes, parseRelease, releaseSchema, type Release } from './release.ts';
export { parseReleaseKey, releaseKey, releaseKeySchema, type ReleaseIdentity } from './release-key.ts';
