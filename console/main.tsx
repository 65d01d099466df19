import "./styles/main.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { apiKey } from "./api/keys.ts";
import { loadHealth } from "./api/worker.ts";
import { App } from "./app/app.tsx";
import { loadCatalogue } from "./settings/models.ts";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app.");
root.replaceChildren();
render(<App />, root);
effect(() => {
  // Read, so that a new key is asked with.
  void apiKey.value;
  void loadHealth();
  void loadCatalogue();
});
// Before the first code is shown: a font that comes later is not used on this page.
void document.fonts.load('1em "Geist Mono"');
