import type { Priority } from './priority.ts';

/** The format that a record came in. */
export type RecordFormat = 'cve' | 'osv' | 'ubuntu-text' | 'ubuntu-json' | 'debian-json' | 'debian-list';

/** What a source says of some versions. */
export type Status = 'affected' | 'unaffected' | 'unknown';

/** A vendor's own word on how grave a flaw is, and what it means here. */
export interface VendorWord {
  /** Who says it, lower case: `ubuntu`, `debian`, `redhat`, or the short name of a CNA. */
  readonly vendor: string;
  /** The word as it stands in the record. */
  readonly word: string;
  readonly priority: Priority;
}

/** Version of the Common Vulnerability Scoring System. */
export type CvssVersion = '2.0' | '3.0' | '3.1' | '4.0';

/** A CVSS vector with the base score computed from it; a score that a record merely claims is not taken over. */
export interface CvssScore {
  readonly version: CvssVersion;
  /** The vector as it stands in the record. */
  readonly vector: string;
  /** Base score, tenths: 78 is 7.8. Threat and environmental metrics are left out of it. */
  readonly baseTenths: number;
  /** Who rated, lower case. */
  readonly by: string;
  /** The CNA that issued the id, someone who added to the record, or a distribution. */
  readonly role: 'cna' | 'adp' | 'vendor';
}

/** A range of upstream versions: from `from` on, below `below` or up to and with `through`; with neither, `from` alone. */
export interface UpstreamRange {
  readonly from: string;
  readonly below: string | null;
  /** A version, `6.1.*` for the whole rest of a series, or `*` for all that follow. */
  readonly through: string | null;
  readonly status: Status;
}

/** A range of commits: in since `introduced` (`0`: from the start), out with `fixed`, or affected up to and with `lastAffected`. */
export interface CommitRange {
  readonly introduced: string;
  readonly fixed: string | null;
  readonly lastAffected: string | null;
}

/** What a source says about which kernels are affected. */
export type Statement =
  /** Of upstream's versions. What no range holds has the default status. The first range that holds a version decides. */
  | {
      readonly kind: 'upstream';
      readonly by: string;
      readonly otherwise: Status;
      readonly ranges: readonly UpstreamRange[];
    }
  /** Of commits in upstream's repositories. */
  | { readonly kind: 'commits'; readonly by: string; readonly ranges: readonly CommitRange[] }
  /** Of a distribution's source package in one suite; `fixedIn` is the version of that package that has the fix. */
  | {
      readonly kind: 'package';
      readonly by: 'debian' | 'ubuntu';
      readonly suite: string;
      readonly source: string;
      readonly status: Status;
      readonly fixedIn: string | null;
    };

/** What one source says about one CVE. */
export interface VulnerabilityRecord {
  /** The CVE id. */
  readonly cve: string;
  readonly format: RecordFormat;
  /** File that it was read from, as the reader named it. */
  readonly file: string;
  /** Place in the file: a JSON path or a line. */
  readonly at: string;
  /** Why the id was rejected or withdrawn; `null`: it was not. */
  readonly rejected: string | null;
  /** Whether it is about the Linux kernel at all; `null`: the record does not tell. */
  readonly kernel: boolean | null;
  /** One line for people, at most 200 characters; may be empty. */
  readonly title: string;
  /** When it became public, epoch ms. */
  readonly publishedAt: number | null;
  readonly words: readonly VendorWord[];
  readonly scores: readonly CvssScore[];
  /** CWE ids, `CWE-416`. */
  readonly weaknesses: readonly string[];
  /** Files of the kernel's source that hold the flaw. */
  readonly programFiles: readonly string[];
  /** Commits that fix it, lower-case hex, 7 to 40 digits, upstream's and stable's. */
  readonly fixCommits: readonly string[];
  readonly statements: readonly Statement[];
}

/** All that the sources say about one CVE. */
export interface Vulnerability extends Omit<VulnerabilityRecord, 'format' | 'file' | 'at'> {
  /** Files that name it, sorted, without doubles. */
  readonly files: readonly string[];
  readonly formats: readonly RecordFormat[];
  /** Where the sources disagree, one sentence each. */
  readonly conflicts: readonly string[];
}
