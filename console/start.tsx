import "./styles/main.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { apiKey } from "./api/keys.ts";
import { loadHealth } from "./api/worker.ts";
import { App } from "./app/app.tsx";
import { loadHighlighter } from "./markdown/highlight.tsx";
import { loadCatalogue } from "./settings/models.ts";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app.");
// The font has been on its way since the first line of the page. Without it the page would be drawn twice.
await Promise.race([document.fonts.load("1em Geist"), new Promise((resolve) => setTimeout(resolve, 400))]);
root.replaceChildren();
render(<App />, root);
effect(() => {
  // Read, so that a new key is asked with.
  void apiKey.value;
  void loadHealth();
  void loadCatalogue();
});
// For the first code of an answer: a font that comes after it is not used on this page.
setTimeout(loadHighlighter, 1500);
void document.fonts.load('1em "Geist Mono"');
