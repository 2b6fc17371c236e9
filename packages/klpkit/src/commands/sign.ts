import { createHash } from 'node:crypto';
import { isVerifyError } from '@klpkit/payload';
import { type SignHash, signModule, stripSignature } from '@klpkit/payload/sign';
import { Option } from 'commander';
import { CliError, describeError } from '../cli-error.ts';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { readInput, readText, writeOutput } from '../files.ts';

const hashes: readonly SignHash[] = ['sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-384', 'sha3-512'];

interface Options {
  readonly key: string;
  readonly cert: string;
  readonly hash: SignHash;
  readonly keyid?: boolean;
  readonly out: string;
  readonly force?: boolean;
}

/** The module without its signature, where replacing it is asked for. */
function unsigned(bytes: Uint8Array, force: boolean): Uint8Array {
  if (!force) return bytes;
  try {
    return stripSignature(bytes);
  } catch (error) {
    if (isVerifyError(error, 'UNSIGNED')) return bytes;
    throw error;
  }
}

async function sign(session: Session, file: string, options: Options): Promise<ExitCode> {
  const { folder, environment } = session.terminal;
  const bytes = await readInput(folder, file);
  const key = await readText(folder, options.key);
  const certificate = await readInput(folder, options.cert);
  // The kernel's sign-file takes the pass phrase from the same variable.
  const passphrase = environment['KBUILD_SIGN_PIN'];
  try {
    const signed = await signModule(unsigned(bytes, options.force ?? false), {
      key,
      certificate,
      hash: options.hash,
      identifier: options.keyid === true ? 'key-id' : 'issuer-serial',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    await writeOutput(folder, options.out, signed);
    const sha256 = createHash('sha256').update(signed).digest('hex');
    session.answer({ ok: true, out: options.out, sha256 }, `${options.out}: ${sha256}`);
    return exitCode.yes;
  } catch (error) {
    const known = isVerifyError(error, 'ALREADY_SIGNED') ? describeError(error) : undefined;
    if (known === undefined) throw error;
    throw new CliError('ALREADY_SIGNED', `${file} has a signature: --force replaces it`, { exit: exitCode.no });
  }
}

/** `klpkit sign FILE --key PEM --cert CERT --out FILE` */
export const signCommand: CommandFile = (program, define) => {
  const command = program
    .command('sign')
    .description("sign a module as the kernel's sign-file does")
    .argument('<file>', 'module file, not compressed')
    .requiredOption('--key <file>', 'private key, PEM; a pass phrase is taken from KBUILD_SIGN_PIN')
    .requiredOption('--cert <file>', "the key's certificate, PEM or DER")
    .addOption(new Option('--hash <name>', 'digest').choices(hashes).default('sha512'))
    .option('--keyid', 'name the signer by its key id instead of issuer and serial')
    .requiredOption('--out <file>', 'where the signed module goes')
    .option('--force', 'replace a signature that is there');
  define(command, (session, file: string, options: Options) => sign(session, file, options));
};
