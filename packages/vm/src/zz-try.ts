import { bootVm, buildRoot, prepareKernel, packageClosure } from '@klpkit/vm';
const kernel = await prepareKernel(process.env['K'] ?? '6.1.0-56-cloud-amd64');
const entries = await packageClosure(['/work/main/vm'], { workspace: '/work/main', to: '/app' });
const root = await buildRoot([...entries, { kind: 'file', to: '/app/package.json', content: '{"type":"module"}' }, { kind: 'file', to: '/app/vm/x.ts', content: `
import { verifyModule } from '@klpkit/payload';
import { makeAuthority } from '@klpkit-internal/testkit';
import { readPatches } from '@klpkit/kernel';
console.log(typeof verifyModule, typeof makeAuthority, typeof readPatches);
process.exit(0);
` }], { image: '/tmp/vmx/root-' + process.pid + '.img' });
await using vm = await bootVm(kernel, { root, timeoutMs: 400000, onConsoleLine: (l) => { if (process.env.V || /segf|trap|fatal signal|RIP/.test(l)) console.log(l); }, append: 'print-fatal-signals=1', qemuArguments: (process.env['Q'] ?? '').split(' ').filter(Boolean) });
let bad = 0; const t = Date.now(); const n = Number(process.env['C'] ?? 40);
for (let k = 0; k < n; k++) {
const e = await vm.run(['node', ...(process.env['N'] ?? '').split(' ').filter(Boolean), '--conditions=@klpkit/source', '/app/vm/x.ts'], { timeoutMs: 60000 });
if (e.kind !== 'exited' || e.exitCode !== 0) { bad++; console.log(k, JSON.stringify(e).slice(0,150)); if (e.kind !== 'exited') break; }
}
console.log(process.env['Q'], process.env['N'], bad, 'bad of', n, (Date.now() - t) / n, 'ms each');
