import { expect, test } from "vitest";
import { uninstallLine, withOptions } from "./install-options.ts";

test("options stand behind the line, quoted where a shell would read them", () => {
  expect(withOptions("run", { foreground: false })).toBe("run");
  expect(withOptions("run", { foreground: true, "--advertise": "10.0.0.2:7000", "--max-memory": " " })).toBe("run --advertise 10.0.0.2:7000 --foreground");
  expect(withOptions("run", { foreground: false, "--data": "/my data" })).toBe("run --data '/my data'");
});

test("the uninstall line knows a console's own certificate by its key", () => {
  expect(uninstallLine("http://c:1", null)).toBe("curl -fsS http://c:1/install.sh | sh -s -- --uninstall");
  expect(uninstallLine("https://c:1", "sha256//a+b=")).toContain("curl -fsSk --pinnedpubkey 'sha256//a+b=' https://c:1/install.sh");
});
