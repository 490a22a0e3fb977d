// Answers questions about Merkle trees with OpenZeppelin's own package: one JSON question a line, one answer a line.
"use strict";
const fs = require("fs");
const readline = require("readline");
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");

const answers = {
  // The package's own tree over values, and its proofs of all of them and of each batch of indices.
  of({ values, encoding, batches }) {
    const tree = StandardMerkleTree.of(values, encoding);
    const { tree: nodes, values: placed } = tree.dump();
    const order = new Map(values.map((value, index) => [value, index]));
    return {
      root: tree.root,
      nodes,
      places: placed.map((entry) => entry.treeIndex),
      proofs: values.map((_, index) => tree.getProof(index)),
      batches: batches.map((indices) => {
        const { leaves, proof, proofFlags } = tree.getMultiProof(indices);
        return { indices: leaves.map((leaf) => order.get(leaf)), proof, flags: proofFlags };
      }),
    };
  },
  // A dumped tree: loading it validates every node and every value.
  load({ path }) {
    const tree = StandardMerkleTree.load(JSON.parse(fs.readFileSync(path, "utf8")));
    tree.validate();
    const values = [...tree.entries()].map(([, value]) => value);
    const { leafEncoding } = tree.dump();
    const verified = values.map((value, index) =>
      StandardMerkleTree.verify(tree.root, leafEncoding, value, tree.getProof(index)),
    );
    return { root: tree.root, again: StandardMerkleTree.of(values, leafEncoding).root, encoding: leafEncoding, values, verified };
  },
  // Whether one value with a proof belongs to a root.
  verify({ root, encoding, value, proof }) {
    return { verified: StandardMerkleTree.verify(root, encoding, value, proof) };
  },
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { ask, ...question } = JSON.parse(line);
  let answer;
  try {
    answer = answers[ask](question);
  } catch (error) {
    answer = { error: String(error.message) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
