import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, type TomlTable } from "smol-toml";
import { expect, test } from "vitest";
import { projectRoot } from "../support/project-paths.ts";

async function readConfig(path: string): Promise<TomlTable> {
  return parse(await readFile(join(projectRoot, path), "utf8"));
}

test("the local and the deployed config agree on everything but the stand-ins' bindings, settings and the open door", async () => {
  const deployed = await readConfig("wrangler.toml");
  const local = await readConfig("dev/wrangler.toml");

  const { ai, assets, main: deployedMain, ...shared } = deployed;
  expect(ai).toHaveProperty("binding", "AI");
  expect(deployedMain).toBe("src/index.ts");
  const { dev, services, assets: localAssets, main: localMain, compatibility_flags: flags, vars, ...rest } = local;
  expect(dev).toEqual({ port: 8787 });
  expect(services).toEqual([
    { binding: "AI", service: deployed["name"], entrypoint: "LocalAi" },
    { binding: "WEB", service: deployed["name"], entrypoint: "LocalWeb" },
  ]);
  expect(localAssets).toEqual({ ...Object(assets), directory: `../${Object(assets)["directory"]}` });
  expect(localMain).toBe("worker.ts");
  expect(vars).toEqual({
    AUTH: "none",
    WEB_SEARCH: "searxng:https://search.example",
    MCP_SERVERS: "demo=https://mcp.example/mcp,*",
    IMAGE_MODEL: "@cf/black-forest-labs/flux-1-schnell",
  });
  expect(shared["vars"] ?? {}).not.toHaveProperty("AUTH");
  expect(flags).toEqual([...Array.from(Object(shared["compatibility_flags"])), "enable_abortsignal_rpc"]);

  // What an operator may set or turn on is not the local server's.
  const {
    compatibility_flags: _flags,
    vars: _vars,
    ratelimits: _rateLimits,
    analytics_engine_datasets: _metrics,
    ...sharedRest
  } = shared;
  expect(rest).toEqual(sharedRest);
});
