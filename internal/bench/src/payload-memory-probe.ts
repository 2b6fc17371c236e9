import { digestPayload, fileSource, isVerifyError, parseTrust, verifyModule } from '@klpkit/payload';
import { signTestModule, testAuthority, tinyModule } from '@klpkit-internal/testkit';

const [, , which = '', argument = ''] = process.argv;
const authority = testAuthority('rsa-2048');
const trust = await parseTrust({ certificates: [authority.certificate] });

const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

/** A module that is mostly tables: what a reader could be made to unfold. */
function tables(size: number): Uint8Array {
  const table = new Uint8Array(Math.floor(size / 3 / 24) * 24);
  return tinyModule({
    sections: [
      { name: '.data', flags: 3n, bytes: new Uint8Array(4096) },
      { name: '.rela.data', type: 4, bytes: table, link: '.symtab', info: '.data', entrySize: 24 },
      { name: '__versions', bytes: new Uint8Array(Math.floor(size / 3 / 64) * 64) },
    ],
  });
}

async function growth(): Promise<number> {
  if (which === 'stream') {
    // The first megabytes bring the machinery in, which is not what grows with the file.
    await digestPayload(fileSource(process.execPath), { sha256: null, maxBytes: 2 ** 40 });
    globalThis.gc?.();
    const before = peakBytes();
    await digestPayload(fileSource(argument), { sha256: null, maxBytes: 2 ** 40 });
    return peakBytes() - before;
  }
  const size = Number(argument);
  const signed = await signTestModule(which === 'sections' ? tables(size) : tinyModule({ size }), authority);
  if (which === 'damaged') signed[1000] = (signed[1000] ?? 0) ^ 1;
  globalThis.gc?.();
  // The peak so far is that of making the module; what counts is what is held while it is verified.
  let peak = 0;
  const timer = setInterval(() => void (peak = Math.max(peak, process.memoryUsage.rss())), 1);
  const before = process.memoryUsage.rss();
  await verifyModule(signed, { trust, sha256: null }).catch((error: unknown) => {
    if (!isVerifyError(error)) throw error;
  });
  clearInterval(timer);
  return Math.max(peak, process.memoryUsage.rss()) - before;
}

process.stdout.write(String(await growth()));
