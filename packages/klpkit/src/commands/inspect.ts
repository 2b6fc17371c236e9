import { inspectModule, type ModuleInspection } from '@klpkit/payload';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode, worst } from '../exit-code.ts';
import { readInput } from '../files.ts';
import { perFile } from '../per-file.ts';

function toJson(file: string, found: ModuleInspection): object {
  const { size, sha256, compression, name, vermagic, license, depends, livepatch, arch, signature, objects } = found;
  const signers = signature?.signers ?? [];
  return {
    file,
    size,
    sha256,
    compression,
    name,
    vermagic,
    arch,
    license,
    depends,
    livepatch,
    signature: signature === null ? null : { signers },
    objects: objects === 'unknown' ? null : objects,
  };
}

function signerLines(found: ModuleInspection): string[] {
  if (found.signature === null) return ['signature   none'];
  return found.signature.signers.map(({ issuer, serial, ski, digest, algorithm }) => {
    const who = ski === null ? `issuer "${issuer}", serial ${serial}` : `key ${ski}`;
    return `signature   ${algorithm} over ${digest}, ${who} (not checked)`;
  });
}

function objectLines({ livepatch, objects }: ModuleInspection): string[] {
  if (!livepatch) return [];
  if (objects === 'unknown') return ['replaces    unknown: the file does not tell'];
  return objects.flatMap((object) =>
    object.functions.map(({ name, sympos }) => `replaces    ${object.name}: ${name}${sympos > 0 ? `,${sympos}` : ''}`),
  );
}

function toText(file: string, found: ModuleInspection): string {
  return [
    file,
    `name        ${found.name}${found.livepatch ? ' (livepatch)' : ''}`,
    `kernel      ${found.vermagic.trimEnd()} (${found.arch})`,
    `license     ${found.license ?? 'none'}`,
    `depends     ${found.depends.join(', ') || 'nothing'}`,
    `file        ${found.size} bytes, ${found.compression === 'none' ? 'not compressed' : found.compression}`,
    `sha256      ${found.sha256}`,
    ...signerLines(found),
    ...objectLines(found),
  ].join('\n');
}

async function inspect(session: Session, files: readonly string[]): Promise<ExitCode> {
  const { folder, signal } = session.terminal;
  const codes = await perFile(session, files, async (file) => {
    const found = await inspectModule(await readInput(folder, file), { signal });
    session.answer(toJson(file, found), toText(file, found));
    return exitCode.yes;
  });
  return worst(codes);
}

/** `klpkit inspect FILE…` */
export const inspectCommand: CommandFile = (program, define) => {
  const command = program
    .command('inspect')
    .description('say what a module file is: name, kernel, signature, replaced functions. Nothing is verified')
    .argument('<file...>', 'module files, compressed or not');
  define(command, (session, files: string[]) => inspect(session, files));
};
