import "./styles/main.css";
import { render } from "preact";
import { loadHealth } from "./api/worker.ts";
import { App } from "./app/app.tsx";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app.");
root.replaceChildren();
render(<App />, root);
void loadHealth();
// Before the first code is shown: a font that comes later is not used on this page.
void document.fonts.load('1em "Geist Mono"');
