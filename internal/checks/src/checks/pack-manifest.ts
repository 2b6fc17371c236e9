import type { Check, Finding } from '../check.ts';
import type { PackPackages } from '../pack/pack-packages.ts';
import type { Tarball } from '../pack/tarball.ts';
import type { Manifest, Target } from '../workspace/manifest.ts';

interface Requirement {
  readonly message: string;
  holds(manifest: Manifest): boolean;
}

const filled = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';

const requirements: readonly Requirement[] = [
  { message: '`type` must be "module"', holds: (m) => m.type === 'module' },
  { message: '`license` must be "Apache-2.0"', holds: (m) => m.license === 'Apache-2.0' },
  { message: '`description` must say what the package is', holds: (m) => filled(m.description) },
  { message: '`sideEffects` must be false', holds: (m) => m.sideEffects === false },
  {
    message: '`engines.node` must name the oldest Node',
    holds: (m) => /^(?:>=|\^)\d+\.\d+/.test(m.engines?.['node'] ?? ''),
  },
  { message: '`version` must be x.y.z', holds: (m) => /^\d+\.\d+\.\d+/.test(m.version ?? '') },
  { message: '`keywords` must not be empty', holds: (m) => (m.keywords ?? []).length > 0 },
  { message: '`exports` must have "."', holds: (m) => m.exports?.['.'] !== undefined },
  { message: '`exports` must have "./package.json"', holds: (m) => m.exports?.['./package.json'] === './package.json' },
  { message: '`private` must not be set', holds: (m) => m.private !== true },
];

function judgeTarget(entry: string, target: Target | undefined): string[] {
  if (typeof target === 'string') {
    return target.endsWith('.json') ? [] : [`exports "${entry}" must have \`types\` and \`default\``];
  }
  if (target === null || target === undefined || Array.isArray(target))
    return [`exports "${entry}" must be an object of conditions`];
  const conditions = Object.keys(target);
  const problems: string[] = [];
  if (conditions[0] !== 'types') problems.push(`exports "${entry}": \`types\` must come first`);
  if (conditions.at(-1) !== 'default') problems.push(`exports "${entry}": \`default\` must come last`);
  if (JSON.stringify(target).includes('@klpkit/source')) {
    problems.push(
      `exports "${entry}" still has the source condition: repeat the entry without it in publishConfig.exports`,
    );
  }
  return problems;
}

const filesOf = (target: Target | undefined): string[] => {
  if (typeof target === 'string') return [target];
  if (target === null || target === undefined) return [];
  return Object.values(target).flatMap((each) => filesOf(each));
};

function judge({ folder, manifest, paths }: Tarball): Finding[] {
  const where = `${folder}/package.json`;
  const entries = Object.entries(manifest.exports ?? {});
  const targets = [
    ...entries.map(([, target]) => target),
    ...Object.values(manifest.imports ?? {}),
    ...Object.values(manifest.bin ?? {}),
  ];
  const absent = targets.flatMap(filesOf).filter((path) => path.startsWith('./') && !paths.includes(path.slice(2)));
  const ranges = Object.entries({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  });
  return [
    ...requirements.filter((each) => !each.holds(manifest)).map((each) => ({ where, message: each.message })),
    ...entries.flatMap(([entry, target]) => judgeTarget(entry, target)).map((message) => ({ where, message })),
    ...[...new Set(absent)].map((path) => ({ where, message: `names ${path}, which is not in the package` })),
    ...ranges
      .filter(([, range]) => /^(?:workspace|file|link):/.test(range))
      .map(([name, range]) => ({ where, message: `a consumer cannot install ${name}@${range}` })),
  ];
}

/** The package.json that a consumer gets has every field that our packages must have, and names only files that are there. */
export function packManifest(pack: PackPackages): Check {
  return {
    name: 'pack: package.json',
    async run(context) {
      const tarballs = await pack(context);
      if (tarballs.length === 0) return [{ where: 'packages/', message: 'nothing was packed' }];
      return tarballs.flatMap(judge);
    },
  };
}
