/** A piece of TypeScript that documentation shows. */
export interface Example {
  /** `path:line` of its first line of code. */
  readonly where: string;
  /** Folder of the package whose documentation it is, as `packages/payload`; its imports resolve from there. */
  readonly folder: string;
  readonly code: string;
  /** Marked ```` ```ts run ````: it is not only compiled but run, and must end without an error. */
  readonly run: boolean;
}
