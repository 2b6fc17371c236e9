// The program of the inserter process: one request from stdin, one system call, one answer. Not to be imported.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { errnoOf, numberOfErrno } from './errno.ts';
import { type InserterAnswer, type InserterRequest, maxHeaderBytes, maxModuleBytes } from './inserter-protocol.ts';
import { createKoffiLoader } from './koffi-loader.ts';
import type { ModuleLoader } from './options.ts';

// Written at once and not through a stream: the thread may never come back from what follows.
function answer(value: InserterAnswer): void {
  try {
    writeSync(1, `${JSON.stringify(value)}\n`);
  } catch {
    // The parent is gone. The call is made all the same: its outcome is then told by sysfs.
  }
}

async function readInput(): Promise<{ request: InserterRequest; bytes: Uint8Array }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxModuleBytes + maxHeaderBytes + 4) throw new Error('the request is too large');
  }
  const input = Buffer.concat(chunks, length);
  const headerLength = input.length < 4 ? 0 : input.readUInt32LE(0);
  if (headerLength === 0 || headerLength > maxHeaderBytes || input.length < 4 + headerLength) {
    throw new Error('the request ended before its header');
  }
  const request = JSON.parse(input.toString('utf8', 4, 4 + headerLength)) as InserterRequest;
  const bytes = input.subarray(4 + headerLength);
  if (bytes.length !== request.size) throw new Error(`${request.size} bytes were announced, ${bytes.length} came`);
  return { request, bytes };
}

async function loadLoader(request: InserterRequest): Promise<ModuleLoader> {
  if (request.loaderModule !== null) {
    const { default: loader } = (await import(request.loaderModule)) as { default?: ModuleLoader };
    if (typeof loader?.insert !== 'function')
      throw new Error(`${request.loaderModule} has no ModuleLoader as default export`);
    return loader;
  }
  return createKoffiLoader(request.call === 'insert' ? { method: request.method } : {});
}

async function main(): Promise<void> {
  const { request, bytes } = await readInput();
  const loader = await loadLoader(request);
  if (request.call === 'insert') {
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (digest !== request.sha256) throw new Error('the bytes that came are not the bytes that were sent');
  }
  answer({ kind: 'calling' });
  if (request.call === 'insert') await loader.insert(bytes, request.params);
  else await loader.remove(request.name);
  answer({ kind: 'done' });
}

main().catch((error: unknown) => {
  const errno = numberOfErrno(errnoOf(error));
  if (errno !== undefined) answer({ kind: 'refused', errno });
  else answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
});
