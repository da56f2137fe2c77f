import { expect, test } from "vitest";
import { redactSecrets } from "./redact-secrets.ts";

const SECRET = "Zm9vYmFyYmF6cXV4LXNlY3JldA";

test.each([
  `join with --token cpj_${SECRET}_${"a".repeat(64)}`,
  `Authorization: Bearer ${SECRET}`,
  `{"authorization":"Basic ${SECRET}"}`,
  `cookie: cutplane_token=${SECRET}`,
  `the key cpk_${SECRET} was refused, and cp_${SECRET} too`,
  `proxy http://user:${SECRET}@10.0.0.1:3128 refused`,
  `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`,
  `-----BEGIN EC PRIVATE KEY-----\n${SECRET}`,
])("%j tells no secret", (text) => {
  expect(redactSecrets(text)).not.toContain(SECRET);
  expect(redactSecrets(text)).toContain("[secret]");
});

test("what is no secret stays", () => {
  for (const text of ["stage asg_01 of seg_cp_1 exited with code 1", "cp_ and cpu", "https://10.0.0.1:4000/agents", "basic checks done"]) expect(redactSecrets(text)).toBe(text);
});
