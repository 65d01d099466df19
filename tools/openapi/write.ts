/** `npm run openapi`: writes the document to `public/openapi.json`, which is served as it is. */
import { readFile, writeFile } from "node:fs/promises";
import { buildDocument } from "./document.ts";

const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
await writeFile(
  new URL("../../public/openapi.json", import.meta.url),
  `${JSON.stringify(buildDocument(version), null, 2)}\n`,
);
