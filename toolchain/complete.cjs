// Adds to a package-lock.json the other systems' packages that the registry at hand does not carry.
//
// npm leaves out an optional package that it cannot find and then refuses its own lock file. Such an entry has no hash;
// it is installed on that other system only, and `make lock` against a complete registry writes it in full.
"use strict";
const fs = require("fs");

const SYSTEMS = { darwin: "darwin", linux: "linux" };
const PROCESSORS = { amd64: "x64", arm64: "arm64" };

const path = process.argv[2];
const lock = JSON.parse(fs.readFileSync(path, "utf8"));
for (const [name, version] of Object.entries(lock.packages[""].optionalDependencies)) {
  const [system, processor] = name.split("-").slice(-2);
  lock.packages[`node_modules/${name}`] ??= {
    version,
    cpu: [PROCESSORS[processor]],
    optional: true,
    os: [SYSTEMS[system]],
  };
}
const sorted = Object.entries(lock.packages).sort(([left], [right]) => (left < right ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
fs.writeFileSync(path, JSON.stringify(lock, null, 2) + "\n");
