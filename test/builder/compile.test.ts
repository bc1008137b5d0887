import { describe, expect, it } from "vitest";
import { chooseBuildCommand } from "../../builder/compile.ts";

const VITE = "node_modules/.bin/vite";
const app = { configured: undefined, scripts: {}, vite: null };

describe("the build command", () => {
  it("is the configured one before all others", () => {
    const chosen = chooseBuildCommand({ configured: "make site", scripts: { build: "vite build" }, vite: VITE });
    expect(chosen).toEqual({ ok: true, value: { kind: "shell", command: "make site" } });
  });

  it("is the package's build script", () => {
    const chosen = chooseBuildCommand({ ...app, scripts: { build: "tsc && vite build" }, vite: VITE });
    expect(chosen).toEqual({ ok: true, value: { kind: "npm-script", script: "build" } });
  });

  it("is Vite without a script", () => {
    expect(chooseBuildCommand({ ...app, vite: VITE })).toEqual({ ok: true, value: { kind: "vite", path: VITE } });
  });

  it("is missing otherwise, and the failure says what to add", () => {
    const chosen = chooseBuildCommand({ ...app, scripts: { dev: "vite" } });
    expect(chosen).toMatchObject({ ok: false, failure: { reason: "build_failed" } });
    expect(chosen.ok ? "" : chosen.failure.detail).toMatch(/`build` script.*build\.command.*vite/);
  });
});
