import { expect, it } from "vitest";
import { describeExit } from "../../builder/run-command.ts";

it.each([
  [3, false, "ended with exit code 3"],
  [3, true, "ended with exit code 3"],
  [137, false, "was ended by SIGKILL"],
  [137, true, "was ended by SIGKILL, most likely by the kernel for want of memory"],
])("exit code %i, with memory short: %s", (code, oomKilled, text) => {
  expect(describeExit(code, oomKilled)).toBe(text);
});
