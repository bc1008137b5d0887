import type { Digest } from "./digest.ts";

/** The digest of the snapshot without variables: sha256 of `{}`. There is nothing in it that a key would have to keep. */
export const EMPTY_ENV = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" as Digest;
