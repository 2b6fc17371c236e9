import { readFile } from 'node:fs/promises';
import { publint as lintPackage } from 'publint';
import { formatMessage } from 'publint/utils';
import type { Check, Finding } from '../check.ts';
import type { PackPackages } from '../pack/pack-packages.ts';
import type { Tarball } from '../pack/tarball.ts';

async function judge({ folder, file }: Tarball): Promise<Finding[]> {
  const tarball = await new Blob([await readFile(file)]).arrayBuffer();
  const { messages, pkg } = await lintPackage({
    pack: { tarball },
    strict: true,
    level: 'suggestion',
  });
  return messages.map((message) => ({
    where: folder,
    message: formatMessage(message, pkg, { color: false }) ?? message.code,
  }));
}

/** publint on each tarball; a suggestion is a failure too. */
export function publint(pack: PackPackages): Check {
  return {
    name: 'pack: publint',
    async run(context) {
      const tarballs = await pack(context);
      if (tarballs.length === 0) return [{ where: 'packages/', message: 'nothing was packed' }];
      return (await Promise.all(tarballs.map(judge))).flat();
    },
  };
}
