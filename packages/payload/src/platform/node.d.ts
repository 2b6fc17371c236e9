import type { HashName } from '../algorithm.ts';
import type { RunningDigest, SignatureCheck, SigningJob } from './platform.ts';
export declare function digest(hash: HashName, bytes: Uint8Array): Promise<Uint8Array>;
export declare function sha256(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<string>;
export declare function runningSha256(): RunningDigest;
export declare function verifySignature(check: SignatureCheck): Promise<boolean>;
export declare function signBytes(job: SigningJob): Promise<Uint8Array>;
export declare function expandGzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array>;
export declare function expandZstd(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array>;
export declare function openFile(path: string): AsyncIterable<Uint8Array>;
//# sourceMappingURL=node.d.ts.map
