/** One violation. `next` tells a person what to do where the message does not already. */
export interface Finding {
  /** Path from the root of the repository, with a line where there is one. */
  readonly where: string;
  readonly message: string;
  readonly next?: string;
}

/** What a check looks at. Tests hand in a folder of their own. */
export interface CheckContext {
  /** Absolute path of the repository. */
  readonly root: string;
  readonly signal?: AbortSignal;
}

/** One static check. An empty list means that all is well; a check that finds nothing to look at must say so as a finding. */
export interface Check {
  readonly name: string;
  run(context: CheckContext): Promise<Finding[]>;
}
