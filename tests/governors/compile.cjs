// Compiles the governors that the tests replay, of every version of OpenZeppelin Contracts, into one JSON file.
//
// A line that ends in `//: >=4.6 <5.0` is for these versions alone.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const OUTPUT = process.argv[2];
const ROOT = path.join(__dirname, "..", "..");
const MODULES = path.join(ROOT, "node_modules");
const PLAN = {
  4.3: ["Token", "Controlled4"],
  4.4: ["Token", "Controlled4"],
  4.5: ["Token", "Controlled4", "Compatible"],
  4.6: ["Token", "Controlled4"],
  4.7: ["Token", "Controlled4"],
  4.8: ["Token", "Controlled4"],
  4.9: ["Token", "Controlled4", "Compatible"],
  "5.0": ["Token", "Controlled5"],
  5.1: ["Token", "Fractional"],
  5.2: ["Token", "Extended", "Overridable"],
  5.3: ["Token", "Super"],
  5.4: ["Token", "Controlled5"],
  5.5: ["Extended", "Overridable"],
  5.6: ["Token", "Super"],
  5.7: ["Token", "Collection", "Extended", "Controlled5", "Fractional", "Overridable", "Super", "Constant", "Bravo"],
};
const KEPT = /^(Token|Collection|ExtendedToken|Controlled|Compatible|Fractional|Overridable|Super|Constant|Bravo|TimelockController)$/;

function number(version) {
  const [major, minor] = version.split(".");
  return Number(major) * 100 + Number(minor);
}

// What of a source is for `version`.
function instance(source, version) {
  const holds = { ">=": (a, b) => a >= b, "<": (a, b) => a < b };
  const lines = source.split("\n").filter((line) => {
    const [, conditions] = line.split("//: ");
    if (conditions === undefined) return true;
    return conditions.trim().split(" ").every((one) => {
      const [, comparison, bound] = one.match(/^(>=|<)(.+)$/);
      return holds[comparison](number(version), number(bound));
    });
  });
  return lines.join("\n");
}

// Before 4.6 one function has its arguments in memory where its interface says calldata, which compilers refuse by now.
// Nothing but that word is changed.
function sameLocations(source) {
  return source.replace(/function hashProposal\([^)]*\)/, (declaration) => declaration.replaceAll("calldata ", "memory "));
}

function compile(sources, folder) {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: {
      optimizer: { enabled: true, runs: 1 },
      evmVersion: "cancun",
      metadata: { bytecodeHash: "none", appendCBOR: false },
      debug: { revertStrings: "strip" },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const read = (name) => {
    try {
      const source = fs.readFileSync(path.join(MODULES, name.replace(/^oz\//, `${folder}/`)), "utf8");
      return { contents: name === "oz/governance/IGovernor.sol" ? sameLocations(source) : source };
    } catch (error) {
      return { error: `${name}: ${error.code}` };
    }
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  const errors = (output.errors ?? []).filter((message) => message.severity === "error");
  if (errors.length) throw new Error(errors.map((message) => message.formattedMessage).join("\n"));
  const found = {};
  for (const contracts of Object.values(output.contracts)) {
    for (const [name, contract] of Object.entries(contracts)) {
      if (KEPT.test(name)) found[name] = { abi: contract.abi, bytecode: contract.evm.bytecode.object };
    }
  }
  return found;
}

// What the result depends on: these sources, this file, and the versions of everything that they import.
function key() {
  const hash = crypto.createHash("sha256");
  const files = fs.readdirSync(__dirname).sort().map((name) => path.join(__dirname, name));
  for (const file of [...files, path.join(ROOT, "package-lock.json")]) hash.update(fs.readFileSync(file));
  return hash.digest("hex");
}

const result = { key: key() };
if (fs.existsSync(OUTPUT) && JSON.parse(fs.readFileSync(OUTPUT, "utf8")).key === result.key) {
  const now = new Date();
  fs.utimesSync(OUTPUT, now, now);
  process.exit(0);
}
for (const [version, files] of Object.entries(PLAN)) {
  const folder = version === "5.7" ? "@openzeppelin/contracts" : `oz-${version}`;
  const sources = {};
  for (const file of files) {
    sources[`${file}.sol`] = instance(fs.readFileSync(path.join(__dirname, `${file}.sol`), "utf8"), version);
  }
  result[version] = compile(sources, folder);
}
fs.mkdirSync(path.dirname(OUTPUT), { recursive: true });
fs.writeFileSync(OUTPUT, JSON.stringify(result));
