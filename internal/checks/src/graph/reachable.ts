import { dirname, join, normalize } from 'node:path/posix';
import type { Manifest, Target } from '../workspace/manifest.ts';
import type { ParsedSource } from '../workspace/parse-source.ts';

/** Source files that the targets lead to. `node` tells which side of the `node` condition to take. */
function targets(target: Target | undefined, side: 'node' | 'elsewhere', within = false): string[] {
  if (target === undefined || target === null) return [];
  if (typeof target === 'string') return side === 'elsewhere' || within ? [target] : [];
  const conditions = Array.isArray(target)
    ? target.map((each, i) => [String(i), each] as const)
    : Object.entries(target);
  return conditions.flatMap(([condition, each]) => {
    const isNode = condition === 'node';
    return isNode && side === 'elsewhere' ? [] : targets(each as Target, side, within || isNode);
  });
}

/** Files of a package from which a consumer comes in, on one side of the `node` condition. */
function entries(manifest: Manifest, folder: string, side: 'node' | 'elsewhere'): string[] {
  const all = [...Object.values(manifest.exports ?? {}), ...Object.values(manifest.bin ?? {})];
  return all.flatMap((each) => targets(each, side)).map((path) => join(folder, path));
}

function walk(
  from: readonly string[],
  files: ReadonlyMap<string, ParsedSource>,
  next: (specifier: string) => string[],
): Set<string> {
  const seen = new Set<string>();
  const open = [...from];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = files.get(path);
    if (file === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const { specifier } of file.imports) {
      if (specifier.startsWith('.')) open.push(normalize(join(dirname(path), specifier)));
      else if (specifier.startsWith('#')) open.push(...next(specifier));
    }
  }
  return seen;
}

/**
 * Files that only Node ever loads: those reached through a `node` condition of `exports` or `imports` and in no other way. Everything else,
 * files that nothing reaches too, must run anywhere.
 */
export function nodeOnlyFiles(
  manifest: Manifest,
  folder: string,
  files: ReadonlyMap<string, ParsedSource>,
): Set<string> {
  const internal = (side: 'node' | 'elsewhere') => (specifier: string) =>
    targets(manifest.imports?.[specifier], side).map((path) => join(folder, path));
  const elsewhere = walk(entries(manifest, folder, 'elsewhere'), files, internal('elsewhere'));
  const nodeEntries = [
    ...entries(manifest, folder, 'node'),
    ...Object.keys(manifest.imports ?? {}).flatMap((specifier) => internal('node')(specifier)),
  ];
  const node = walk(nodeEntries, files, (specifier) => [
    ...internal('node')(specifier),
    ...internal('elsewhere')(specifier),
  ]);
  return node.difference(elsewhere);
}
