/** One call of the model: what its answer's ids and times are made of. */
export interface Call {
  /** 32 hexadecimal digits, new for each call, so that no two stored responses share an id. */
  seed: string;
  /** Seconds since 1970. */
  createdAt: number;
}

/** Starts a call now. */
export function startCall(): Call {
  return { seed: crypto.randomUUID().replaceAll("-", ""), createdAt: Math.floor(Date.now() / 1000) };
}

/** Derives an id's 16 hexadecimal digits from the call and a label: FNV-1a, 64 bits. The same call and label give the same id. */
export function hashId({ seed }: Call, label: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(`${label}:${seed}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
