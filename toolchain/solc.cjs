// The native compiler's two calls that Brownie and slither make, answered by the npm package's WebAssembly build.
"use strict";
const fs = require("fs");
const solc = require("solc");

const args = process.argv.slice(2);

// The native compiler reads imports from the file system by itself; the WebAssembly build asks for each.
function readImport(path) {
  try {
    return { contents: fs.readFileSync(path, "utf8") };
  } catch (error) {
    return { error: `${path}: ${error.code}` };
  }
}

// Brownie swallows warnings. In this project's own contracts there is to be none, so there they are errors; the
// libraries' are their authors' matter.
function refuseOwnWarning(message) {
  if (message.severity === "warning" && message.sourceLocation?.file.startsWith("contracts/")) {
    message.severity = "error";
  }
}

if (args.includes("--version")) {
  const version = solc.version().replace(/\.Emscripten\.clang$/, ".Linux.g++");
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else if (args.includes("--standard-json")) {
  const output = JSON.parse(solc.compile(fs.readFileSync(0, "utf8"), { import: readImport }));
  output.errors?.forEach(refuseOwnWarning);
  process.stdout.write(JSON.stringify(output) + "\n");
} else {
  process.stderr.write(`solc.cjs: expected --version or --standard-json, found: ${args.join(" ")}\n`);
  process.exit(2);
}
