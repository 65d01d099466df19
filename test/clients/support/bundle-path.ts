/** The environment variable that tells a client's process where the bundled Worker is. */
export const bundlePathVariable = "CLIENTS_BUNDLE_PATH";
