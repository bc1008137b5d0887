/**
 * What follows the hash in the name of a fingerprinted file, as the source of a regular expression: of a kind that
 * bundlers emit. The builder marks no other file, so the router looks for no other in the builds before the live one.
 */
export const FINGERPRINTED_ENDING = String.raw`(?:\.(?:chunk|bundle|min|worker))?\.(?:[cm]?js|css|wasm|avif|gif|ico|jpe?g|png|svg|webp|eot|otf|ttf|woff2?|m4a|mp3|mp4|ogg|wav|webm)(?:\.map)?(?:\.(?:br|gz|zst))?`;
