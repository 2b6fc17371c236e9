import type { Check, Finding } from '../check.ts';
import type { PackPackages } from '../pack/pack-packages.ts';
import type { Tarball } from '../pack/tarball.ts';

/** What a published package may hold. */
const allowed: readonly RegExp[] = [
  /^package\.json$/,
  /^README\.md$/,
  /^CHANGELOG\.md$/,
  /^LICENSE$/,
  /^dist\/[\w./-]+\.(?:js|js\.map|d\.ts|d\.ts\.map)$/,
  /^src\/[\w./-]+\.ts$/,
  /^schemas\/[\w.-]+\.json$/,
];
/** … and what it may not, although it looks like the above. */
const forbidden = /\.(?:test|spec|scenario|bench|fixture)s?\.|(?:^|\/)(?:__tests__|fixtures|test)\//;

/** What it must hold. CHANGELOG.md comes with the first `changeset version`. */
const required = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'] as const;

/** A map names the source it was made from; a reader must find it in the package. */
function stale({ paths }: Tarball): string[] {
  const sources = new Set(paths.filter((path) => path.startsWith('src/')));
  return paths.filter((path) => {
    const declaration = /^dist\/(.+)\.d\.ts$/.exec(path);
    return declaration !== null && !sources.has(`src/${declaration[1]}.ts`);
  });
}

function judge(tarball: Tarball): Finding[] {
  const where = tarball.folder;
  const next = 'correct `files` in its package.json';
  const surplus = tarball.paths.filter(
    (path) => forbidden.test(path) || !allowed.some((pattern) => pattern.test(path)),
  );
  const missing = required.filter((path) => !tarball.paths.includes(path));
  return [
    ...surplus.map((path) => ({ where, message: `packs ${path}, which does not belong into a package`, next })),
    ...missing.map((path) => ({ where, message: `does not pack ${path}`, next })),
    ...stale(tarball).map((path) => ({
      where,
      message: `packs ${path}, whose source is not packed`,
      next: 'run `pnpm build`, which clears dist',
    })),
  ];
}

/** What is in each tarball: an exact allow-list, no tests, the licence, sources for the maps. */
export function packContents(pack: PackPackages): Check {
  return {
    name: 'pack: contents',
    async run(context) {
      const tarballs = await pack(context);
      if (tarballs.length === 0) return [{ where: 'packages/', message: 'nothing was packed' }];
      return tarballs.flatMap(judge);
    },
  };
}
