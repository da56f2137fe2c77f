import { expect, test } from "vitest";
import { explainPostgres, SCARCE_BYTES } from "./explain-postgres.ts";

test.each([
  ['initdb: error: could not create directory "x": No space left on device', 2 ** 40, /disk is full/],
  ["Aborted\nchild process exited with exit code 134", 20 * 2 ** 20, /disk is full \(20 MiB free\).*--data/],
  ["", SCARCE_BYTES - 1, /disk is full/],
  ["Aborted\nchild process exited with exit code 134", SCARCE_BYTES, /Aborted \| child process exited/],
  ["", null, /said nothing/],
  ["LOG:  database system was shut down\nLOG:  database system is ready to accept connections\n", 2 ** 40, /127\.0\.0\.1.*loopback/],
  ['could not open file "x": Permission denied', 0, /may not be read or written/],
  ['could not open file "x": Read-only file system', null, /read-only.*--data/],
  ["FATAL:  database files are incompatible with server\nDETAIL:  The data directory was initialized by PostgreSQL version 17, which is not compatible with this version 18.4.", null, /another version.*version 17/],
])("%j with %s bytes free", (output, freeBytes, expected) => {
  expect(explainPostgres(output, freeBytes)).toMatch(expected);
});
