import { describe, expect, it } from "vitest";
import { listSettings, parseSettings, SETTING_NAMES } from "../../../control/cli/setting-values.ts";
import { DEFAULT_SETTINGS } from "../../../schema/contracts/project-settings.ts";
import { runCli } from "./run-cli.ts";

describe("settings as people write them", () => {
  it.each([
    [["build.root=apps/web"], { build: { root: "apps/web" } }],
    [["build.command=vite build --mode=shop && echo ok"], { build: { command: "vite build --mode=shop && echo ok" } }],
    [["build.root=2026"], { build: { root: "2026" } }],
    [["build.root=a", "build.output=b"], { build: { root: "a", output: "b" } }],
    [["retention.days=60"], { retention: { days: 60 } }],
    [["retention.days="], { retention: { days: 30 } }],
    [["build.command=", "canary="], { build: { command: null }, canary: null }],
    [["canary=skip"], { canary: "skip" }],
    [['canary={"stages":[10,100]}'], { canary: { stages: [10, 100] } }],
  ])("%j", (assignments, expected) => {
    expect(parseSettings(assignments)).toEqual(expected);
  });

  it.each([
    [["build.rot=apps/web"], '"build.rot" is no setting. There are: build.root, build.installCommand, build.command'],
    [["__proto__=x"], '"__proto__" is no setting'],
    [["build.root"], '"build.root" sets nothing. Write name=value'],
    [["retention.days=soon"], 'retention.days can not be "soon". retention.days: '],
    [["retention.days=0"], 'retention.days can not be "0".'],
    [["build.root=../other"], 'build.root can not be "../other".'],
    [["canary=never"], 'canary can not be "never". canary: must be "skip", or an object like {"stages":[10,50,100]}.'],
    [['canary={"stages":[50,10]}'], "must rise"],
    [["build.root=a", "build.root=b"], "build.root is given twice."],
  ])("%j is refused", (assignments, message) => {
    expect(() => parseSettings(assignments)).toThrow(message);
  });

  it("are shown as they would be set", () => {
    const settings = { ...DEFAULT_SETTINGS, canary: { stages: [10, 100] }, retention: { days: 7 } };
    const shown = listSettings(settings).flatMap(([name, text]) => (text === null ? [] : [`${name}=${text}`]));
    expect({ ...DEFAULT_SETTINGS, ...parseSettings(shown) }).toEqual(settings);
  });

  it("are all in the help", async () => {
    const { stdout } = await runCli(["projects", "set", "--help"], { cwd: "/" });
    for (const name of SETTING_NAMES) expect(stdout).toMatch(new RegExp(`^  ${name.replace(".", "\\.")} `, "m"));
  });
});
