/** Default limit on a module file and on what it expands to: 256 MiB. The largest modules of distributions have some 20 MiB. */
export const defaultMaxBytes: number = 256 * 1024 * 1024;
