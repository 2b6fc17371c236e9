/** One thing that goes into a root image. `to` is its absolute path in the guest. */
export type RootEntry =
  /** A file or folder of the host, links as links; `filter` gets each path relative to `from` and says whether to take it. */
  | { readonly kind: 'copy'; readonly from: string; readonly to: string; readonly filter?: (path: string) => boolean }
  /** A symbolic link. */
  | { readonly kind: 'link'; readonly to: string; readonly target: string }
  /** Bytes or text. `mode` is 0o644 unless told. */
  | { readonly kind: 'file'; readonly to: string; readonly content: string | Uint8Array; readonly mode?: number };
