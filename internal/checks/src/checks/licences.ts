import { realpath, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check, Finding } from '../check.ts';
import { type Manifest, readManifest } from '../workspace/manifest.ts';

/** What we and our users may install, as SPDX names. Weak copyleft is there for tools alone, which nobody ships. */
const allowed: ReadonlySet<string> = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'Python-2.0',
  'PostgreSQL',
]);
const allowedForTools: ReadonlySet<string> = new Set(['MPL-2.0', 'CC-BY-4.0']);

/** Tools whose package.json names no licence, with the licence their README names. */
const namedElsewhere: ReadonlyMap<string, string> = new Map([
  ['humanize-number@0.0.2', 'MIT'],
  ['only@0.0.2', 'MIT'],
]);

interface Installed extends Manifest {
  readonly licenses?: readonly { readonly type?: string }[];
}

/** The licence expression of a package; the old form with an object or a list is read too. */
function expressionOf(manifest: Installed): string {
  const license: unknown = manifest.license;
  if (typeof license === 'string') return license;
  if (typeof license === 'object' && license !== null && 'type' in license) return String(license.type);
  return (manifest.licenses ?? []).map((each) => each.type ?? '').join(' OR ');
}

/** `(A OR B) AND C`, without nesting: every part of an AND must offer one allowed name. */
function isAllowed(expression: string, tools: boolean): boolean {
  const name = (each: string): string => each.replaceAll(/[()]/g, '').trim();
  const fine = (each: string): boolean => allowed.has(name(each)) || (tools && allowedForTools.has(name(each)));
  return expression.split(/\s+AND\s+/).every((part) => part.split(/\s+OR\s+/).some(fine));
}

async function packagesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []);
  const nested = entries.map(async (entry) => {
    if (entry.startsWith('.')) return [];
    if (!entry.startsWith('@')) return [join(folder, entry)];
    return (await readdir(join(folder, entry))).map((each) => join(folder, entry, each));
  });
  return (await Promise.all(nested)).flat();
}

/** Every package that is installed, by its real folder. */
async function installed(root: string): Promise<string[]> {
  const store = join(root, 'node_modules/.pnpm');
  const folders = (await readdir(store).catch(() => [])).map((entry) => packagesIn(join(store, entry, 'node_modules')));
  return [...new Set(await Promise.all((await Promise.all(folders)).flat().map((folder) => realpath(folder))))];
}

/** What the published packages bring to a user's machine, by real folder. */
async function runtimeClosure(root: string): Promise<Set<string>> {
  const seen = new Set<string>();
  const open = await packagesIn(join(root, 'packages'));
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const manifest = await readManifest(join(folder, 'package.json')).catch(() => undefined);
    for (const name of Object.keys({ ...manifest?.dependencies, ...manifest?.optionalDependencies })) {
      const found = await resolveFrom(folder, name);
      if (found === undefined || seen.has(found)) continue;
      seen.add(found);
      open.push(found);
    }
  }
  return seen;
}

async function resolveFrom(folder: string, name: string): Promise<string | undefined> {
  const above = folder.split('/node_modules/').slice(0, -1).join('/node_modules/');
  const places = [join(folder, 'node_modules', name), join(above, 'node_modules', name)];
  for (const place of places) {
    const found = await realpath(place).catch(() => undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function judge(folder: string, tools: boolean): Promise<Finding[]> {
  const manifest: Installed | undefined = await readManifest(join(folder, 'package.json')).catch(() => undefined);
  if (manifest?.name === undefined || manifest.name.startsWith('@klpkit')) return [];
  const elsewhere = tools ? namedElsewhere.get(`${manifest.name}@${manifest.version}`) : undefined;
  const expression = expressionOf(manifest) || (elsewhere ?? '');
  if (isAllowed(expression, tools)) return [];
  return [
    {
      where: `${manifest.name}@${manifest.version}`,
      message: `licence "${expression || 'none named'}" is not on the list${tools ? '' : ' for what our users install'}`,
      next: 'take another package, or add the licence in internal/checks/src/checks/licences.ts with the reason',
    },
  ];
}

/** The licences of everything installed: a strict list for what our users get, a slightly wider one for our tools. */
export const licences: Check = {
  name: 'licences of dependencies',
  async run({ root }) {
    const all = await installed(root);
    if (all.length === 0)
      return [
        { where: 'node_modules/.pnpm', message: 'nothing is installed', next: 'run `npx -y pnpm@12.21.0 install`' },
      ];
    const runtime = await runtimeClosure(root);
    return (await Promise.all(all.map((folder) => judge(folder, !runtime.has(folder))))).flat();
  },
};
