/** How often a log gets a line about work that goes on, in milliseconds. */
const lineEvery = 10_000;
/** How often the line of a terminal is written again. */
const redrawEvery = 200;

export interface Progress {
  /** Says how far the work is: `12 of 40`. */
  update(state: string): void;
  /** Prints a line of the program's own to stdout, above the line that renews itself. */
  print(text: string): void;
  /** Ends the line, with what came of it. */
  end(result?: string): void;
}

/**
 * Shows that work goes on: in a terminal by one line that renews itself, elsewhere by a line now and then. Goes to
 * stderr, so that what a program prints can be piped. Keeps no process alive.
 */
export function startProgress(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const startedAt = Date.now();
  let state = "";
  const render = (text: string): string => {
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    return `${label}${text === "" ? "" : `: ${text}`} (${seconds} s)`;
  };
  const isTerminal = stream.isTTY;
  const draw = (text: string): void => {
    const line = render(text);
    stream.write(isTerminal ? `\r\u001B[2K${line.slice(0, stream.columns - 1)}` : `${line}\n`);
  };
  const timer = setInterval(() => draw(state), isTerminal ? redrawEvery : lineEvery);
  timer.unref();
  if (isTerminal) draw(state);
  return {
    update: (text) => void (state = text),
    print(text) {
      if (isTerminal) stream.write("\r\u001B[2K");
      process.stdout.write(`${text}\n`);
    },
    end(result = "done") {
      clearInterval(timer);
      draw(result);
      if (isTerminal) stream.write("\n");
    },
  };
}
