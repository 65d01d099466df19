import { defineCases } from "./support/define-client.ts";
import { findPythonPackage, pythonCases } from "./support/python-cases.ts";
import { startWorld } from "./support/start-world.ts";

const version = findPythonPackage("openai");
if (version === undefined) {
  console.log("Python's openai is not run: no Python here has it. PYTHON names another one.");
} else {
  const world = await startWorld();
  defineCases(`openai ${version} (Python)`, world, pythonCases(world, "openai_cases.py"));
}
