const inUrl = [
  /^https?:\/\/git\.kernel\.org\/(?:stable|linus)\/c\/([0-9a-f]{7,40})$/,
  /^https?:\/\/git\.kernel\.org\/linus\/([0-9a-f]{7,40})$/,
  /^https?:\/\/git\.kernel\.org\/(?:pub\/scm|cgit)\/linux\/kernel\/git\/[\w./-]{1,80}\/commit\/\?(?:h=[\w./-]{1,40}&)?id=([0-9a-f]{7,40})$/,
  /^https?:\/\/github\.com\/(?:torvalds|gregkh)\/linux\/commit\/([0-9a-f]{7,40})$/,
  /^https?:\/\/kernel\.dance\/#?([0-9a-f]{7,40})$/,
];

/** Whether a text is a commit id, whole or shortened as the kernel's own documents do. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{7,40}$/.test(text);
}

/** The commit that a link to a kernel repository names. */
export function commitIn(url: string): string | undefined {
  if (url.length > 300) return undefined;
  for (const pattern of inUrl) {
    const id = pattern.exec(url)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Whether two ids, either of them shortened, can mean the same commit. */
export function sameCommit(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

/** Commit ids without doubles; of a whole and a shortened one the whole stays. Sorted, so linear past the sort. */
export function uniqueCommits(ids: readonly string[]): string[] {
  const sorted = [...new Set(ids)].toSorted();
  const whole = new Set(sorted.filter((id, index) => !(sorted[index + 1]?.startsWith(id) ?? false)));
  return [...new Set(ids)].filter((id) => whole.has(id));
}
