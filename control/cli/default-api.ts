/** Where `npm start` brings the API up. */
export const DEFAULT_API = "http://base.localhost:8787";
