import type { Check } from './check.ts';
import { attw } from './checks/attw.ts';
import { build } from './checks/build.ts';
import { bundles } from './checks/bundles.ts';
import { classes } from './checks/classes.ts';
import { documentLinks } from './checks/document-links.ts';
import { examplesCompile } from './checks/examples-compile.ts';
import { examplesPresent } from './checks/examples-present.ts';
import { examplesRun } from './checks/examples-run.ts';
import { foreignWords } from './checks/foreign-words.ts';
import { format } from './checks/format.ts';
import { graphCycles } from './checks/graph-cycles.ts';
import { graphDocument } from './checks/graph-document.ts';
import { graphImports } from './checks/graph-imports.ts';
import { graphManifests } from './checks/graph-manifests.ts';
import { graphReferences } from './checks/graph-references.ts';
import { licences } from './checks/licences.ts';
import { lint } from './checks/lint.ts';
import { packContents } from './checks/pack-contents.ts';
import { packManifest } from './checks/pack-manifest.ts';
import { publint } from './checks/publint.ts';
import { runsAnywhere } from './checks/runs-anywhere.ts';
import { unused } from './checks/unused.ts';
import type { PackPackages } from './pack/pack-packages.ts';

/** All checks in the order in which they run: what the others need first, then the quick ones. */
export function allChecks(pack: PackPackages): readonly Check[] {
  return [
    build,
    lint,
    format,
    graphImports(),
    graphCycles,
    runsAnywhere(),
    bundles(),
    graphManifests,
    graphReferences,
    graphDocument(),
    classes,
    foreignWords,
    documentLinks,
    licences,
    unused,
    examplesPresent,
    examplesCompile,
    examplesRun,
    packContents(pack),
    packManifest(pack),
    publint(pack),
    attw(pack),
  ];
}
