import { describe, expect, it } from "vitest";
import { ChangeVariables } from "../../schema/contracts/env-vars.ts";
import { detectFramework, publishersOf } from "../../schema/frameworks.ts";
import { isSearchable, MAX_VALUE_BYTES, MAX_VARIABLES, refuseName, refuseValue } from "../../schema/variable.ts";

describe("a variable's name", () => {
  it.each(["A", "_private", "DATABASE_URL", "VITE_API_URL", "lower_case", "NODE_ENV", "constructor", "PATHS", "NPMRC"])(
    "may be %s",
    (name) => {
      expect(refuseName(name)).toBeNull();
    },
  );

  it.each([
    ["", /only letters/],
    ["1A", /only letters/],
    ["A B", /only letters/],
    ["A-B", /only letters/],
    ["A\nB", /only letters/],
    ["A\n", /only letters/],
    ["A\0", /only letters/],
    ["ÄPFEL", /only letters/],
    ["A".repeat(129), /at most 128/],
    ["PATH", /the build sets it/],
    ["Path", /the build sets it/],
    ["HOME", /the build sets it/],
    ["NODE_OPTIONS", /what Node itself does/],
    ["npm_config_registry", /npm reads/],
    ["NPM_CONFIG_CACHE", /npm reads/],
    ["ATELIER_TOKEN", /the platform's/],
    ["LD_PRELOAD", /which code/],
    ["LD_LIBRARY_PATH", /which code/],
    ["DYLD_INSERT_LIBRARIES", /which code/],
    ["BASH_ENV", /which code/],
    ["GLIBC_TUNABLES", /which code/],
    ["HTTPS_PROXY", /run the platform/],
    ["https_proxy", /run the platform/],
    ["NODE_EXTRA_CA_CERTS", /run the platform/],
    ["__proto__", /no object/],
  ])("may not be %j, and the reason is said", (name, reason) => {
    expect(refuseName(name)).toMatch(reason);
  });

  it("with a = is refused without what stands behind it", () => {
    const refusal = refuseName("TOKEN=s3cr3t-value");
    expect(refusal).toMatch(/^"TOKEN"/);
    expect(refusal).not.toContain("s3cr3t");
  });
});

describe("a variable's value", () => {
  it.each(["", "a=b\nc", "ünïcødé 🚀", "x".repeat(MAX_VALUE_BYTES), "-----BEGIN KEY-----\nabc\n"])(
    "may be %j",
    (value) => {
      expect(refuseValue(value)).toBeNull();
    },
  );

  it.each([
    ["a\0b", /NUL/],
    ["\ud83d", /surrogate/],
    ["x".repeat(MAX_VALUE_BYTES + 1), /at most 32768 bytes, this one has 32769/],
    ["x".repeat(1024 * 1024), /has 1048576/],
    ["ü".repeat(MAX_VALUE_BYTES), /has 65536/],
  ])("may not be what no process can be given, or too much", (value, reason) => {
    expect(refuseValue(value)).toMatch(reason);
  });
});

describe("leaks are looked for", () => {
  it.each([
    "12345679",
    "hunter2hunter2",
    "postgres://u:p@db.example.com/x",
    "https://api.internal.example.com",
    "ünïçöd",
  ])("of %s", (value) => {
    expect(isSearchable(value)).toBe(true);
  });

  it.each([
    "",
    "secret",
    "1234567",
    "  short  ",
    "production",
    "Development",
    " localhost\n",
    "http://localhost:3000",
    "http://127.0.0.1:8080/",
    "aaaaaaaaaaaa",
    "eu-central-1",
    "Europe/Berlin",
    "4294967296",
  ])("not of %j", (value) => {
    expect(isSearchable(value)).toBe(false);
  });
});

describe("a change of variables", () => {
  const variable = (name: string) => ({ name, value: "v" });

  it("says which name is wrong, and never a value", () => {
    const set = [variable("OK"), { name: "PATH", value: "s3cr3t-one" }, { name: "B", value: "s3cr3t\0two" }];
    const { error } = ChangeVariables.safeParse({ set });
    expect(error?.issues.map(({ path, message }) => [path.join("."), message])).toEqual([
      ["set.1.name", "PATH is reserved: the build sets it"],
      ["set.2.value", "a value can not hold a NUL character: no process could be given it"],
    ]);
    expect(JSON.stringify(error)).not.toContain("s3cr3t");
  });

  it("names each variable once", () => {
    const twice = { set: [variable("A"), variable("A")] };
    const both = { set: [variable("A")], remove: ["A"] };
    for (const wish of [twice, both])
      expect(ChangeVariables.safeParse(wish).error?.message).toContain("A is named twice");
  });

  it("of a thousand is refused", () => {
    const set = Array.from({ length: 1_000 }, (_, n) => variable(`V${n}`));
    expect(ChangeVariables.safeParse({ set }).error?.message).toContain(`at most ${MAX_VARIABLES} variables`);
  });
});

describe("the framework of an app", () => {
  it.each([
    [["vite", "react"], "Vite"],
    [["next", "vite", "vitest"], "Next.js"],
    [["@sveltejs/kit", "vite"], "SvelteKit"],
    [["astro"], "Astro"],
    [["nuxt"], "Nuxt"],
    [["react", "left-pad"], undefined],
    [[], undefined],
  ])("with %j is %s", (packages, name) => {
    expect(detectFramework(new Set(packages))?.name).toBe(name);
  });

  it("publishes by the beginning of a name", () => {
    expect(publishersOf("VITE_API_URL")).toContain("Vite");
    expect(publishersOf("NEXT_PUBLIC_ID")).toEqual(["Next.js"]);
    expect(publishersOf("DATABASE_URL")).toEqual([]);
    expect(publishersOf("MY_VITE_KEY")).toEqual([]);
  });
});
