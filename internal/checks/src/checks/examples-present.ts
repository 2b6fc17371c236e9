import type { Check, Finding } from '../check.ts';
import { publicFunctions } from '../examples/public-functions.ts';
import { publishedPackages } from '../workspace/packages.ts';

/** Every function that a package exports shows its use. Types are shown by the functions that take and return them. */
export const examplesPresent: Check = {
  name: 'examples present',
  async run({ root }) {
    const packages = await publishedPackages(root);
    const functions = (await Promise.all(packages.map((each) => publicFunctions(root, each)))).flat();
    if (functions.length === 0) return [{ where: 'packages/', message: 'no exported function found' }];
    return functions
      .filter(({ comment }) => comment?.includes('@example') !== true)
      .map(({ name, where, comment }): Finding => {
        const message =
          comment === undefined
            ? `${name} is exported without a doc comment`
            : `the doc comment of ${name} has no @example`;
        return { where, message };
      });
  },
};
