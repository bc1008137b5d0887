import { describe, expect, it } from "vitest";
import { backOf } from "../../../control/project/release-history.ts";

type Entry = { id: number; deployment: string; back: number | null };

/** Plays moves as the registry does and returns what was live after each. */
function play(moves: readonly string[]): string[] {
  const entries: Entry[] = [];
  return moves.map((move) => {
    const live = entries.at(-1) ?? null;
    if (move === "rollback") {
      const target = entries.find(({ id }) => id === live?.back);
      if (!target) return "refused";
      entries.push({
        id: entries.length + 1,
        deployment: target.deployment,
        back: backOf({ kind: "rollback", target }),
      });
    } else {
      entries.push({
        id: entries.length + 1,
        deployment: move,
        back: backOf({ kind: "deploy", live: live?.id ?? null }),
      });
    }
    return entries.at(-1)?.deployment ?? "";
  });
}

describe("rollback follows the release history", () => {
  it("walks backwards and does not oscillate", () => {
    expect(play(["A", "B", "C", "rollback", "rollback", "rollback"])).toEqual(["A", "B", "C", "B", "A", "refused"]);
  });

  it("a deploy after a rollback goes back to what was live before it", () => {
    expect(play(["A", "B", "C", "rollback", "D", "rollback", "rollback"])).toEqual(["A", "B", "C", "B", "D", "B", "A"]);
  });

  it("undoes a promote of an older deployment", () => {
    expect(play(["A", "B", "A", "rollback", "rollback"])).toEqual(["A", "B", "A", "B", "A"]);
  });
});
