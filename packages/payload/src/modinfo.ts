import { VerifyError } from './error.ts';

/** Tags that a module has once; the kernel takes the first of several, so a second one could only mislead a reader. */
const singleTags = ['name', 'vermagic', 'license', 'depends', 'livepatch', 'srcversion', 'intree', 'version'] as const;
/** The kernel's MODULE_NAME_LEN of 56 on 64 bits, without the NUL. */
const maxModuleNameBytes = 55;
const moduleName = /^[A-Za-z0-9_]+(?:[A-Za-z0-9_.+-]*)$/;

const malformed = (message: string, offset?: number): VerifyError =>
  new VerifyError('MALFORMED_MODULE', message, { offset });

/** Reads `.modinfo`: `tag=value` strings, each ended by a NUL (scripts/mod/modpost.c). */
export function readModinfo(section: Uint8Array): Map<string, readonly string[]> {
  if (section.at(-1) !== 0) throw malformed('.modinfo does not end in a NUL', section.byteOffset);
  const found = new Map<string, string[]>();
  for (const entry of new TextDecoder().decode(section).split('\0')) {
    // Padding between entries is allowed.
    if (entry === '') continue;
    const equals = entry.indexOf('=');
    if (equals <= 0) throw malformed('.modinfo has an entry without a tag', section.byteOffset);
    const tag = entry.slice(0, equals);
    const values = found.get(tag) ?? [];
    values.push(entry.slice(equals + 1));
    found.set(tag, values);
  }
  for (const tag of singleTags) {
    if ((found.get(tag)?.length ?? 0) > 1) throw malformed(`.modinfo says ${tag} more than once`, section.byteOffset);
  }
  return found;
}

/** Name and vermagic, which a module must have. */
export function readIdentity(modinfo: ReadonlyMap<string, readonly string[]>): { name: string; vermagic: string } {
  const name = modinfo.get('name')?.[0];
  const vermagic = modinfo.get('vermagic')?.[0];
  if (name === undefined) throw malformed('.modinfo has no name');
  if (name.length > maxModuleNameBytes || !moduleName.test(name)) throw malformed('the module name is not one');
  if (vermagic === undefined || vermagic === '') throw malformed('.modinfo has no vermagic');
  return { name, vermagic };
}
