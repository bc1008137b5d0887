import { describe, expect, it } from "vitest";
import { readProjectSlug, toSlug } from "../../../control/cli/project-link.ts";
import { makeFolder } from "./make-folder.ts";

describe("toSlug", () => {
  it.each([
    ["hello", "hello"],
    ["@acme/web-shop", "web-shop"],
    ["My_App.v2", "my-app-v2"],
    ["__init__", "init"],
    ["a---b", "a-b"],
    ["@scope/", ""],
    ["プロジェクト", ""],
  ])("%s becomes %j", (name, slug) => {
    expect(toSlug(name)).toBe(slug);
  });
});

describe("the project of a folder", () => {
  it("is the one that is given", async () => {
    expect(await readProjectSlug(await makeFolder({ "package.json": '{"name":"other"}' }), "shop")).toBe("shop");
  });

  it("is else named like its package", async () => {
    expect(await readProjectSlug(await makeFolder({ "package.json": '{"name":"@acme/My_Shop"}' }), undefined)).toBe(
      "my-shop",
    );
  });

  it.each([
    ["no package.json", {}],
    ["one without a name", { "package.json": "{}" }],
    ["one with a name that is no text", { "package.json": '{"name":7}' }],
    ["one that is not JSON", { "package.json": "name: shop" }],
  ])("has to be named: %s", async (_, files) => {
    await expect(readProjectSlug(await makeFolder(files), undefined)).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringMatching(/Name the project with --project <slug>/),
    });
  });

  it.each([
    ["プロジェクト", /gives no usable slug: "" must be lower-case/],
    ["a".repeat(41), /must be at most 40 characters/],
    ["preview-pr-7", /must not end like a preview host/],
  ])("has to be named when the package's name gives no slug: %s", async (name, message) => {
    const folder = await makeFolder({ "package.json": JSON.stringify({ name }) });
    await expect(readProjectSlug(folder, undefined)).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringMatching(message),
    });
  });
});
