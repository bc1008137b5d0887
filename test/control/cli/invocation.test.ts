import { expect, it } from "vitest";
import { readInvocation } from "../../../control/cli/invocation.ts";

it.each([
  ["by its name", {}, "atelier"],
  ["by npx", { npm_command: "exec", npm_execpath: "/usr/lib/node_modules/npm/bin/npm-cli.js" }, "npx atelier"],
  ["by the npx of an old npm", { npm_execpath: "/usr/lib/node_modules/npm/bin/npx-cli.js" }, "npx atelier"],
  ["by a script", { npm_command: "run-script", npm_execpath: "/usr/lib/npm/bin/npm-cli.js" }, "atelier"],
])("advises commands as this one was called: %s", (_, env, invocation) => {
  expect(readInvocation(env)).toBe(invocation);
});
