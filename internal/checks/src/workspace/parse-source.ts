import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Comment, parseSync, type Program } from 'oxc-parser';
import { walkTree } from './walk-tree.ts';

/** One parsed TypeScript file. */
export interface ParsedSource {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
  /** Everything the file imports, types too, each once and as it is written. */
  readonly imports: readonly ImportSite[];
}

export interface ImportSite {
  readonly specifier: string;
  /** Offset in the text. */
  readonly start: number;
}

export async function parseSource(root: string, path: string): Promise<ParsedSource> {
  const text = await readFile(join(root, path), 'utf8');
  const { program, module, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const literal = (start: number, end: number): ImportSite[] => {
    const quoted = /^(['"`])(.*)\1$/s.exec(text.slice(start, end));
    return quoted === null ? [] : [{ specifier: quoted[2] as string, start }];
  };
  const imports = [
    ...module.staticImports.map((each) => ({ specifier: each.moduleRequest.value, start: each.start })),
    ...module.staticExports
      .flatMap((each) => each.entries)
      .flatMap((entry) =>
        entry.moduleRequest === null ? [] : [{ specifier: entry.moduleRequest.value, start: entry.start }],
      ),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => literal(start, end)),
    ...importTypes(program),
  ];
  // A name that is imported and let out again is listed twice.
  const bySpecifier = new Map(imports.toReversed().map((each) => [each.specifier, each]));
  return { path, text, program, comments, imports: [...bySpecifier.values()] };
}

/** `import('x').T`, which stands in a type and is not among the parser's imports. */
function importTypes(program: Program): ImportSite[] {
  const sites: ImportSite[] = [];
  walkTree(program, (node) => {
    if (node.type !== 'TSImportType') return;
    const { value } = node['source'] as { value?: string };
    if (value !== undefined) sites.push({ specifier: value, start: node.start });
  });
  return sites;
}

/** `path:line` of an offset. */
export function positionIn(source: Pick<ParsedSource, 'path' | 'text'>, offset: number): string {
  return `${source.path}:${source.text.slice(0, offset).split('\n').length}`;
}
