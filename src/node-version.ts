// The first import of every program: packages behind the later ones do not load on an older Node.js, and their own errors do not name the version.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `Node.js 22.12 or newer is needed, this is ${process.version}: install Node.js 24, or use the one of "npm run" on glibc Linux.\n`,
  );
  process.exit(1);
}
