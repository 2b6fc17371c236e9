/** A function that a livepatch replaces. */
export interface PatchedFunction {
  /** Name of the replaced function. */
  readonly name: string;
  /** Which of several symbols of that name, counted from 1; 0 = the name must be unique. */
  readonly sympos: number;
}

/** An object of the kernel, `vmlinux` or a module, of which functions are replaced. */
export interface PatchedObject {
  /** `vmlinux`, or the module's name. */
  readonly name: string;
  /** Replaced functions, in the file's order. */
  readonly functions: readonly PatchedFunction[];
}

/** CRC of an imported symbol, as `CONFIG_MODVERSIONS` records it. */
export interface SymbolVersion {
  /** The symbol. */
  readonly name: string;
  /** Its CRC-32, as an unsigned number. */
  readonly crc: number;
}

/** A name that the kernel resolves for the livepatch when it is applied (`.klp.sym.OBJECT.SYMBOL,SYMPOS`). */
export interface LivepatchSymbol extends PatchedFunction {
  /** Object in which the symbol is looked up. */
  readonly object: string;
}

/** What a module file says of itself. Read defensively, but only as true as whoever signed it. */
export interface ModuleInfo {
  /** Module name, as the kernel registers it. */
  readonly name: string;
  /** `vermagic` as it stands, with its trailing blank. */
  readonly vermagic: string;
  /** Whether `.modinfo` marks it as a livepatch (the tag's presence is what counts). */
  readonly livepatch: boolean;
  /** `uname -m` of the machine it was built for. */
  readonly arch: string;
  /** License tag, or `null`. */
  readonly license: string | null;
  /** Modules that it needs, in the file's order. */
  readonly depends: readonly string[];
  /** Every `.modinfo` tag with its values, in the file's order. */
  readonly modinfo: ReadonlyMap<string, readonly string[]>;
  /** Whether it carries symbol versions: with them the kernel skips the release word of vermagic. */
  readonly hasVersions: boolean;
  /** CRCs of imported symbols. */
  readonly symbolVersions: readonly SymbolVersion[];
  /** Objects named by `.klp.rela.OBJECT.SECTION`. */
  readonly relocatedObjects: readonly string[];
  /** Symbols that livepatch relocations resolve. */
  readonly livepatchSymbols: readonly LivepatchSymbol[];
  /** What is replaced, or `unknown` where the file does not tell. */
  readonly objects: readonly PatchedObject[] | 'unknown';
}
