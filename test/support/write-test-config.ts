import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { projectRoot } from "./project-paths.ts";

/**
 * Writes the deployed configuration without its `[vars]` and optional bindings, and returns the path: a test brings the
 * settings it needs, and those that an operator put into wrangler.toml must not fail it.
 */
export function writeTestConfig(): string {
  const {
    vars: _vars,
    ratelimits: _rateLimits,
    analytics_engine_datasets: _metrics,
    main,
    assets,
    build: _build,
    ...config
  } = parse(readFileSync(join(projectRoot, "wrangler.toml"), "utf8"));
  const folder = join(projectRoot, "node_modules/.test-config");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "wrangler.json");
  const { directory, ...rest } = Object(assets);
  const absolute = {
    ...config,
    main: join(projectRoot, typeof main === "string" ? main : ""),
    assets: { ...rest, directory: join(projectRoot, String(directory)) },
  };
  writeFileSync(path, JSON.stringify(absolute));
  return path;
}
