/** After `npm ci`: puts Swagger UI beside the page that shows the API reference. It is too large to be kept in the repository. */
import { copyFile } from "node:fs/promises";

const viewer = import.meta.resolve("swagger-ui-dist/package.json");

for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
  await copyFile(new URL(file, viewer), new URL(`../../public/reference/${file}`, import.meta.url));
}
