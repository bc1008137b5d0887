/** What this Worker uses of dns-packet and of `node:buffer` (flag `nodejs_compat`): the published types bring all of Node's globals. */
declare module "node:buffer" {
  export class Buffer extends Uint8Array {
    static from(bytes: Uint8Array): Buffer;
  }
}

declare module "dns-packet" {
  import type { Buffer } from "node:buffer";

  export const RECURSION_DESIRED: number;

  export type Question = { readonly type: string; readonly name: string; readonly class?: "IN" };
  export type Answer =
    | { readonly type: "A" | "AAAA" | "CNAME"; readonly name: string; readonly data: string }
    | { readonly type: "OPT"; readonly name: string };

  export type DecodedPacket = {
    readonly type?: "query" | "response";
    readonly flag_tc: boolean;
    readonly questions?: Question[];
    readonly answers?: Answer[];
  };

  export function encode(packet: { type: "query"; id: number; flags: number; questions: Question[] }): Buffer;
  /** Throws on what is no message. */
  export function decode(bytes: Buffer): DecodedPacket;
}
