/** The error for a data folder without a secret key. */
export const dataDirWithoutKey =
  'DATA_DIR needs SECRET_KEY. The server stores people as hashes made with that key, and without SECRET_KEY it makes a new key at each start'
