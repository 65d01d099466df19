import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../support/project-paths.ts";

const folder = join(projectRoot, ".github/workflows");
const workflows = await Promise.all(
  (await readdir(folder)).map(async (name) => ({ name, text: await readFile(join(folder, name), "utf8") })),
);

describe.each(workflows)("the workflow $name", ({ name, text }) => {
  test("pins each action by its whole commit, and says which version that is", () => {
    const actions = text.split("\n").filter((line) => line.includes("uses:"));
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("may read the repository, and nothing else", () => {
    expect(text.match(/^ *permissions:.*\n( +.*\n)/gm)).toEqual(["permissions:\n  contents: read\n"]);
    const checkouts = text.match(/uses: actions\/checkout@.*\n +with:\n +persist-credentials: false\n/g);
    expect(checkouts).toHaveLength(text.split("actions/checkout@").length - 1);
  });

  test("runs for nobody else's code with a secret at hand", () => {
    expect(text).not.toMatch(/pull_request_target|workflow_run|\$\{\{ *github\.(event|head_ref)/);
    const secrets = text.split("\n").filter((line) => line.includes("secrets."));
    expect(secrets.map((line) => line.trim())).toEqual(
      name === "deploy.yml"
        ? [
            "CLOUDFLARE_API_TOKEN: ${{ secrets.CLOUDFLARE_API_TOKEN }}",
            "CLOUDFLARE_ACCOUNT_ID: ${{ secrets.CLOUDFLARE_ACCOUNT_ID }}",
          ]
        : [],
    );
    // The last step has them, and no step before it, whose packages could read them.
    if (name === "deploy.yml") expect(text.split("      - ").at(-1)).toMatch(/^run: npm run deploy\n +env:\n/);
  });
});
