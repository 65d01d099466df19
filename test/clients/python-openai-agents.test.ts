import { defineCases } from "./support/define-client.ts";
import { findPythonPackage, pythonCases } from "./support/python-cases.ts";
import { startWorld } from "./support/start-world.ts";

const version = findPythonPackage("openai-agents");
if (version === undefined) {
  console.log("Python's openai-agents is not run: no Python here has it. PYTHON names another one.");
} else {
  const world = await startWorld();
  const lacking = [
    "multi-turn, conversation",
    "429, then success",
    "answer cut at the token limit",
    "upstream dies mid-stream",
    "client leaves mid-stream",
  ] as const;
  defineCases(`openai-agents ${version} (Python)`, world, pythonCases(world, "openai_agents_cases.py", lacking));
}
