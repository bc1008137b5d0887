import { describe, expect, it } from "vitest";
import { parseConfigAnswer } from "../../builder/config.ts";
import { explainConfigExit } from "../../builder/config-exit.ts";

function answerOf(value: unknown): string {
  return JSON.stringify({ kind: "value", json: JSON.stringify(value) });
}

function detailOf(answer: string): string {
  const parsed = parseConfigAnswer("atelier.config.ts", answer, "/workspace");
  if (parsed.ok) throw new Error("the config is valid");
  expect(parsed.failure.reason).toBe("config_invalid");
  return parsed.failure.detail;
}

describe("a config", () => {
  it("that fits is taken", () => {
    const config = { build: { output: "site" }, deployments: { canary: { stages: [10, 100] } } };
    expect(parseConfigAnswer("atelier.config.ts", answerOf(config), "/workspace")).toEqual({ ok: true, value: config });
  });

  it.each([
    [{ build: { output: "../up" } }, "build.output: must not contain"],
    [{ build: { output: "." } }, "build.output: must be a folder below the project"],
    [{ build: { command: "", output: 1 } }, /build\.command: [^;\n]+; build\.output: [^;\n]+$/],
    [{ build: { comand: "x" } }, "build.comand: is not a known field"],
    [{ builds: {} }, "builds: is not a known field"],
    [{ deployments: { canary: { stages: [50, 20, 100] } } }, "deployments.canary.stages: must rise"],
    [{ deployments: { canary: { stages: [] } } }, "deployments.canary.stages: "],
    [{ deployments: { canary: { stage: [100] } } }, "deployments.canary.stage: is not a known field"],
    [
      { deployments: { canary: { autoRollback: { latencyP95Threshold: 0.5 } } } },
      "deployments.canary.autoRollback.latencyP95Threshold: ",
    ],
    [{ deployments: { canary: "never" } }, "deployments.canary: "],
    [() => 1, "could not be evaluated"],
    [7, "default export: "],
    [null, "default export: "],
  ])("%j names the field", (value, detail) => {
    expect(detailOf(answerOf(value))).toMatch(detail);
  });

  it("without a default export says so", () => {
    expect(detailOf(JSON.stringify({ kind: "no-default" }))).toBe("atelier.config.ts has no default export.");
  });

  it("that imports a package learns when it is evaluated", () => {
    const message = "Cannot find package 'vite' imported from /workspace/atelier.config.ts";
    const detail = detailOf(JSON.stringify({ kind: "error", code: "ERR_MODULE_NOT_FOUND", message }));
    expect(detail).toContain("Cannot find package 'vite' imported from atelier.config.ts");
    expect(detail).toContain("before the dependencies are installed");
  });

  it.each(["", "{", "null", '{"kind":"other"}', '{"kind":"value","json":5}'])("%j is no answer", (answer) => {
    expect(detailOf(answer)).toContain("could not be evaluated");
  });
});

describe("a config whose process ends with an error", () => {
  const explain = (code: number, stderr: readonly string[]) =>
    explainConfigExit({ name: "atelier.config.ts", workspace: "/workspace", code, stderr });

  it.each([
    ["the config", "file:///workspace/atelier.config.ts:4", "atelier.config.ts"],
    ["a file that it imports", "/workspace/lib/stages.ts:4", "lib/stages.ts"],
  ])("for the syntax of %s names the place, without our paths", (_, head, file) => {
    const stderr = [
      head,
      "  output: 1 };",
      "  ^^^^^^",
      "SyntaxError [ERR_INVALID]: Expected ','",
      "    at x (/inner.ts:1)",
    ];
    expect(explain(1, stderr)).toBe(`${file}, line 4, column 3: Expected ','`);
  });

  it("for a syntax error elsewhere names the config", () => {
    expect(explain(1, ["<anonymous>:1", "SyntaxError: Unexpected end"])).toBe("atelier.config.ts: Unexpected end");
  });

  it("for an await that never resolves says so", () => {
    expect(explain(13, [])).toMatch(/^atelier\.config\.ts never finished evaluating/);
  });

  it("is told by its code otherwise", () => {
    expect(explain(5, ["bye"])).toBeNull();
  });
});
