// What npm's scripts call. Written in the JavaScript of 2017 with everything it loads before it knows which Node.js this is: an old one must get as far as
// the sentence that says so.
"use strict";
const { explainNode } = require("./bootstrap/explain-node.cjs");

const tooOld = explainNode(process.versions.node);
if (tooOld) {
  console.error(tooOld);
  process.exit(1);
}
import("./bootstrap.mjs");
