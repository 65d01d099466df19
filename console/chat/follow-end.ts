interface Following {
  scroller: HTMLElement;
  content: HTMLElement;
  isGrowing: () => boolean;
  /** Called when the end comes into view or leaves it. */
  onMove: (isAtEnd: boolean) => void;
}

/** Keeps the end of what grows in view, unless the reader has scrolled up. `go` leads there from anywhere. */
export function followEnd({ scroller, content, isGrowing, onMove }: Following) {
  let isAtEnd = true;
  let grownAt = 0;
  const look = (): void => {
    const { scrollHeight, scrollTop, clientHeight } = scroller;
    const now = scrollHeight - scrollTop - clientHeight < 60;
    if (now !== isAtEnd) onMove(now);
    isAtEnd = now;
  };
  const go = (): void => {
    scroller.scrollTop = scroller.scrollHeight;
    isAtEnd = true;
    onMove(true);
  };
  const observer = new ResizeObserver(() => {
    if (isGrowing()) grownAt = performance.now();
    // What comes right after the end, such as an error, belongs to the growing.
    const grows = performance.now() - grownAt < 500;
    if (grows && isAtEnd) scroller.scrollTop = scroller.scrollHeight;
    else look();
  });
  observer.observe(content);
  scroller.addEventListener("scroll", look, { passive: true });
  return {
    go,
    stop(): void {
      observer.disconnect();
      scroller.removeEventListener("scroll", look);
    },
  };
}
