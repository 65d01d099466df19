/** After `npm ci`: puts Swagger UI beside the page that shows the API reference. It is too large to be kept in the repository. */
import { copyFile } from "node:fs/promises";

for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
  await copyFile(
    new URL(`../node_modules/swagger-ui-dist/${file}`, import.meta.url),
    new URL(`../public/reference/${file}`, import.meta.url),
  );
}
