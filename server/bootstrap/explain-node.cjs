// The JavaScript of 2017: it is read by every Node.js there is.
"use strict";
const MINIMUM_NODE = [20, 19];

/** `version` like "20.19.0". @returns the sentence for a Node.js that is too old; null = it fits */
exports.explainNode = function explainNode(version) {
  const [major, minor] = version.split(".").map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return null;
  return `Node.js ${MINIMUM_NODE.join(".")} or newer is needed; this is v${version}. Get one at https://nodejs.org, or with your version manager.`;
};
