import { mkdirSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { describeForUsers } from "../../builder/failure.ts";

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

it.each([
  ["a system error by its code", thrownBy(() => mkdirSync(`/tmp/${"x".repeat(300)}`)), "ENAMETOOLONG"],
  ["a failed command by its code", Object.assign(new Error("Command failed: chown /srv"), { code: 1 }), "code 1"],
  ["a library's error by its name", thrownBy(() => z.string().parse(1)), "ZodError"],
  ["an error of ours by its text", new Error("the sandbox did not start"), "the sandbox did not start"],
  ["anything else not at all", "/srv/secret", "an error without a name"],
])("users read of %s", (_, error, text) => {
  expect(describeForUsers(error)).toBe(text);
});
