import "../styles/main.css";
import "../styles/reference.css";
import { render } from "preact";
import { toCallError } from "../api/call-error.ts";
import { sendJsonToPath } from "../api/send.ts";
import { readDocument } from "./document.ts";
import { Page } from "./page.tsx";

const root = document.getElementById("app");
if (root === null) throw new Error("reference.html has no #app.");
try {
  const api = readDocument(await sendJsonToPath({ path: "/openapi.json", key: "" }));
  await document.fonts.load('1em "Geist Mono"');
  root.replaceChildren();
  render(<Page api={api} />, root);
  // The browser looked for the place before it was there.
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  root.textContent = toCallError(error).message;
}
