/** What the stand-in's chat wire takes from the Workers runtime, whose types do not go with Node's. */
declare const scheduler: { wait(milliseconds: number, options?: { signal?: AbortSignal }): Promise<void> };
