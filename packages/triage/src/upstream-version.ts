/** A version of the upstream kernel. `rc` is `null` for a release. */
export interface UpstreamVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly rc: number | null;
}
