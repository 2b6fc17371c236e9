import { isBuiltin } from 'node:module';

/** What an import specifier leads to. */
export type Specifier =
  | { readonly kind: 'relative' }
  /** An entry of the package's own `imports`. */
  | { readonly kind: 'internal' }
  | { readonly kind: 'builtin' }
  | { readonly kind: 'package'; readonly name: string };

export function classify(specifier: string): Specifier {
  if (specifier.startsWith('.') || specifier.startsWith('/')) return { kind: 'relative' };
  if (specifier.startsWith('#')) return { kind: 'internal' };
  if (isBuiltin(specifier)) return { kind: 'builtin' };
  const parts = specifier.split('/');
  return { kind: 'package', name: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/') };
}
