import { describe, expect, it } from "vitest";
import { isSameDigest, sha256 } from "../../schema/digest.ts";
import { createToken, readTokenId, redactTokens } from "../../schema/token.ts";

function bytesOf(value: number): (length: number) => Uint8Array {
  return (length) => new Uint8Array(length).fill(value);
}

describe("an API token", () => {
  it("is a public id and a secret of 256 bits; what is stored is the hash of the whole", async () => {
    const { id, token, hash } = await createToken(bytesOf(0xab));
    expect(id).toBe("ab".repeat(8));
    expect(token).toBe(`atl_${"ab".repeat(8)}_${"ab".repeat(32)}`);
    expect(hash).toBe(await sha256(token));
  });

  it("gives its id to whoever looks the hash up", async () => {
    const { id, token } = await createToken(bytesOf(7));
    expect(readTokenId(token)).toBe(id);
  });

  it("draws id and secret anew", async () => {
    let next = 0;
    const random = (length: number) => new Uint8Array(length).fill(next++);
    const [one, other] = [await createToken(random), await createToken(random)];
    expect(one.id).not.toBe(other.id);
    expect(one.token.slice(-64)).not.toBe(other.token.slice(-64));
  });

  it.each([
    "",
    "atl_",
    `atl_${"ab".repeat(8)}`,
    `atl_${"ab".repeat(8)}_${"ab".repeat(31)}`,
    `atl_${"ab".repeat(8)}_${"ab".repeat(33)}`,
    `atl_${"AB".repeat(8)}_${"ab".repeat(32)}`,
    `xyz_${"ab".repeat(8)}_${"ab".repeat(32)}`,
    `Bearer atl_${"ab".repeat(8)}_${"ab".repeat(32)}`,
    `atl_${"ab".repeat(8)}_${"ab".repeat(32)}\n`,
  ])("is not %j", (text) => {
    expect(readTokenId(text)).toBeNull();
  });
});

describe("redactTokens", () => {
  it("leaves the id, and nothing of the secret", () => {
    const id = `atl_${"ab".repeat(8)}`;
    const secret = "cd".repeat(32);
    expect(redactTokens(`no "${id}_${secret}" and ${id.toUpperCase()}_${secret.slice(9)}.`)).toBe(
      `no "${id}_..." and ${id.toUpperCase()}_....`,
    );
    expect(redactTokens("atl_ nothing")).toBe("atl_ nothing");
  });
});

describe("isSameDigest", () => {
  it("sees every difference", async () => {
    const digest = await sha256("one");
    expect(isSameDigest(digest, await sha256("one"))).toBe(true);
    for (let index = 0; index < digest.length; index++) {
      const other = digest.slice(0, index) + (digest[index] === "0" ? "1" : "0") + digest.slice(index + 1);
      expect(isSameDigest(digest, other as typeof digest)).toBe(false);
    }
    expect(isSameDigest(digest, digest.slice(1) as typeof digest)).toBe(false);
    expect(isSameDigest(digest, `${digest}0` as typeof digest)).toBe(false);
  });
});
