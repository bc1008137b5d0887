import { describe, expect, it } from "vitest";
import { foldPath } from "../../schema/folded-path.ts";

/** Every character that has a case or another form, and all that are near: nothing beyond has either. */
const CHARACTERS = Array.from({ length: 0x30000 }, (_, point) => point)
  .filter((point) => point > 0 && (point < 0xd800 || point > 0xdfff))
  .map((point) => String.fromCodePoint(point));

/** Whether a regular expression takes them for one, whatever the case: by Unicode's simple case folding, the standard's own. */
function sameByRegExp(one: string, other: string): boolean {
  if (one === other) return true;
  const escaped = Array.from(one, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`).join("");
  return new RegExp(`^${escaped}$`, "iu").test(other);
}

describe("foldPath", { timeout: 20_000 }, () => {
  it("takes no two characters for one that are not, by canonical equivalence and simple case folding", () => {
    const wrong = [...Map.groupBy(CHARACTERS, foldPath).values()].flatMap(([first = "", ...others]) =>
      others
        .filter((other) => !sameByRegExp(first.normalize("NFD"), other.normalize("NFD")))
        .map((other) => [first, other]),
    );
    expect(wrong).toEqual([]);
  });

  it("takes every character for its other cases and forms", () => {
    const missed = CHARACTERS.filter((character) => {
      const others = [character.toLowerCase(), character.toUpperCase(), character.normalize("NFC")];
      return others.some((other) => sameByRegExp(character, other) && foldPath(other) !== foldPath(character));
    });
    expect(missed).toEqual([]);
  });

  it.each([
    ["src/Main.TS", "src/main.ts"],
    ["\u00c5ngstr\u00f6m", "a\u030angstro\u0308m"],
    ["\u01f0", "j\u030c"],
    ["\u017f", "s"],
    ["stra\u00dfe", "stra\u00dfe"],
    ["\ufb01", "\ufb01"],
    ["\u0131", "\u0131"],
  ])("%s is %s", (path, folded) => {
    expect(foldPath(path)).toBe(folded);
  });
});
