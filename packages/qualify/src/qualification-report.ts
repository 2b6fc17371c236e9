import type { LoadTestReport } from './load-report.ts';
import type { RegressionReport } from './regression-report.ts';
import type { Reason, Verdict } from './verdict.ts';

/** Version of the JSON form of {@link QualificationReport}. Fields are added without raising it. */
export const reportVersion = 1;

/** The kernel that a patch was tried on. */
export interface QualifiedKernel {
  /** `uname -r`. */
  readonly release: string;
  /** `uname -m`. */
  readonly arch: string;
  /** Where it came from, such as `linux-image-6.1.0-50-cloud-amd64 6.1.185-1`; `''` where that is not known. */
  readonly origin: string;
  /** SHA-256 of the kernel image that was booted, lower-case hex. */
  readonly sha256: string;
}

/** The patch that was tried. */
export interface QualifiedPatch {
  /** Name of the module. */
  readonly module: string;
  /** SHA-256 of the file as it will be shipped, lower-case hex; the same that the release document has. */
  readonly sha256: string;
  /** Bytes of that file. */
  readonly size: number;
}

/** All that is known about whether a patch may be released. Its JSON is the report file; evidence carries its digest. */
export interface QualificationReport {
  readonly version: typeof reportVersion;
  readonly verdict: Verdict;
  /** All reasons of both parts, heaviest first. Never empty unless the verdict is `pass`. */
  readonly reasons: readonly Reason[];
  readonly kernel: QualifiedKernel;
  readonly patch: QualifiedPatch;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms. */
  readonly finishedAt: number;
  readonly load: LoadTestReport;
  /** `null` where no tests were given: then the verdict is `inconclusive` at best. */
  readonly regression: RegressionReport | null;
}
