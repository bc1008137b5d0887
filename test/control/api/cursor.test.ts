import { describe, expect, it } from "vitest";
import * as z from "zod";
import { cutPage, decodeCursor, encodeCursor } from "../../../control/api/cursor.ts";

const LIST = ["deployments", "prj_1", "production", undefined];

describe("a cursor", () => {
  it("leads back to where its page ended", () => {
    expect(decodeCursor(LIST, encodeCursor(LIST, 7), z.int())).toBe(7);
    expect(decodeCursor(LIST, encodeCursor(LIST, "dpl_1"), z.string())).toBe("dpl_1");
    expect(decodeCursor(LIST, undefined, z.string())).toBeUndefined();
  });

  it("fits into a URL as it is", () => {
    for (let after = 0; after < 200; after += 1) expect(encodeCursor(LIST, after)).toMatch(/^[\w-]+$/);
  });

  it.each([
    ["of another project", encodeCursor(["deployments", "prj_2", "production", undefined], 7)],
    ["of other filters", encodeCursor(["deployments", "prj_1", undefined, "failed"], 7)],
    ["of another list", encodeCursor(["releases", "prj_1", "production", undefined], 7)],
    ["with a position of another kind", encodeCursor(LIST, "seven")],
    ["that is no base64", "%%%"],
    ["that is no JSON", btoa("dpl_1")],
    ["that is something else", btoa('{"after":7}')],
    ["that is an id", "dpl_01890a5d-ac96-774b-bcce-b302099a8057"],
  ])("%s is refused", (_, cursor) => {
    expect(() => decodeCursor(LIST, cursor, z.int())).toThrow("cursor_invalid");
  });
});

describe("a page", () => {
  it("has a next one only when there is more", () => {
    const rows = [3, 2, 1];
    expect(cutPage(LIST, rows, 3, (row) => row)).toEqual({ page: rows, next: null });
    const { page, next } = cutPage(LIST, rows, 2, (row) => row);
    expect(page).toEqual([3, 2]);
    expect(decodeCursor(LIST, next ?? "", z.int())).toBe(2);
  });
});
