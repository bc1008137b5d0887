/** The one thing of `node:crypto` that this Worker uses (flag `nodejs_compat`): a hash without a promise, also of a stream. */
declare module "node:crypto" {
  interface Hash {
    update(data: string | Uint8Array): Hash;
    digest(): Uint8Array;
  }
  export function createHash(algorithm: "sha256"): Hash;
}
