import { describe, expect, it } from "vitest";
import { describeChanges, mergeSettings, withDefaults } from "../../../control/project/project-settings.ts";
import { DEFAULT_SETTINGS, ProjectSettings, SettingsPatch } from "../../../schema/contracts/project-settings.ts";
import { RelativePath } from "../../../schema/relative-path.ts";

const path = (text: string) => RelativePath.parse(text);
const SET: ProjectSettings = {
  build: { root: path("apps/web"), installCommand: "make deps", command: "make", output: path("site") },
  canary: { stages: [10, 100], observationWindowSec: 60 },
  retention: { days: 5 },
};

describe("merging settings", () => {
  it("changes what is named, and only that", () => {
    const patch = SettingsPatch.parse({ build: { command: "make all" }, retention: {} });
    expect(mergeSettings(SET, patch)).toEqual({ ...SET, build: { ...SET.build, command: "make all" } });
    expect(mergeSettings(SET, {})).toEqual(SET);
  });

  it("takes null for the default again, of each field", () => {
    const build = { root: null, installCommand: null, command: null, output: null };
    expect(mergeSettings(SET, { build, canary: null })).toEqual({ build, canary: null, retention: SET.retention });
  });

  it("takes canary settings as one value", () => {
    const patch = SettingsPatch.parse({ canary: { stages: [100] } });
    expect(mergeSettings(SET, patch).canary).toEqual({ stages: [100] });
  });

  it("gives what a later reader takes", () => {
    expect(ProjectSettings.parse(JSON.parse(JSON.stringify(mergeSettings(SET, { canary: "skip" }))))).toEqual({
      ...SET,
      canary: "skip",
    });
  });
});

it("what was stored by an earlier version is filled up with the defaults", () => {
  expect(withDefaults(null)).toEqual(DEFAULT_SETTINGS);
  expect(withDefaults({ retention: { days: 5 } })).toEqual({ ...DEFAULT_SETTINGS, retention: { days: 5 } });
  expect(withDefaults(SET)).toEqual(SET);
});

describe("what history says of a change", () => {
  it("is each field that differs, before and after", () => {
    const before = { name: "Shop", settings: DEFAULT_SETTINGS };
    expect(describeChanges(before, { name: "Store", settings: { ...SET, build: DEFAULT_SETTINGS.build } })).toEqual({
      "name.from": "Shop",
      "name.to": "Store",
      "canary.from": null,
      "canary.to": '{"stages":[10,100],"observationWindowSec":60}',
      "retention.days.from": 30,
      "retention.days.to": 5,
    });
  });

  it("is nothing when nothing does", () => {
    const same = { name: "Shop", settings: SET };
    expect(describeChanges(same, { name: "Shop", settings: structuredClone(SET) })).toEqual({});
  });
});
