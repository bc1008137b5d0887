import { uuidv7 } from "uuidv7";
import { describe, expect, it } from "vitest";
import { DeploymentId, deploymentIdFrom, ProjectId, projectIdFrom, rolloutIdFrom } from "../../schema/ids.ts";

const UUID = "01960000-0000-7000-8000-000000000000";

describe("ids", () => {
  it("are a prefix and a UUID of version 7", () => {
    expect(projectIdFrom(UUID)).toBe(`prj_${UUID}`);
    expect(deploymentIdFrom(UUID)).toBe(`dpl_${UUID}`);
    expect(rolloutIdFrom(UUID)).toBe(`rol_${UUID}`);
  });

  it("sort by age", () => {
    const ids = Array.from({ length: 1_000 }, () => deploymentIdFrom(uuidv7()));
    expect(ids.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids);
  });

  it.each([
    UUID,
    `dpl_${UUID}`,
    `prj_${UUID.toUpperCase()}`.replace("PRJ", "prj").replace("01960000", "0196ABCD"),
    "prj_01960000-0000-4000-8000-000000000000",
    "prj_01960000-0000-7000-c000-000000000000",
    `prj_${UUID} `,
    `prj_${UUID}/..`,
  ])("a project's is not %j", (text) => {
    expect(ProjectId.safeParse(text).success).toBe(false);
  });

  it("of one kind are not of the other", () => {
    expect(DeploymentId.safeParse(`prj_${UUID}`).success).toBe(false);
    expect(() => deploymentIdFrom("7")).toThrow();
  });
});
