import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock, TlsSettings } from '../config.ts';
import { ServerError } from '../errors.ts';
import { writeAtomic } from '../files/atomic.ts';
import type { KeyPair } from './issue.ts';
import { issueAuthority, issueServer } from './issue.ts';

/** What Node's TLS server is given. */
export interface SecureContext {
  readonly cert: string;
  readonly key: string;
}

/** Keeps the server's certificate good. */
export interface CertificateKeeper {
  /** PEM of the authority, which clients trust. */
  readonly authority: string;
  /** What to serve now. */
  current(): SecureContext;
  /** Makes a new certificate if a third or less of this one is left; tells whether it did. */
  renewIfDue(): Promise<boolean>;
  /** End of the current one, epoch ms. */
  endsAt(): number;
}

interface KeeperOptions {
  readonly tls: TlsSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Always in the certificate, whatever the configuration names. */
const ownNames = ['localhost', '127.0.0.1', '::1'];
const authorityLifetimeMs = 20 * 365 * 86_400_000;
/** A client whose clock is a little behind should not refuse a certificate of this minute. */
const clockSkewMs = 3_600_000;

/**
 * Opens the folder of keys, and makes an authority and a server certificate in it where there is none that fits: names that the
 * configuration added need a new one as well.
 */
export async function openCertificates(folder: string, options: KeeperOptions): Promise<CertificateKeeper> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = await loadOrMakeAuthority(folder, options);
  const names = [...new Set([...ownNames, ...options.tls.names])];
  let pair = await readPair(folder, 'server');
  const renew = async (): Promise<void> => {
    const now = options.clock();
    const fresh = await issueServer(authority, {
      names,
      notBefore: now - clockSkewMs,
      notAfter: now + options.tls.lifetimeMs,
    });
    await writePair(folder, 'server', fresh);
    pair = fresh;
    options.log.info(
      { names, notAfter: new Date(now + options.tls.lifetimeMs).toISOString() },
      'new server certificate',
    );
  };
  if (pair === undefined || !isUsable(pair, { authority, names })) await renew();
  const keeper: CertificateKeeper = {
    authority: authority.certificate,
    current: () => ({ cert: `${pair?.certificate ?? ''}${authority.certificate}`, key: pair?.key ?? '' }),
    renewIfDue: async () => {
      if (pair === undefined || remaining(pair, options.clock()) > options.tls.lifetimeMs / 3) return false;
      await renew();
      return true;
    },
    endsAt: () => options.clock() + (pair === undefined ? 0 : remaining(pair, options.clock())),
  };
  await keeper.renewIfDue();
  return keeper;
}

async function loadOrMakeAuthority(folder: string, options: KeeperOptions): Promise<KeyPair> {
  const now = options.clock();
  const found = await readPair(folder, 'authority');
  if (found === undefined) {
    const made = await issueAuthority({ notBefore: now - clockSkewMs, notAfter: now + authorityLifetimeMs });
    await writePair(folder, 'authority', made);
    return made;
  }
  if (remaining(found, now) > options.tls.lifetimeMs) return found;
  throw new ServerError(
    'STATE_DIR_UNUSABLE',
    `The authority in ${folder} ends too soon. Move authority.crt and authority.key away, start again, and give the new authority.crt to the clients.`,
  );
}

async function readPair(folder: string, name: string): Promise<KeyPair | undefined> {
  const read = (ending: string): Promise<string | undefined> =>
    readFile(join(folder, `${name}.${ending}`), 'utf8').catch(() => undefined);
  const [certificate, key] = await Promise.all([read('crt'), read('key')]);
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

async function writePair(folder: string, name: string, pair: KeyPair): Promise<void> {
  await writeAtomic(join(folder, `${name}.key`), pair.key, { mode: 0o600 });
  await writeAtomic(join(folder, `${name}.crt`), pair.certificate, { mode: 0o600 });
}

function remaining(pair: KeyPair, now: number): number {
  return Date.parse(new X509Certificate(pair.certificate).validTo) - now;
}

/** False also for a key and a certificate of different renewals: a crash can fall between the two files. */
function isUsable(pair: KeyPair, wanted: { authority: KeyPair; names: readonly string[] }): boolean {
  try {
    const certificate = new X509Certificate(pair.certificate);
    const isNamed = (name: string): boolean => (certificate.checkHost(name) ?? certificate.checkIP(name)) !== undefined;
    const issuer = new X509Certificate(wanted.authority.certificate);
    return (
      certificate.checkIssued(issuer) &&
      certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
      wanted.names.every(isNamed)
    );
  } catch {
    return false;
  }
}
