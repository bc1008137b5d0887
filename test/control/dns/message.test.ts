import { type Answer, decode, encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeQuestion, readAnswer } from "../../../control/dns/message.ts";

const HOST = "receiver.example";

function answer(answers: Answer[], { name = HOST, type = "A", flags = 0, kind = "response" } = {}): Uint8Array {
  const questions = [{ name, type: type as "A" }];
  return encode({ type: kind as "response", id: 0, flags, questions, answers });
}

const a = (name: string, data: string): Answer => ({ type: "A", name, data, ttl: 60 });
const alias = (name: string, data: string): Answer => ({ type: "CNAME", name, data, ttl: 60 });

describe("a question", () => {
  it("has id 0 and asks for recursion", () => {
    const packet = decode(Buffer.from(encodeQuestion(HOST, "AAAA")));
    expect(packet).toMatchObject({ id: 0, type: "query", flag_rd: true, questions: [{ name: HOST, type: "AAAA" }] });
  });
});

describe("an answer", () => {
  it("has the addresses of the host", () => {
    const bytes = answer([a("Receiver.Example", "93.184.216.34"), a(HOST, "93.184.216.35")]);
    expect(readAnswer(bytes, HOST, "A")).toEqual({ ok: true, value: ["93.184.216.34", "93.184.216.35"] });
  });

  it("has those that its aliases lead to, in any order, and no others", () => {
    const bytes = answer([
      a("inner.example", "10.0.0.1"),
      alias("middle.example", "inner.example"),
      a("other.example", "93.184.216.34"),
      alias(HOST, "middle.example"),
    ]);
    expect(readAnswer(bytes, HOST, "A")).toEqual({ ok: true, value: ["10.0.0.1"] });
  });

  it("may have none", () => {
    expect(readAnswer(answer([]), HOST, "A")).toEqual({ ok: true, value: [] });
    expect(readAnswer(answer([alias(HOST, "gone.example")]), HOST, "A")).toEqual({ ok: true, value: [] });
  });

  it.each([
    ["aliases in a circle", answer([alias(HOST, "b.example"), alias("b.example", HOST)])],
    ["another question", answer([a("x.example", "93.184.216.34")], { name: "x.example" })],
    ["another type", answer([], { type: "MX" })],
    ["no answer but a question", answer([], { kind: "query" })],
    ["cut off", answer([a(HOST, "93.184.216.34")], { flags: 1 << 9 })],
    ["no such host", answer([], { flags: 3 })],
    ["a failure of the resolver", answer([], { flags: 2 })],
    ["nothing", new Uint8Array()],
    ["half of one", answer([a(HOST, "93.184.216.34")]).slice(0, 40)],
    ["a name that points at itself", Uint8Array.from([0, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1])],
  ])("that is %s is a failure with a reason", (_, bytes) => {
    expect(readAnswer(bytes, HOST, "A")).toEqual({ ok: false, failure: expect.stringMatching(/[.]$/) });
  });

  it("of any bytes never throws and never hangs", () => {
    const whole = answer([alias(HOST, "inner.example"), a("inner.example", "93.184.216.34")]);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), damage), (input) => {
        const bytes = input instanceof Uint8Array ? input : Uint8Array.from(whole);
        if (!(input instanceof Uint8Array)) for (const [at, value] of input) bytes[at] = value;
        const read = readAnswer(bytes, HOST, "A");
        expect(typeof read.ok).toBe("boolean");
      }),
      { numRuns: 2_000 },
    );
  });
});
