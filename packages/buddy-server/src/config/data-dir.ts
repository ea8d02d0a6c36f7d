/** The error for a data folder without a secret key. */
export const dataDirWithoutKey =
  'DATA_DIR needs SECRET_KEY: the people in it are hashes made with that key, and without one the server makes another key at each start'
