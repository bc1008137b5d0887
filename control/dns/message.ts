/** DNS messages in wire format (RFC 1035), as DNS over HTTPS carries them. */
import { Buffer } from "node:buffer";
import { type DecodedPacket, decode, encode, RECURSION_DESIRED } from "dns-packet";
import { err, ok, type Result } from "../../schema/result.ts";

export const MAX_MESSAGE_BYTES = 65_535;

/** Of names that are aliases of aliases. */
const MAX_ALIASES = 16;

/** With id 0, as RFC 8484 asks. */
export function encodeQuestion(name: string, type: "A" | "AAAA"): Uint8Array {
  return encode({ type: "query", id: 0, flags: RECURSION_DESIRED, questions: [{ type, name, class: "IN" }] });
}

/** The addresses that an answer gives for a name, its aliases followed; none when it has none of that type. */
export function readAnswer(bytes: Uint8Array, name: string, type: "A" | "AAAA"): Result<readonly string[], string> {
  const packet = decodeQuietly(bytes);
  const asked = packet?.questions?.[0];
  if (packet?.type !== "response" || asked?.type !== type || !sameName(asked.name, name)) {
    return err("The resolver's answer is not one to the question.");
  }
  if (packet.flag_tc) return err("The resolver's answer is cut off.");
  // What dns-packet adds to the type: the code in words.
  const { rcode } = packet as DecodedPacket & { rcode: string };
  if (rcode === "NXDOMAIN") return err("There is no such host.");
  if (rcode !== "NOERROR") return err(`The resolver answered ${rcode}.`);

  const answers = packet.answers ?? [];
  let owner = name;
  for (let aliases = 0; aliases <= MAX_ALIASES; aliases += 1) {
    const alias = answers.find((answer) => answer.type === "CNAME" && sameName(answer.name, owner));
    if (alias?.type !== "CNAME") {
      return ok(
        answers.flatMap((answer) => (answer.type === type && sameName(answer.name, owner) ? [answer.data] : [])),
      );
    }
    owner = alias.data;
  }
  return err("The host is an alias of too many others.");
}

function decodeQuietly(bytes: Uint8Array): DecodedPacket | null {
  try {
    return decode(Buffer.from(bytes));
  } catch {
    return null;
  }
}

function sameName(a: string, b: string): boolean {
  const plain = (name: string) => name.toLowerCase().replace(/\.$/, "");
  return plain(a) === plain(b);
}
