import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedaction, NO_REDACTION } from "../../builder/redaction.ts";
import { formsOf } from "../../builder/value-forms.ts";

const PEM = `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(2)}\n-----END PRIVATE KEY-----\n`;

/** What comes out when the text arrives in these pieces. */
function redact(values: readonly string[], text: string, cuts: readonly number[]): string {
  const variables = values.map((value, index) => ({ name: `V${index}`, value }));
  const stream = createRedaction(variables).stream();
  const bytes = Buffer.from(text);
  const ends = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort((a, b) => a - b);
  const out = [0, ...ends].map((start, index) => stream.write(bytes.subarray(start, ends[index] ?? bytes.length)));
  return Buffer.concat([...out, stream.end()]).toString();
}

describe("redaction", () => {
  it("puts the variable's name in the place of its value, in all its forms", () => {
    const { text } = createRedaction([{ name: "KEY", value: "hunter2hunter2" }]);
    const encoded = Buffer.from("a hunter2hunter2").toString("base64");
    expect(text("key: hunter2hunter2!")).toBe("key: [redacted: KEY]!");
    expect(text(`basic ${encoded}`)).toMatch(/^basic .{0,4}\[redacted: KEY\]/);
    expect(text("nothing here")).toBe("nothing here");
  });

  it("takes a value of several lines out line by line, too", () => {
    const { text } = createRedaction([{ name: "PEM", value: PEM }]);
    expect(text(PEM)).toBe("[redacted: PEM]\n");
    const prefixed = PEM.split("\n")
      .map((line) => `> ${line}`)
      .join("\n");
    expect(text(prefixed)).not.toContain("MIIEvQ");
  });

  it("holds nothing back that can not be the beginning of a value", () => {
    const stream = createRedaction([{ name: "KEY", value: "hunter2hunter2" }]).stream();
    expect(String(stream.write(Buffer.from("a line\nhun")))).toBe("a line\n");
    expect(String(stream.write(Buffer.from("gry\n")))).toBe("hungry\n");
    expect(String(stream.end())).toBe("");
  });

  it("leaves nothing of two values that overlap, or of which one holds the other", () => {
    for (const cut of Array.from({ length: 24 }, (_, at) => at)) {
      expect(redact(["abcdefghij", "ghijklmnop"], "x abcdefghijklmnop y", [cut])).toMatch(/^x (\[redacted: V\d\])+ y$/);
      expect(redact(["abcdefgh", "abcdefghijklmnop"], "x abcdefghijklmnop y", [cut])).toMatch(
        /^x \[redacted: V\d\] y$/,
      );
    }
  });

  it("misses nothing however the text is cut, and changes nothing else", { timeout: 20_000 }, () => {
    const value = fc.string({ unit: fc.constantFrom("a", "b", "/", '"', "ü", "\n"), minLength: 8, maxLength: 14 });
    const usable = value.filter((text) => Buffer.byteLength(text.trim()) >= 8);
    const filler = fc.string({ unit: fc.constantFrom("a", "b", "-", "\n", "ü"), maxLength: 12 });
    const parts = fc.array(fc.record({ before: filler, which: fc.nat(), form: fc.nat() }), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(usable, { minLength: 1, maxLength: 3 }),
        parts,
        fc.array(fc.nat(200), { maxLength: 12 }),
        (values, list, cuts) => {
          const forms = values.map((text) => formsOf(text));
          const text = list
            .map(({ before, which, form }) => {
              const own = forms[which % forms.length] ?? [];
              return before + String(own[form % own.length]?.bytes);
            })
            .join("");
          const out = redact(values, text, cuts);
          // The same as in one piece, and none of the values is left.
          expect(out).toBe(redact(values, text, []));
          const rest = out.replaceAll(/\[redacted: V\d\]/g, "\u0000");
          for (const { bytes } of forms.flat()) expect(rest.includes(bytes.toString())).toBe(false);
        },
      ),
      { numRuns: 120, seed: 7 },
    );
  });

  it("without values costs nothing", () => {
    expect(createRedaction([])).toBe(NO_REDACTION);
    expect(NO_REDACTION.text("text")).toBe("text");
    expect(String(NO_REDACTION.stream().write(Buffer.from("text")))).toBe("text");
  });
});
