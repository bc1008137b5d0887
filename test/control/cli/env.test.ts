import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatDotenv, parseDotenv } from "../../../control/cli/dotenv.ts";
import { makeFolder } from "./make-folder.ts";
import { startWithShop } from "./start-with-shop.ts";

const VITE_APP = { "package.json": '{"name":"shop","devDependencies":{"vite":"8.0.0"}}' };

describe.concurrent("atelier env", () => {
  it("sets variables, and says which reach the browser and which are not looked for", async () => {
    const { api, run } = await startWithShop();
    const cwd = await makeFolder(VITE_APP);
    const { code, stdout, stderr } = await run(
      ["env", "set", "VITE_API=https://api.example.org", "MODE=dev", "DB=a=b c"],
      {
        cwd,
      },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(api.env.variables.get("production/DB")).toMatchObject({ value: "a=b c", visibility: "private" });
    expect(stderr).toContain("Set 3 variables of production of shop");
    expect(stderr).toContain("VITE_API: Vite puts it into the browser's code: everybody can read it");
    expect(stderr).toContain("MODE: leaks are not looked for");
    expect(stderr).not.toContain("https://api");
  });

  it("reads the value of one from stdin, and never shows it", async () => {
    const { api, run, cwd } = await startWithShop();
    const input = "line one\nline two\n";
    const { code, stderr } = await run(["env", "set", "KEY", "--secret", "-e", "preview"], { cwd, input });
    expect(code).toBe(0);
    expect(api.env.variables.get("preview/KEY")).toMatchObject({ value: "line one\nline two", visibility: "secret" });
    expect(stderr).not.toContain("line one");
  });

  it.each([
    [["PATH=/x"], /PATH is reserved: the build sets it/],
    [["A=1", "B"], /"B" sets nothing/],
    [["A=1", "A=2"], /A is named twice/],
    [["A B=1"], /a name has only letters/],
  ])("refuses to set %j before it asks anybody", async (assignments, message) => {
    const { api, run, cwd } = await startWithShop();
    const { code, stderr } = await run(["env", "set", ...assignments], { cwd });
    expect({ code, seen: api.seen }).toEqual({ code: 2, seen: [] });
    expect(stderr).toMatch(message);
  });

  it("does not know other environments", async () => {
    const { api, run, cwd } = await startWithShop();
    const { code, stderr } = await run(["env", "-e", "staging"], { cwd });
    expect({ code, seen: api.seen }).toEqual({ code: 2, seen: [] });
    expect(stderr).toContain("There are: production, preview");
  });

  it("imports a dotenv file, lists without values, removes", async () => {
    const { api, run } = await startWithShop();
    const cwd = await makeFolder({
      ...VITE_APP,
      ".env": '# shop\nA="1 # 2"\nexport B=two\n\nPEM="-----\nline\n-----"\n',
    });
    expect((await run(["env", "import", ".env"], { cwd })).code).toBe(0);
    expect([...api.env.variables.values()].map(({ name, value }) => [name, value])).toEqual([
      ["A", "1 # 2"],
      ["B", "two"],
      ["PEM", "-----\nline\n-----"],
    ]);
    const { stdout } = await run(["env"], { cwd });
    expect(stdout).toMatch(/^NAME +VISIBILITY +SET BY +AGE +NOTES\nA +private +tests/);
    expect(stdout).not.toContain("two");
    expect((await run(["env", "rm", "A", "B"], { cwd })).code).toBe(0);
    expect([...api.env.variables.keys()]).toEqual(["production/PEM"]);
    expect((await run(["env", "rm", "A"], { cwd })).stderr).toContain("(variable_not_found)");
  });

  it("pulls what is not secret, and says what it left out", async () => {
    const { run, cwd } = await startWithShop();
    await run(["env", "set", "A=1 2", "B=two"], { cwd });
    await run(["env", "set", "TOKEN=s3cr3t-token", "--secret"], { cwd });
    const { stdout, stderr } = await run(["env", "pull"], { cwd });
    expect(parseDotenv(stdout)).toEqual([
      { name: "A", value: "1 2" },
      { name: "B", value: "two" },
    ]);
    expect(stdout).toContain("# TOKEN is secret");
    expect(stderr).toContain("Left out: TOKEN");
    expect(stdout + stderr).not.toContain("s3cr3t");
    await run(["env", "pull", ".env.local"], { cwd });
    expect(await readFile(join(cwd, ".env.local"), "utf8")).toBe(stdout);
    expect((await stat(join(cwd, ".env.local"))).mode & 0o777).toBe(0o600);
  });

  it("says what a promote and a rollback would change, and changes nothing", async () => {
    const { api, run, cwd, shop } = await startWithShop();
    const { id } = await api.addDeployment(shop, { status: "superseded" });
    await api.addDeployment(shop);
    const planned = await run(["promote", id, "--plan"], { cwd });
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringMatching(/added +NEW_KEY\n.*changed +API_URL/) });
    expect(planned.stdout).toContain(id);
    expect((await run(["rollback", "--plan", "--json"], { cwd })).stdout).toContain('"added":["NEW_KEY"]');
    expect(api.requests("POST", `/projects/${shop.id}/channels`)).toEqual([]);
  });

  it("asks for the variables of now when a promote shall bring them", async () => {
    const { api, run, cwd, shop } = await startWithShop();
    const { id } = await api.addDeployment(shop);
    await run(["promote", id, "--env", "current"], { cwd });
    await run(["promote", id], { cwd });
    const bodies = api
      .requests("POST", `/projects/${shop.id}/channels`)
      .map(({ body }) => JSON.parse(String(body)).env);
    expect(bodies).toEqual(["current", "snapshot"]);
  });
});

describe("a line of a dotenv file", () => {
  it.each([
    "",
    "plain",
    "a b",
    " padded ",
    "a#b",
    "it's",
    'say "hi"',
    "a\nb",
    "\\n",
    "a\\nb",
    "$HOME",
    "`x`",
    "-----\n\n-----\n",
  ])("gives %j back", (value) => {
    const line = formatDotenv({ name: "NAME", value });
    const read = parseDotenv(`A=1\n${line}\nB=2`).map((one) => [one.name, one.value]);
    expect(Object.fromEntries(read)).toEqual({ A: "1", NAME: value, B: "2" });
  });

  it("can not have all quotes at once", () => {
    expect(formatDotenv({ name: "NAME", value: "a\n\"b\" 'c' `d`" })).toBeNull();
  });
});
